"""Read models of outcome requests, scopes, cycles, deliverables and payments."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, case, func, select

from podgraph.accounts.repository import SUBSCRIPTIONS
from podgraph.database.functions import month_of
from podgraph.database.read_model import (
    KEYS,
    NOW,
    READ_MODELS,
    Derive,
    Reader,
    ReadModel,
    ReadModelAlias,
    among,
    in_constants,
)
from podgraph.kernel.money import Money
from podgraph.kernel.roles import Area
from podgraph.outcomes import models, rules
from podgraph.outcomes.lifecycle import (
    CycleKind,
    CycleStatus,
    DeliverableStatus,
    PaymentStatus,
    PaymentTrigger,
    ScopeStatus,
)
from podgraph.records import (
    CycleRecord,
    DeliverableCycleRecord,
    DeliverableRecord,
    DeliverableReviewRecord,
    DeliverableSubmissionRecord,
    OutcomeRequestProjectRecord,
    OutcomeRequestRecord,
    PaymentRecord,
    ScopeRecord,
)


def _live_scope(column: str) -> Derive:
    """A column of the request's only scope that is not cancelled; a constraint ensures that there is at most one."""

    def derive(request: ReadModelAlias) -> ColumnElement[Any]:
        scope = SCOPES.source()
        live = and_(scope["request_id"] == request["id"], scope["status"] != ScopeStatus.CANCELLED)
        return select(scope[column]).where(live).scalar_subquery()

    return derive


def _of(relation: str, column: str) -> Derive:
    """A column of the row's scope or cycle."""

    def derive(source: ReadModelAlias) -> ColumnElement[Any]:
        whole = READ_MODELS[relation].source()
        return select(whole[column]).where(whole["id"] == source[f"{relation}_id"]).scalar_subquery()

    return derive


def _subscription(column: str) -> Derive:
    """A column of the subscription of the scope's request."""

    def derive(scope: ReadModelAlias) -> ColumnElement[Any]:
        request, subscription = REQUESTS.source(), SUBSCRIPTIONS.source()
        under = request["subscription_id"] == subscription["id"]
        return (
            select(subscription[column])
            .select_from(request.table.join(subscription.table, under))
            .where(request["id"] == scope["request_id"])
            .scalar_subquery()
        )

    return derive


def _waits_for(cycle: ReadModelAlias) -> ColumnElement[Any]:
    """The first preceding delivery cycle that is not completed; None for a remediation cycle."""
    before = CYCLES.source()
    return (
        select(func.min(before["id"]))
        .where(
            before["scope_id"] == cycle["scope_id"],
            before["sequence"] < cycle["sequence"],
            before["status"] != CycleStatus.COMPLETED,
            before["kind"] == CycleKind.DELIVERY,
            cycle["kind"] == CycleKind.DELIVERY,
        )
        .scalar_subquery()
    )


def _last_open(source: ReadModelAlias) -> ColumnElement[bool]:
    """Whether the acceptance of this deliverable would complete the scope."""
    decided = in_constants(source["status"], (DeliverableStatus.ACCEPTED, DeliverableStatus.CANCELLED))
    return and_(~decided, _of("scope", "open_count")(source) == 1)


