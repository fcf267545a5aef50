"""Generated outcome requests, one for each stage of an engagement."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from podgraph.demo import capacity, delivery, outcomes, pods
from podgraph.demo.generator.client import SUBJECTS, Client
from podgraph.demo.outcomes import Plan, Promise
from podgraph.demo.row_builder import Row

# Age of an engagement in days, by its stage.
STAGES = {
    "asked": 5,
    "negotiating": 12,
    "proposed": 9,
    "delivering": 26,
    "in_review": 45,
    "remediating": 50,
    "stopped": 60,
    "completed": 95,
}
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def add_engagement(client: Client, stage: str, place: int) -> None:
    """An outcome request and its scope, up to a stage."""
    asked_at = (client.now - STAGES[stage] * _DAY).replace(hour=9, minute=place, second=0, microsecond=0)
    title = f"{client.random.choice(SUBJECTS)} outcome {place + 1}"
    request = outcomes.submit_request(
        client.book,
        title,
        at=asked_at,
        workspace_id=client.random.choice(client.workspaces),
        subscription_id=client.subscription_id,
        description=f"{title}, delivered whole.",
        desired_outcome=f"{title} is in production.",
        criteria=["It is in production.", "It is documented."],
        weeks=client.random.randint(4, 8),
        budget=Decimal(20000),
        projects=[client.project_id],
    )
    if stage == "asked":
        capacity.request_capacity(
            client.book,
            "OUTCOME_REQUEST",
            request,
            pods.HOURS,
            confidence="expected",
            needed_from=(client.now + 30 * _DAY).date(),
        )
    elif stage == "negotiating":
        outcomes.negotiate(client.book, request, at=asked_at + 2 * _DAY, reason="The timeline is too short.")
    else:
        _add_scope(client, request, stage, asked_at)


def _add_scope(client: Client, request: Row, stage: str, asked_at: datetime) -> None:
    promises = [
        Promise(f"Part {n}", f"The part number {n}.", [f"Part {n} passes its checks.", "Documented."])
        for n in range(1, client.random.randint(2, 4))
    ]
    first_day = (asked_at + 8 * _DAY).date()
    scope = outcomes.propose(
        client.book,
        request,
        [Plan("Cycle 1", 3, promises)],
        at=asked_at + 3 * _DAY,
        price=Decimal(client.random.randint(800000, 1900000)) / 100,
        first_day=first_day,
        pool=client.pool,
        hours=pods.HOURS,
    )
    if stage == "proposed":
        return
    confirmed_at = asked_at + 5 * _DAY
    talent = (client.talent("backend_engineer"), "backend_engineer", pods.HOURS)
    allocation = outcomes.confirm(client.book, scope, at=confirmed_at, resources=[talent])
    upfront, final = outcomes.payments_of(client.book, scope)
    if client.random.random() < 0.8:
        outcomes.pay(client.book, upfront, at=confirmed_at + 6 * _DAY, reference=f"WIRE-{upfront['id']}")
    begun_at = asked_at + 8 * _DAY
    delivery.start(client.book, outcomes.first_cycle(client.book, scope), at=begun_at)
    work = outcomes.deliverables_of(client.book, scope)
    for deliverable in work:
        delivery.begin(client.book, deliverable, at=begun_at + _HOUR)
    if stage != "completed":
        weeks = [week for week in client.weekly_actuals(pods.HOURS, until=client.now).items() if week[0] >= first_day]
        capacity.measure(client.book, allocation, dict(weeks), at=client.now)
    if _deliver(client, stage, work, begun_at, scope):
        outcomes.pay(client.book, final, at=asked_at + 60 * _DAY, reference=f"WIRE-{final['id']}")


def _deliver(client: Client, stage: str, work: Sequence[Row], begun_at: datetime, scope: Row) -> bool:
    """Delivery up to a stage; returns whether everything was accepted."""
    book = client.book
    if stage in ("delivering", "stopped"):
        delivery.submit(book, work[0], at=begun_at + 7 * _DAY, notes="Handed in early.") if len(work) > 1 else None
        if stage == "stopped":
            outcomes.cancel(book, scope, at=begun_at + 14 * _DAY)
        return False
    for deliverable in work:
        delivery.submit(book, deliverable, at=begun_at + 20 * _DAY, notes="All criteria are covered.")
    if stage == "in_review":
        return False
    reviewed_at = begun_at + 22 * _DAY
    for deliverable in work[1:]:
        delivery.accept(book, deliverable, at=reviewed_at)
    again = delivery.reject(
        book,
        work[0],
        at=reviewed_at + _HOUR,
        reason="The checks fail on production data of the last month.",
        unmet=["AC-1"],
    )
    delivery.start(book, again, at=reviewed_at + _DAY)
    if stage == "remediating":
        return False
    delivery.submit(book, work[0], at=reviewed_at + 4 * _DAY, notes="Passes on production data now.")
    delivery.accept(book, work[0], at=reviewed_at + 6 * _DAY)
    return True
