"""Generated pods: a year of reports, tickets and usage, in each status."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from podgraph.demo import capacity, pods, sla_reports, tickets
from podgraph.demo.generator.client import ROLES, SUBJECTS, Client
from podgraph.demo.pods import Offer
from podgraph.demo.row_builder import Row
from podgraph.demo.sla_reports import measurements
from podgraph.demo.tickets import Handling
from podgraph.kernel.periods import Period
from podgraph.pods.lifecycle import DeliveryModel, PodStatus, SlaMetricKind, TicketPriority, TicketType

_METERED_WEEKS = 12
_MONTHS = 12
_TROUBLES = (
    "times out under load",
    "shows stale data",
    "rejects valid input",
    "logs too much",
    "fails after the nightly job",
)
# Of twenty pods; the first of an organization is always running.
_STATUSES = [
    *[PodStatus.ACTIVE] * 15,
    *[PodStatus.PAUSED] * 2,
    PodStatus.SCOPING,
    PodStatus.COMPLETED,
    PodStatus.CANCELLED,
]
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
LARGEST_TEAM = 7


def add_pod(client: Client, place: int) -> None:
    """A pod with its history, in a random status."""
    status = client.random.choice(_STATUSES) if place else PodStatus.ACTIVE
    subject = f"{client.random.choice(SUBJECTS)} Pod {place + 1}"
    if status in (PodStatus.SCOPING, PodStatus.CANCELLED):
        _add_pod_in_scoping(client, subject, status)
        return
    started_at = client.last_month.shifted(-client.random.randint(_MONTHS - 1, _MONTHS + 1)).start
    pod = _request_pod(client, subject, at=started_at - 30 * _DAY, start_date=started_at.date(), months=24)
    offer = _offer(client, pod["requested_team_size"])
    allocation = pods.activate(client.book, pod, offer, at=started_at)
    line = pods.line_of(client.book, pod)
    halted_at = client.published_at() + 2 * _HOUR
    worked_until = client.now if status is PodStatus.ACTIVE else halted_at
    actuals = client.weekly_actuals(offer.hours_per_week, until=worked_until)
    recorded_at = min(worked_until, client.now)
    capacity.measure(client.book, allocation, actuals, at=recorded_at)
    metered = dict(list(actuals.items())[-_METERED_WEEKS:])
    capacity.meter_hours(client.book, line, metered)
    if client.random.random() < 0.3:
        _add_compute(client, line, worked_until)
    _revise(client, pod, started_at)
    _add_months(client, pod, offer)
    if status is PodStatus.ACTIVE:
        _add_open_tickets(client, pod)
    elif status is PodStatus.PAUSED:
        pods.pause(client.book, pod, at=halted_at, reason="The client's platform moves first.")
    else:
        pods.end(client.book, pod, status, at=halted_at)


def _add_pod_in_scoping(client: Client, name: str, status: PodStatus) -> None:
    asked_at = client.now - 21 * _DAY
    pod = _request_pod(client, name, at=asked_at, start_date=(client.now + 40 * _DAY).date(), months=12)
    if status is PodStatus.CANCELLED:
        pods.end(client.book, pod, status, at=client.now - 9 * _DAY, reason="Another team took it over.")
    elif client.random.random() < 0.5:
        offer = _offer(client, pod["requested_team_size"])
        pods.propose(client.book, pod, offer, at=client.now - 6 * _DAY, valid_days=21)


def _request_pod(client: Client, name: str, *, at: datetime, start_date: date, months: int) -> Row:
    return pods.request_pod(
        client.book,
        name,
        at=at,
        workspace_id=client.random.choice(client.workspaces),
        subscription_id=client.subscription_id,
        description=f"Everything that the {name} keeps running and makes better.",
        size=client.random.choice((3, 4, 5, 5, 6, LARGEST_TEAM)),
        start_date=start_date,
        capabilities=["backend_engineering", "qa", "technical_pm"],
        months=months,
        delivery_model=client.random.choice(list(DeliveryModel)),
        projects=[client.project_id] if client.random.random() < 0.7 else [],
    )


def _offer(client: Client, size: int) -> Offer:
    team = [(client.talent(role), role) for role in client.random.choices(list(ROLES), k=size)]
    return Offer(
        team,
        throughput=4 * size,
        response_hours=Decimal(client.random.choice((2, 4))),
        quality_percent=Decimal(80),
        price=Decimal(7000 + 100 * client.random.randint(0, 12)) * size,
        pool=client.pool,
    )


def _add_compute(client: Client, line: Row, until: datetime) -> None:
    hours = Decimal(client.random.randint(8, 40) * 10)
    at = line["started_at"] + 14 * _DAY
    extra = capacity.allocate(
        client.book, client.compute, line, hours, at=at, actor=client.book.cast.operator, origin="extra"
    )
    capacity.measure(client.book, extra, client.weekly_actuals(hours, until=until), at=until)


def _revise(client: Client, pod: Row, started_at: datetime) -> None:
    items = [(subject.lower(), f"{subject} service", n) for n, subject in enumerate(SUBJECTS[:4], 1)]
    after = [("search", "Search with suggestions", 1), items[0], items[1]]
    for days, revised, note in (
        (3, items, "As agreed at the start."),
        (120, after, "Search comes first."),
    ):
        pods.revise(
            client.book,
            pod,
            revised,
            at=started_at + days * _DAY,
            summary="The scope of the quarter.",
            note=note,
        )


def _add_months(client: Client, pod: Row, offer: Offer) -> None:
    for back in range(_MONTHS - 1, -1, -1):
        period = client.last_month.shifted(-back)
        measured = _measured(client, offer)
        _add_tickets(client, pod, period, measured[SlaMetricKind.RESPONSE_TIME])
        settled = period.end + sla_reports.PUBLISHED_ON + 7 * _DAY <= client.now
        sla_reports.report(client.book, pod, period, measured, settled=settled)


def _measured(client: Client, offer: Offer) -> dict[SlaMetricKind, Decimal]:
    random = client.random
    full = int(offer.hours_per_week)
    return measurements(
        offer.throughput + random.choice((-2, 0, 0, 1, 1, 2)),
        str(offer.response_hours * random.choice((60, 70, 80, 90, 95, 110)) / 100),
        str(full - random.choice((0, 0, 0, 1, 1, full // 20))),
        random.choice((75, 78, 80, 81, 82, 84, 86)),
    )


def _add_tickets(client: Client, pod: Row, period: Period, mean_hours: Decimal) -> None:
    """Two priority items whose mean response equals the report's, and another ticket."""
    mean = int(mean_hours * 3600)
    aside = client.random.randint(0, 20) * 30
    for seconds in (mean - aside, mean + aside):
        _add_ticket(client, pod, period, TicketType.PRIORITY_ITEM, seconds)
    other = client.random.choice((TicketType.REQUEST, TicketType.ISSUE))
    _add_ticket(client, pod, period, other, client.random.randint(600, 5400))