REQUESTS = ReadModel[OutcomeRequestRecord](
    models.OutcomeRequest,
    "OREQ",
    area=Area.CONTRACTS,
    computed={"scope_id": _live_scope("id"), "scope_status": _live_scope("status")},
)
REQUEST_PROJECTS = ReadModel[OutcomeRequestProjectRecord](
    models.OutcomeRequestProject, identity="project_id", area=Area.CONTRACTS, parent="outcome_request_id"
)
SCOPES = ReadModel[ScopeRecord](
    models.Scope,
    "OSCOPE",
    area=Area.CONTRACTS,
    computed={
        "subscription_id": _subscription("id"),
        "subscription_status": _subscription("current_status"),
    },
)
CYCLES = ReadModel[CycleRecord](
    models.Cycle,
    "OCYCLE",
    parent="scope_id",
    computed={
        "service_line_id": _of("scope", "service_line_id"),
        "scope_status": _of("scope", "status"),
        "waits_for": _waits_for,
    },
)
DELIVERABLES = ReadModel[DeliverableRecord](
    models.Deliverable,
    "DLV",
    parent="scope_id",
    computed={"cycle_status": _of("cycle", "status"), "is_last_open": _last_open},
)
DELIVERABLE_CYCLES = ReadModel[DeliverableCycleRecord](
    models.DeliverableCycle, identity="cycle_id", parent="deliverable_id"
)
SUBMISSIONS = ReadModel[DeliverableSubmissionRecord](
    models.DeliverableSubmission, identity="attempt", parent="deliverable_id"
)
REVIEWS = ReadModel[DeliverableReviewRecord](models.DeliverableReview, identity="attempt", parent="deliverable_id")
PAYMENTS = ReadModel[PaymentRecord](
    models.Payment,
    "PAY",
    area=Area.MONEY,
    parent="scope_id",
    computed={
        "month": lambda source: month_of(source["due_at"]),
        "overdue": lambda source: and_(source["status"] == PaymentStatus.DUE, source["due_at"] < NOW),
    },
)


class MilestoneRow(NamedTuple):
    """An instalment of the payment schedule; `place` is the key of its payment."""

    place: tuple[str, str]
    key: str
    trigger: PaymentTrigger
    percent: Decimal
    description: str


def schedule(stored: Sequence[Mapping[str, Any]]) -> list[rules.PaymentMilestone]:
    """Parse the payment schedule of the JSON column."""
    return [
        rules.PaymentMilestone(one["key"], PaymentTrigger[one["trigger"]], Decimal(one["percent"])) for one in stored
    ]


def milestones(scope: Any) -> list[Any]:
    """The milestones of a scope's payment schedule."""
    return [
        MilestoneRow((scope.id, one.key), one.key, one.trigger, one.percent, one.description)
        for one in schedule(scope.payment_schedule)
    ]


