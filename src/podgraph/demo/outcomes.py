"""Outcome requests and their scopes: proposal, decision and payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from podgraph.demo import capacity
from podgraph.demo.row_builder import Book, Row
from podgraph.outcomes import rules
from podgraph.outcomes.lifecycle import (
    LINE_STATUS,
    CycleKind,
    CycleStatus,
    DeliverableStatus,
    OutcomeRequestStatus,
    PaymentStatus,
    PaymentTrigger,
    ScopeStatus,
)
from podgraph.service_lines.lifecycle import BillingModel, ExecutionModel, ProductLine

TERMS = (ProductLine.ODS, ExecutionModel.TIMEBOXED_OUTCOME, BillingModel.FIXED_SCOPE)


@dataclass(frozen=True, slots=True)
class Promise:
    """One deliverable of a proposal and the criteria that it is accepted by."""

    title: str
    description: str
    criteria: Sequence[str]
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One cycle of a proposal: whole weeks, and what is delivered in them."""

    name: str
    weeks: int
    promises: Sequence[Promise]
    id: str | None = None


def submit_request(
    book: Book,
    title: str,
    *,
    at: datetime,
    workspace_id: str,
    subscription_id: str,
    description: str,
    desired_outcome: str,
    criteria: Sequence[str],
    weeks: int | None,
    budget: Decimal | None,
    by: str | None = None,
    projects: Sequence[str] = (),
    id: str | None = None,
) -> Row:
    """Submit an outcome request."""
    by = by or book.cast.member
    request = book.add(
        "outcome_request",
        workspace_id=workspace_id,
        subscription_id=subscription_id,
        title=title,
        description=description,
        desired_outcome=desired_outcome,
        acceptance_criteria=list(criteria),
        timeline_weeks=weeks,
        budget_max=budget,
        currency=None if budget is None else book.currency,
        status=OutcomeRequestStatus.SCOPING,
        submitted_by=by,
        created_at=at,
        id=id,
    )
    for project_id in projects:
        book.add("outcome_request_project", outcome_request_id=request["id"], project_id=project_id)
    book.happened(at, by, request, "ods.request.submitted", budget_max=budget, timeline_weeks=weeks)
    return request


def negotiate(book: Book, request: Row, *, at: datetime, reason: str) -> None:
    """Require negotiation: budget or timeline cannot be met."""
    columns = {"status": OutcomeRequestStatus.REQUIRES_NEGOTIATION, "negotiation_reason": reason}
    book.change(at, book.cast.operator, request, "ods.request.requires_negotiation", columns)


def cancel_request(book: Book, request: Row, *, at: datetime) -> None:
    """The outcome is no longer wanted."""
    columns = {"status": OutcomeRequestStatus.CANCELLED}
    book.change(at, book.cast.owner, request, "ods.request.cancelled", columns)


def propose(
    book: Book,
    request: Row,
    plans: Sequence[Plan],
    *,
    at: datetime,
    price: Decimal,
    first_day: date,
    pool: Row,
    hours: Decimal,
    valid_days: int = 14,
    id: str | None = None,
) -> Row:
    """A scope with its cycles, deliverables and payments; the cycles follow one another."""
    promised = sum(len(plan.promises) for plan in plans)
    scope = book.add(
        "scope",
        request_id=request["id"],
        workspace_id=request["workspace_id"],
        title=request["title"],
        status=ScopeStatus.PENDING_CONFIRMATION,
        timeline_weeks=sum(plan.weeks for plan in plans),
        fixed_price=price,
        currency=book.currency,
        payment_schedule=[
            {"key": one.key, "trigger": one.trigger, "percent": str(one.percent)} for one in rules.DEFAULT_SCHEDULE
        ],
        capacity_pool_id=pool["id"],
        committed_per_week=hours,
        valid_until=at + timedelta(days=valid_days),
        open_count=promised,
        created_at=at,
        id=id,
    )
    for sequence, plan in enumerate(plans, 1):
        cycle = _plan_cycle(book, scope, plan, sequence=sequence, first_day=first_day, at=at)
        first_day = cycle["planned_end"] + timedelta(days=1)
    for milestone, amount in zip(
        rules.DEFAULT_SCHEDULE, rules.payment_amounts(price, rules.DEFAULT_SCHEDULE), strict=True
    ):
        book.add(
            "payment",
            scope_id=scope["id"],
            milestone=milestone.key,
            trigger=milestone.trigger,
            percent=milestone.percent,
            amount=amount,
            currency=book.currency,
            status=PaymentStatus.SCHEDULED,
            description=milestone.description,
            created_at=at,
        )
    columns = {"status": OutcomeRequestStatus.SCOPED}
    book.change(at, book.cast.operator, request, "ods.request.scoped", columns, scope_id=scope["id"])
    capacity.request_capacity(
        book,
        "SCOPE",
        scope,
        hours,
        confidence="proposed",
        needed_from=first_cycle(book, scope)["planned_start"],
    )
    return scope


def _plan_cycle(book: Book, scope: Row, plan: Plan, *, sequence: int, first_day: date, at: datetime) -> Row:
    cycle = book.add(
        "cycle",
        id=plan.id,
        scope_id=scope["id"],
        sequence=sequence,
        kind=CycleKind.DELIVERY,
        name=plan.name,
        status=CycleStatus.PLANNED,
        planned_start=first_day,
        planned_end=rules.planned_end(first_day, plan.weeks),
        currency=book.currency,
        created_at=at,
    )
    position = sum(1 for _ in deliverables_of(book, scope))
    for place, promise in enumerate(plan.promises, position + 1):
        deliverable = book.add(
            "deliverable",
            id=promise.id,
            scope_id=scope["id"],
            cycle_id=cycle["id"],
            position=place,
            title=promise.title,
            description=promise.description,
            acceptance_criteria=[
                {"key": f"AC-{number}", "text": text} for number, text in enumerate(promise.criteria, 1)
            ],
            status=DeliverableStatus.PENDING,
            created_at=at,
        )
        book.add("deliverable_cycle", deliverable_id=deliverable["id"], cycle_id=cycle["id"])
    return cycle