def _add_ticket(client: Client, pod: Row, period: Period, type: TicketType, seconds: int) -> None:
    at = period.start + timedelta(minutes=client.random.randint(24 * 60, 22 * 24 * 60))
    handling = Handling(timedelta(seconds=seconds), timedelta(days=2, minutes=seconds // 30), 5 * _DAY)
    _raise_ticket(client, pod, at, type, handling)


def _add_open_tickets(client: Client, pod: Row) -> None:
    for minutes, handling in ((20, Handling()), (300, Handling(45 * timedelta(minutes=1)))):
        at = client.now - timedelta(minutes=minutes)
        _raise_ticket(client, pod, at, TicketType.PRIORITY_ITEM, handling)


def _raise_ticket(client: Client, pod: Row, at: datetime, type: TicketType, handling: Handling) -> None:
    subject, trouble = client.random.choice(SUBJECTS), client.random.choice(_TROUBLES)
    commented = client.random.random() < 0.3 and handling.closed is not None
    comment = [(6 * _HOUR, client.book.cast.delivery, "Found and being worked on.")] if commented else []
    tickets.raise_ticket(
        client.book,
        pod,
        f"{subject} {trouble}",
        f"{subject} {trouble}, as customers report.",
        at=at,
        type=type,
        priority=client.random.choice(list(TicketPriority)),
        handling=handling,
        comments=comment,
    )