async def milestone_payments(reader: Reader, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """Load payments by scope and milestone."""
    payment = PAYMENTS.source()
    statement = select(*payment.columns).where(among(payment["scope_id"], KEYS), *payment.tenant_filter(reader.tenancy))
    rows = await reader.rows(statement, keys=sorted({scope_id for scope_id, _ in keys}))
    return {(row.scope_id, row.milestone): row for row in PAYMENTS.records(rows)}


async def scope_summaries(reader: Reader, keys: Sequence[str]) -> dict[str, rules.ScopeSummary]:
    """Load the scope of each request, compared with the request."""
    request, scope = REQUESTS.source(), SCOPES.source()
    live = and_(scope["request_id"] == request["id"], scope["status"] != ScopeStatus.CANCELLED)
    statement = (
        select(
            request["id"],
            request["budget_max"],
            request["timeline_weeks"],
            scope["fixed_price"],
            scope["currency"],
            scope["timeline_weeks"],
            _number_of(DELIVERABLES.source(), scope),
            _number_of(delivery := CYCLES.source(), scope, delivery["kind"] == CycleKind.DELIVERY),
        )
        .select_from(request.table.join(scope.table, live))
        .where(among(request["id"], KEYS), *request.tenant_filter(reader.tenancy))
    )
    rows = await reader.rows(statement, keys=keys)
    return {
        request_id: rules.ScopeSummary(
            deliverables=deliverables,
            cycles=cycles,
            timeline_weeks=weeks,
            fixed_price=Money(price, currency),
            within_budget=rules.within_budget(price, budget),
            within_timeline=rules.within_timeline(weeks, at_most),
        )
        for request_id, budget, at_most, price, currency, weeks, deliverables, cycles in map(tuple, rows)
    }


async def progress(reader: Reader, keys: Sequence[str]) -> dict[str, rules.ScopeProgress]:
    """Load the progress of each scope: deliverables by status, rejections, and days late."""
    scope, deliverable = SCOPES.source(), DELIVERABLES.source()
    statement = (
        select(
            scope["id"],
            scope["status"],
            scope["completed_at"],
            _planned_end(scope),
            _rejections(scope),
            func.count(deliverable["id"]),
            _number_with(deliverable, DeliverableStatus.ACCEPTED),
            _number_with(deliverable, DeliverableStatus.READY_FOR_ACCEPTANCE),
        )
        .select_from(scope.table.outerjoin(deliverable.table, deliverable["scope_id"] == scope["id"]))
        .where(among(scope["id"], KEYS), *scope.tenant_filter(reader.tenancy))
        .group_by(scope["id"])
    )
    rows = await reader.rows(statement, keys=keys)
    return {
        scope_id: rules.ScopeProgress(
            accepted=accepted,
            ready_for_acceptance=ready,
            rejected_times=rejected,
            total=total,
            percent_accepted=rules.percent_accepted(accepted, total),
            days_late=rules.scope_days_late(status, planned_end, completed_at or reader.now),
        )
        for scope_id, status, completed_at, planned_end, rejected, total, accepted, ready in map(tuple, rows)
    }


async def latest_submissions(reader: Reader, keys: Sequence[str]) -> dict[str, Any]:
    """Load the latest submission of each deliverable."""
    submission, later = SUBMISSIONS.source(), SUBMISSIONS.source()
    last = (
        select(func.max(later["attempt"]))
        .where(later["deliverable_id"] == submission["deliverable_id"])
        .scalar_subquery()
    )
    statement = select(*submission.columns).where(
        among(submission["deliverable_id"], KEYS),
        submission["attempt"] == last,
        *submission.tenant_filter(reader.tenancy),
    )
    rows = await reader.rows(statement, keys=keys)
    return {row.deliverable_id: row for row in SUBMISSIONS.records(rows)}


def _number_of(part: ReadModelAlias, scope: ReadModelAlias, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).where(part["scope_id"] == scope["id"], *conditions).scalar_subquery()


def _number_with(deliverable: ReadModelAlias, status: DeliverableStatus) -> ColumnElement[int]:
    return func.count(case((deliverable["status"] == status, 1)))


def _planned_end(scope: ReadModelAlias) -> ColumnElement[date | None]:
    """The planned end of the last delivery cycle; remediation cycles do not change it."""
    cycle = CYCLES.source()
    promised = and_(cycle["scope_id"] == scope["id"], cycle["kind"] == CycleKind.DELIVERY)
    return select(func.max(cycle["planned_end"])).where(promised).scalar_subquery()


def _rejections(scope: ReadModelAlias) -> ColumnElement[int]:
    """The number of rejections in the scope."""
    review, deliverable = REVIEWS.source(), DELIVERABLES.source()
    return (
        select(func.count())
        .select_from(review.table.join(deliverable.table, deliverable["id"] == review["deliverable_id"]))
        .where(deliverable["scope_id"] == scope["id"], ~review["accepted"])
        .scalar_subquery()
    )


def cycles_to_start() -> Select[Any]:
    """Ids of the cycles to be started: planned start reached, scope active, preceding cycle completed."""
    cycle = CYCLES.source()
    return (
        select(cycle["id"])
        .where(
            cycle["status"] == CycleStatus.PLANNED,
            cycle["planned_start"] <= bindparam("today", type_=Date()),
            cycle["scope_status"] == ScopeStatus.ACTIVE,
            cycle["waits_for"].is_(None),
        )
        .order_by(cycle["planned_start"], cycle["id"])
    )


def payments_overdue() -> Select[Any]:
    """Ids of the overdue payments without a notification."""
    payment = PAYMENTS.source()
    return (
        select(payment["id"])
        .where(payment["overdue"], payment["overdue_notified_at"].is_(None))
        .order_by(payment["due_at"], payment["id"])
    )