def confirm(
    book: Book,
    scope: Row,
    *,
    at: datetime,
    resources: Sequence[tuple[str, str, Decimal]],
    line_id: str | None = None,
) -> Row:
    """The client confirms: line and allocation (returned) come into being, the first payment is due."""
    owner = book.cast.owner
    request = next(book.where("outcome_request", id=scope["request_id"]))
    pool = next(book.where("capacity_pool", id=scope["capacity_pool_id"]))
    first, last = first_cycle(book, scope), list(cycles_of(book, scope))[-1]
    labels = book.where("outcome_request_project", outcome_request_id=request["id"])
    line = capacity.open_line(
        book,
        scope["title"],
        at=at,
        actor=owner,
        workspace_id=scope["workspace_id"],
        subscription_id=request["subscription_id"],
        terms=TERMS,
        source=("SCOPE", scope),
        starts_at=max(at, _midnight(first["planned_start"])),
        ends_at=_midnight(last["planned_end"] + timedelta(days=1)),
        projects=[label["project_id"] for label in labels],
        id=line_id,
    )
    allocation = capacity.allocate(
        book, pool, line, scope["committed_per_week"], at=at, actor=owner, resources=resources
    )
    columns = {
        "status": ScopeStatus.ACTIVE,
        "service_line_id": line["id"],
        "confirmed_at": at,
        "accepted_by": owner,
    }
    book.change(at, owner, scope, "ods.scope.confirmed", columns)
    for payment in book.where("payment", scope_id=scope["id"]):
        payment["service_line_id"] = line["id"]
    capacity.close_capacity_request(book, scope, at)
    release(book, scope, PaymentTrigger.SCOPE_CONFIRMED, at=at, actor=owner)
    return allocation


def decline(book: Book, scope: Row, *, at: datetime, reason: str) -> None:
    """The client does not want this proposal; scoping goes on."""
    owner = book.cast.owner
    columns = {"status": ScopeStatus.CANCELLED, "decline_reason": reason}
    book.change(at, owner, scope, "ods.scope.declined", columns)
    _cancel_work(book, scope, at=at, actor=owner)
    request = next(book.where("outcome_request", id=scope["request_id"]))
    columns = {"status": OutcomeRequestStatus.SCOPING}
    book.change(at, owner, request, "ods.request.scoping_resumed", columns)


def cancel(book: Book, scope: Row, *, at: datetime) -> None:
    """The client stops a confirmed scope; what is due or paid stays so."""
    owner = book.cast.owner
    book.change(at, owner, scope, "ods.scope.cancelled", {"status": ScopeStatus.CANCELLED})
    _cancel_work(book, scope, at=at, actor=owner)
    line = next(book.where("service_line", id=scope["service_line_id"]))
    capacity.move_line(book, line, LINE_STATUS[ScopeStatus.CANCELLED], at=at, actor=owner)


def _cancel_work(book: Book, scope: Row, *, at: datetime, actor: str) -> None:
    capacity.close_capacity_request(book, scope, at)
    for cycle in cycles_of(book, scope):
        if cycle["status"] != CycleStatus.COMPLETED:
            book.change(at, actor, cycle, "ods.cycle.cancelled", {"status": CycleStatus.CANCELLED})
    for deliverable in deliverables_of(book, scope):
        if deliverable["status"] != DeliverableStatus.ACCEPTED:
            columns = {"status": DeliverableStatus.CANCELLED}
            book.change(at, actor, deliverable, "ods.deliverable.cancelled", columns)
    for payment in book.where("payment", scope_id=scope["id"], status=PaymentStatus.SCHEDULED):
        book.change(at, actor, payment, "payment.void", {"status": PaymentStatus.VOID})


def pay(book: Book, payment: Row, *, at: datetime, reference: str) -> None:
    """A payment that was due has arrived."""
    columns = {"status": PaymentStatus.PAID, "paid_at": at, "reference": reference}
    book.change(at, book.cast.billing, payment, "payment.paid", columns)


def cycles_of(book: Book, scope: Row) -> list[Row]:
    """The cycles of a scope in their order."""
    return list(book.where("cycle", scope_id=scope["id"]))


def first_cycle(book: Book, scope: Row) -> Row:
    """The cycle that a scope begins with."""
    return next(book.where("cycle", scope_id=scope["id"], sequence=1))


def deliverables_of(book: Book, scope: Row) -> list[Row]:
    """The deliverables of a scope in their order."""
    return list(book.where("deliverable", scope_id=scope["id"]))


def payments_of(book: Book, scope: Row) -> list[Row]:
    """The payments of a scope in the order of its schedule."""
    return list(book.where("payment", scope_id=scope["id"]))


def release(book: Book, scope: Row, trigger: PaymentTrigger, *, at: datetime, actor: str) -> None:
    for payment in book.where("payment", scope_id=scope["id"], trigger=trigger):
        columns = {"status": PaymentStatus.DUE, "due_at": rules.payment_due_at(at)}
        book.change(at, actor, payment, "payment.due", columns, amount=payment["amount"])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
