"""Realistic data of any size: the same for the same seed, in organizations of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col

from podgraph.accounts.lifecycle import SubscriptionStatus
from podgraph.capacity.lifecycle import ResourceType
from podgraph.demo import capacity, managed, ods
from podgraph.demo.load import insert_all
from podgraph.demo.managed import Handling, Offer, measurements
from podgraph.demo.ods import Plan, Promise
from podgraph.demo.row_builder import Book, Cast, Ids, Row, merged
from podgraph.kernel.periods import Period
from podgraph.kernel.roles import Role
from podgraph.pods.lifecycle import DeliveryModel, PodStatus, SlaMetricKind, TicketPriority, TicketType
from podgraph.writes.ids import IdCounter

PODS_PER_ORGANIZATION = 10
_MONTHS = 12
_WEEKS = 26
_METERED_WEEKS = 12
_LARGEST_TEAM = 7
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)

_ROLES = {
    "senior_backend_engineer": "Senior Backend Engineer",
    "backend_engineer": "Backend Engineer",
    "frontend_engineer": "Frontend Engineer",
    "qa_engineer": "QA Engineer",
    "technical_pm": "Technical Project Manager",
    "data_engineer": "Data Engineer",
    "site_reliability_engineer": "Site Reliability Engineer",
}
_CLIENTS = ("Alder", "Birch", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Harbour", "Indigo", "Juniper")
_TRADES = ("Logistics", "Insurance", "Retail", "Health", "Energy", "Media", "Travel", "Foods")
_FIRST_NAMES = ("Lena", "Omar", "Mei", "Jonas", "Aisha", "Pedro", "Nadia", "Felix", "Sara", "Kofi")
_LAST_NAMES = ("Becker", "Haddad", "Zhang", "Lind", "Diallo", "Costa", "Petrova", "Moreau", "Silva", "Mensah")
_SUBJECTS = ("Checkout", "Billing", "Search", "Identity", "Catalogue", "Messaging", "Pricing", "Analytics")
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
# How many days ago an engagement was asked for, by the stage that it has come to since.
_STAGES = {
    "asked": 5,
    "negotiating": 12,
    "proposed": 9,
    "delivering": 26,
    "in_review": 45,
    "remediating": 50,
    "stopped": 60,
    "completed": 95,
}


async def seed(engine: AsyncEngine, pods: int, seed: int, now: datetime, progress: Callable[[int], None]) -> None:
    """Write generated data beside what the database holds; `progress` is told of each batch's pods."""
    async with engine.connect() as connection:
        counters = await connection.execute(select(col(IdCounter.prefix), col(IdCounter.value)))
        after = {one.prefix: one.value for one in counters}
    for rows in generate(pods, seed, now, after=after):
        async with engine.begin() as connection:
            await insert_all(connection, rows)
        progress(len(rows["pod"]))


def generate(
    pods: int, seed: int, now: datetime, *, after: Mapping[str, int] | None = None
) -> Iterator[dict[str, list[Row]]]:
    """The rows of one organization after another, `pods` pods in all; ids follow those in `after`."""
    ids = Ids(after or {})
    partner, team = _partner(ids, now)
    waiting = [partner]
    for number, first in enumerate(range(0, pods, PODS_PER_ORGANIZATION)):
        client = _Client.opened(ids, Random(f"{seed}:{number}"), now, team)
        for place in range(min(PODS_PER_ORGANIZATION, pods - first)):
            client.tell_pod(place)
        for place, stage in enumerate(_STAGES):
            client.tell_engagement(stage, place)
        client.book.close()
        yield merged([*waiting, client.book])
        waiting = []


def _partner(ids: Ids, now: datetime) -> tuple[Book, tuple[str, str]]:
    cast = Cast("", "", "", ids.take("user", now.year), ids.take("user", now.year))
    book = Book(ids, ids.take("organization", now.year), "USD", now.year, cast)
    book.add("organization", id=book.organization_id, name="Generated Delivery Partners", currency="USD")
    book.add("user", id=cast.operator, name="Account Team", email="accounts@delivery.example")
    book.add("user", id=cast.delivery, name="Delivery Lead", email="delivery@delivery.example")
    book.add("membership", user_id=cast.operator, role=Role.OPERATOR)
    book.add("membership", user_id=cast.delivery, role=Role.DELIVERY)
    book.close()
    return book, (cast.operator, cast.delivery)


@dataclass
class _Client:
    """An organization that is being made up."""

    book: Book
    random: Random
    now: datetime
    last_month: Period
    workspaces: Sequence[str]
    subscription_id: str
    project_id: str
    pool: Row
    compute: Row

    @classmethod
    def opened(cls, ids: Ids, random: Random, now: datetime, team: tuple[str, str]) -> "_Client":
        people = [ids.take("user", now.year) for _ in range(3)]
        name = f"{random.choice(_CLIENTS)} {random.choice(_TRADES)}"
        book = Book(
            ids,
            ids.take("organization", now.year),
            random.choice(("USD", "EUR", "GBP")),
            now.year,
            Cast(people[0], people[1], people[2], *team),
        )
        book.add("organization", id=book.organization_id, name=name, currency=book.currency)
        workspaces = [book.add("workspace", name=title)["id"] for title in ("Product", "Platform")]
        subscription = book.add("commercial_subscription", status=SubscriptionStatus.ACTIVE)
        project = book.add("project", name=f"{random.choice(_SUBJECTS)} renewal")
        roles = [Role.ORG_OWNER, Role.MEMBER, Role.BILLING, Role.OPERATOR, Role.DELIVERY]
        for user_id in people:
            person = f"{random.choice(_FIRST_NAMES)} {random.choice(_LAST_NAMES)}"
            book.add("user", id=user_id, name=person, email=f"{user_id.lower()}@client.example")
        for user_id, role in zip([*people, *team], roles, strict=True):
            workspace_id = workspaces[0] if role is Role.MEMBER else None
            book.add("membership", user_id=user_id, role=role, workspace_id=workspace_id)
        opened_at = now - 500 * _DAY
        hours = managed.HOURS * (_LARGEST_TEAM * PODS_PER_ORGANIZATION + len(_STAGES))
        compute = {"resource_type": ResourceType.COMPUTE, "workspace_id": workspaces[0]}
        return cls(
            book,
            random,
            now,
            _last_month(now),
            workspaces,
            subscription["id"],
            project["id"],
            capacity.create_pool(book, hours, at=opened_at),
            capacity.create_pool(book, Decimal(20000), at=opened_at, **compute),
        )

    def tell_pod(self, place: int) -> None:
        """A pod from its request on, in one of the statuses."""
        status = self.random.choice(_STATUSES) if place else PodStatus.ACTIVE
        subject = f"{self.random.choice(_SUBJECTS)} Pod {place + 1}"
        if status in (PodStatus.SCOPING, PodStatus.CANCELLED):
            self._ask_for_pod(subject, status)
            return
        started_at = self.last_month.shifted(-self.random.randint(_MONTHS - 1, _MONTHS + 1)).start
        pod = self._request_pod(subject, at=started_at - 30 * _DAY, start_date=started_at.date(), months=24)
        offer = self._offer(pod["requested_team_size"])
        allocation = managed.activate(self.book, pod, offer, at=started_at)
        line = managed.line_of(self.book, pod)
        halted_at = self._published_at() + 2 * _HOUR
        worked_until = self.now if status is PodStatus.ACTIVE else halted_at
        actuals = self._actuals(offer.hours_per_week, until=worked_until)
        recorded_at = min(worked_until, self.now)
        capacity.measure(self.book, allocation, actuals, at=recorded_at)
        metered = dict(list(actuals.items())[-_METERED_WEEKS:])
        capacity.meter_hours(self.book, line, metered)
        if self.random.random() < 0.3:
            self._add_compute(line, worked_until)
        self._revise(pod, started_at)
        self._tell_months(pod, offer)
        if status is PodStatus.ACTIVE:
            self._leave_open(pod)
        elif status is PodStatus.PAUSED:
            managed.pause(self.book, pod, at=halted_at, reason="The client's platform moves first.")
        else:
            managed.end(self.book, pod, status, at=halted_at)

    def _ask_for_pod(self, name: str, status: PodStatus) -> None:
        asked_at = self.now - 21 * _DAY
        pod = self._request_pod(name, at=asked_at, start_date=(self.now + 40 * _DAY).date(), months=12)
        if status is PodStatus.CANCELLED:
            managed.end(self.book, pod, status, at=self.now - 9 * _DAY, reason="Another team took it over.")
        elif self.random.random() < 0.5:
            offer = self._offer(pod["requested_team_size"])
            managed.propose(self.book, pod, offer, at=self.now - 6 * _DAY, valid_days=21)

    def _request_pod(self, name: str, *, at: datetime, start_date: date, months: int) -> Row:
        return managed.request_pod(
            self.book,
            name,
            at=at,
            workspace_id=self.random.choice(self.workspaces),
            subscription_id=self.subscription_id,
            description=f"Everything that the {name} keeps running and makes better.",
            size=self.random.choice((3, 4, 5, 5, 6, _LARGEST_TEAM)),
            start_date=start_date,
            capabilities=["backend_engineering", "qa", "technical_pm"],
            months=months,
            delivery_model=self.random.choice(list(DeliveryModel)),
            projects=[self.project_id] if self.random.random() < 0.7 else [],
        )

    def _offer(self, size: int) -> Offer:
        team = [(self._talent(role), role) for role in self.random.choices(list(_ROLES), k=size)]
        return Offer(
            team,
            throughput=4 * size,
            response_hours=Decimal(self.random.choice((2, 4))),
            quality_percent=Decimal(80),
            price=Decimal(7000 + 100 * self.random.randint(0, 12)) * size,
            pool=self.pool,
        )

    def _talent(self, role: str) -> str:
        talent: str = self.book.add("talent", title=_ROLES[role])["id"]
        return talent

    def _actuals(self, committed: Decimal, *, until: datetime) -> dict[date, Decimal]:
        last = until.date() - 7 * _DAY - timedelta(days=until.weekday())
        low = self.random.random() < 0.1
        least, most = (52, 69) if low else (88, 101)
        weeks = capacity.mondays(last - (_WEEKS - 1) * capacity.WEEK, last)
        return {week: committed * self.random.randint(2 * least, 2 * most) / 200 for week in weeks}

    def _add_compute(self, line: Row, until: datetime) -> None:
        hours = Decimal(self.random.randint(8, 40) * 10)
        at = line["started_at"] + 14 * _DAY
        extra = capacity.allocate(
            self.book, self.compute, line, hours, at=at, actor=self.book.cast.operator, origin="extra"
        )
        capacity.measure(self.book, extra, self._actuals(hours, until=until), at=until)

    def _revise(self, pod: Row, started_at: datetime) -> None:
        items = [(subject.lower(), f"{subject} service", n) for n, subject in enumerate(_SUBJECTS[:4], 1)]
        after = [("search", "Search with suggestions", 1), items[0], items[1]]
        for days, revised, note in (
            (3, items, "As agreed at the start."),
            (120, after, "Search comes first."),
        ):
            managed.revise(
                self.book,
                pod,
                revised,
                at=started_at + days * _DAY,
                summary="The scope of the quarter.",
                note=note,
            )

    def _tell_months(self, pod: Row, offer: Offer) -> None:
        for back in range(_MONTHS - 1, -1, -1):
            period = self.last_month.shifted(-back)
            measured = self._measured(offer)
            self._tell_tickets(pod, period, measured[SlaMetricKind.RESPONSE_TIME])
            settled = period.end + managed.PUBLISHED_ON + 7 * _DAY <= self.now
            managed.report(self.book, pod, period, measured, settled=settled)

    def _measured(self, offer: Offer) -> dict[SlaMetricKind, Decimal]:
        random = self.random
        full = int(offer.hours_per_week)
        return measurements(
            offer.throughput + random.choice((-2, 0, 0, 1, 1, 2)),
            str(offer.response_hours * random.choice((60, 70, 80, 90, 95, 110)) / 100),
            str(full - random.choice((0, 0, 0, 1, 1, full // 20))),
            random.choice((75, 78, 80, 81, 82, 84, 86)),
        )

    def _tell_tickets(self, pod: Row, period: Period, mean_hours: Decimal) -> None:
        """Two priority items a month whose mean response is what the report says, and another ticket."""
        mean = int(mean_hours * 3600)
        aside = self.random.randint(0, 20) * 30
        for seconds in (mean - aside, mean + aside):
            self._ticket(pod, period, TicketType.PRIORITY_ITEM, seconds)
        other = self.random.choice((TicketType.REQUEST, TicketType.ISSUE))
        self._ticket(pod, period, other, self.random.randint(600, 5400))

    def _ticket(self, pod: Row, period: Period, type: TicketType, seconds: int) -> None:
        at = period.start + timedelta(minutes=self.random.randint(24 * 60, 22 * 24 * 60))
        handling = Handling(timedelta(seconds=seconds), timedelta(days=2, minutes=seconds // 30), 5 * _DAY)
        self._raise(pod, at, type, handling)

    def _leave_open(self, pod: Row) -> None:
        for minutes, handling in ((20, Handling()), (300, Handling(45 * timedelta(minutes=1)))):
            at = self.now - timedelta(minutes=minutes)
            self._raise(pod, at, TicketType.PRIORITY_ITEM, handling)

    def _raise(self, pod: Row, at: datetime, type: TicketType, handling: Handling) -> None:
        subject, trouble = self.random.choice(_SUBJECTS), self.random.choice(_TROUBLES)
        commented = self.random.random() < 0.3 and handling.closed is not None
        comment = [(6 * _HOUR, self.book.cast.delivery, "Found and being worked on.")] if commented else []
        managed.raise_ticket(
            self.book,
            pod,
            f"{subject} {trouble}",
            f"{subject} {trouble}, as customers have told us.",
            at=at,
            type=type,
            priority=self.random.choice(list(TicketPriority)),
            handling=handling,
            comments=comment,
        )

    def tell_engagement(self, stage: str, place: int) -> None:
        """An outcome on demand, as far as its stage."""
        asked_at = (self.now - _STAGES[stage] * _DAY).replace(hour=9, minute=place, second=0, microsecond=0)
        title = f"{self.random.choice(_SUBJECTS)} outcome {place + 1}"
        request = ods.submit_request(
            self.book,
            title,
            at=asked_at,
            workspace_id=self.random.choice(self.workspaces),
            subscription_id=self.subscription_id,
            description=f"{title}, delivered whole.",
            desired_outcome=f"{title} is in production.",
            criteria=["It is in production.", "It is documented."],
            weeks=self.random.randint(4, 8),
            budget=Decimal(20000),
            projects=[self.project_id],
        )
        if stage == "asked":
            capacity.ask_for(
                self.book,
                "OUTCOME_REQUEST",
                request,
                managed.HOURS,
                confidence="expected",
                needed_from=(self.now + 30 * _DAY).date(),
            )
        elif stage == "negotiating":
            ods.negotiate(self.book, request, at=asked_at + 2 * _DAY, reason="The timeline is too short.")
        else:
            self._tell_scope(request, stage, asked_at)

    def _tell_scope(self, request: Row, stage: str, asked_at: datetime) -> None:
        promises = [
            Promise(f"Part {n}", f"The part number {n}.", [f"Part {n} passes its checks.", "Documented."])
            for n in range(1, self.random.randint(2, 4))
        ]
        first_day = (asked_at + 8 * _DAY).date()
        scope = ods.propose(
            self.book,
            request,
            [Plan("Cycle 1", 3, promises)],
            at=asked_at + 3 * _DAY,
            price=Decimal(self.random.randint(800000, 1900000)) / 100,
            first_day=first_day,
            pool=self.pool,
            hours=managed.HOURS,
        )
        if stage == "proposed":
            return
        confirmed_at = asked_at + 5 * _DAY
        talent = (self._talent("backend_engineer"), "backend_engineer", managed.HOURS)
        allocation = ods.confirm(self.book, scope, at=confirmed_at, resources=[talent])
        upfront, final = ods.payments_of(self.book, scope)
        if self.random.random() < 0.8:
            ods.pay(self.book, upfront, at=confirmed_at + 6 * _DAY, reference=f"WIRE-{upfront['id']}")
        begun_at = asked_at + 8 * _DAY
        ods.start(self.book, ods.first_cycle(self.book, scope), at=begun_at)
        work = ods.deliverables_of(self.book, scope)
        for deliverable in work:
            ods.begin(self.book, deliverable, at=begun_at + _HOUR)
        if stage != "completed":
            weeks = [week for week in self._actuals(managed.HOURS, until=self.now).items() if week[0] >= first_day]
            capacity.measure(self.book, allocation, dict(weeks), at=self.now)
        if self._worked(stage, work, begun_at, scope):
            ods.pay(self.book, final, at=asked_at + 60 * _DAY, reference=f"WIRE-{final['id']}")

    def _worked(self, stage: str, work: Sequence[Row], begun_at: datetime, scope: Row) -> bool:
        """What follows the start of the work, as far as the stage; whether everything was accepted."""
        book = self.book
        if stage in ("delivering", "stopped"):
            ods.submit(book, work[0], at=begun_at + 7 * _DAY, notes="Handed in early.") if len(work) > 1 else None
            if stage == "stopped":
                ods.cancel(book, scope, at=begun_at + 14 * _DAY)
            return False
        for deliverable in work:
            ods.submit(book, deliverable, at=begun_at + 20 * _DAY, notes="All criteria are covered.")
        if stage == "in_review":
            return False
        reviewed_at = begun_at + 22 * _DAY
        for deliverable in work[1:]:
            ods.accept(book, deliverable, at=reviewed_at)
        again = ods.reject(
            book,
            work[0],
            at=reviewed_at + _HOUR,
            reason="The checks fail on production data of the last month.",
            unmet=["AC-1"],
        )
        ods.start(book, again, at=reviewed_at + _DAY)
        if stage == "remediating":
            return False
        ods.submit(book, work[0], at=reviewed_at + 4 * _DAY, notes="Passes on production data now.")
        ods.accept(book, work[0], at=reviewed_at + 6 * _DAY)
        return True

    def _published_at(self) -> datetime:
        return self.last_month.end + managed.PUBLISHED_ON


def _last_month(now: datetime) -> Period:
    """The last month whose report has been published by `now`, with a few hours to spare."""
    last = Period.of(now.date()).shifted(-1)
    return last if last.end + managed.PUBLISHED_ON + 2 * _HOUR <= now else last.shifted(-1)
