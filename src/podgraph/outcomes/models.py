"""Tables of outcome requests, scopes, cycles, deliverables and payments."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Field

from podgraph.database.columns import (
    all_or_none,
    check,
    document,
    index,
    key,
    money,
    one_of,
    percent,
    person,
    quantity,
    tenant_foreign_key,
    text,
    unique,
    unique_where,
)
from podgraph.database.model import Entity, Tenanted
from podgraph.outcomes.lifecycle import (
    CycleKind,
    CycleStatus,
    DeliverableStatus,
    OutcomeRequestStatus,
    PaymentStatus,
    PaymentTrigger,
    ScopeStatus,
)


class OutcomeRequest(Entity, table=True):
    """A client's request for an outcome."""

    __tablename__ = "outcome_request"
    __table_args__ = (
        tenant_foreign_key("workspace"),
        tenant_foreign_key("commercial_subscription", "subscription_id"),
        one_of("status", OutcomeRequestStatus),
        all_or_none("budget_max", "currency"),
        check("budget_max", "budget_max > 0"),
        check("timeline_weeks", "timeline_weeks BETWEEN 1 AND 52"),
        index("organization_id", "status"),
    )

    workspace_id: str = text(index=True)
    subscription_id: str = text(index=True)
    title: str = text()
    description: str = text()
    desired_outcome: str = text()
    acceptance_criteria: list[str] = document()
    timeline_weeks: int | None = None
    budget_max: Decimal | None = money(optional=True)
    currency: str | None = text(optional=True)
    status: str = text()
    negotiation_reason: str | None = text(optional=True)
    submitted_by: str | None = person(optional=True)


class OutcomeRequestProject(Tenanted, table=True):
    """A project label of an outcome request."""

    __tablename__ = "outcome_request_project"
    __table_args__ = (tenant_foreign_key("outcome_request"), tenant_foreign_key("project"), index("project_id"))

    outcome_request_id: str = key()
    project_id: str = key()


class Scope(Entity, table=True):
    """The agreed or proposed work for a request: deliverables, timeline and fixed price.

    `open_count` is the number of deliverables that are not accepted yet; at 0 the scope is completed.
    """

    __tablename__ = "scope"
    __table_args__ = (
        tenant_foreign_key("outcome_request", "request_id"),
        tenant_foreign_key("workspace"),
        tenant_foreign_key("service_line"),
        tenant_foreign_key("capacity_pool"),
        one_of("status", ScopeStatus),
        check("timeline_weeks", "timeline_weeks > 0"),
        check("fixed_price", "fixed_price > 0"),
        check("committed_per_week", "committed_per_week > 0"),
        check("open_count", "open_count >= 0"),
        check("completed_at", "completed_at >= confirmed_at"),
        unique_where("scope_not_cancelled", "request_id", where="status <> 'CANCELLED'"),
        index("request_id"),
        index("organization_id", "status"),
    )

    request_id: str = text()
    workspace_id: str = text(index=True)
    service_line_id: str | None = text(optional=True, unique=True)
    title: str = text()
    status: str = text()
    decline_reason: str | None = text(optional=True)
    timeline_weeks: int
    fixed_price: Decimal = money()
    currency: str = text()
    payment_schedule: list[dict[str, Any]] = document()
    capacity_pool_id: str = text(index=True)
    committed_per_week: Decimal = quantity()
    valid_until: datetime | None = None
    confirmed_at: datetime | None = None
    accepted_by: str | None = person(optional=True)
    completed_at: datetime | None = None
    open_count: int = 0


class Cycle(Entity, table=True):
    """A delivery cycle or remediation cycle, from its first to its last planned day, inclusive."""

    __tablename__ = "cycle"
    __table_args__ = (
        tenant_foreign_key("scope"),
        tenant_foreign_key("cycle", "parent_id"),
        one_of("kind", CycleKind),
        one_of("status", CycleStatus),
        check("parent_id", "(kind = 'REMEDIATION') = (parent_id IS NOT NULL)"),
        check("sequence", "sequence >= 1"),
        check("planned_end", "planned_end >= planned_start"),
        check("completed_at", "completed_at >= started_at"),
        check("extra_cost", "extra_cost >= 0"),
        unique("scope_id", "sequence"),
        unique_where(
            "cycle_remediation_open",
            "parent_id",
            where="kind = 'REMEDIATION' AND status = 'PLANNED'",
        ),
        index("parent_id"),
        index("planned_start", where="status = 'PLANNED'"),
    )

    scope_id: str = text()
    sequence: int
    kind: str = text()
    parent_id: str | None = text(optional=True)
    name: str = text()
    status: str = text()
    planned_start: date
    planned_end: date
    started_at: datetime | None = None
    completed_at: datetime | None = None
    extra_cost: Decimal = money(default=Decimal(0))
    currency: str = text()


class Deliverable(Entity, table=True):
    """A deliverable of a scope, with its acceptance criteria and current cycle."""

    __tablename__ = "deliverable"
    __table_args__ = (
        tenant_foreign_key("scope"),
        tenant_foreign_key("cycle"),
        one_of("status", DeliverableStatus),
        check("attempt", "attempt >= 1"),
        index("scope_id", "status"),
        index("cycle_id"),
        index("organization_id", "status", "ready_at"),
        index("organization_id", "ready_at"),
        index("organization_id", "submitted_at"),
        index("organization_id", "created_at"),
    )

    scope_id: str = text()
    cycle_id: str = text()
    position: int
    title: str = text()
    description: str = text()
    acceptance_criteria: list[dict[str, Any]] = document()
    status: str = text()
    attempt: int = 1
    submitted_at: datetime | None = None
    ready_at: datetime | None = None
    accepted_at: datetime | None = None


class DeliverableCycle(Tenanted, table=True):
    """A current or former cycle of a deliverable."""

    __tablename__ = "deliverable_cycle"
    __table_args__ = (tenant_foreign_key("deliverable"), tenant_foreign_key("cycle"), index("cycle_id"))

    deliverable_id: str = key()
    cycle_id: str = key()


class DeliverableSubmission(Tenanted, table=True):
    """The team's submission of a deliverable, one per attempt."""

    __tablename__ = "deliverable_submission"
    __table_args__ = (tenant_foreign_key("deliverable"), check("attempt", "attempt >= 1"))

    deliverable_id: str = key()
    attempt: int = Field(primary_key=True)
    submitted_at: datetime
    submitted_by: str | None = person(optional=True)
    evidence: list[dict[str, Any]] = document()
    notes: str | None = text(optional=True)


class DeliverableReview(Tenanted, table=True):
    """The client's decision about an attempt; a rejection has a reason and unmet criteria."""

    __tablename__ = "deliverable_review"
    __table_args__ = (
        tenant_foreign_key("deliverable"),
        tenant_foreign_key("cycle", "remediation_cycle_id"),
        check("attempt", "attempt >= 1"),
        check("rejection_reason", "accepted = (rejection_reason IS NULL)"),
    )

    deliverable_id: str = key()
    attempt: int = Field(primary_key=True)
    accepted: bool
    reviewer_id: str | None = person(optional=True)
    notes: str | None = text(optional=True)
    rejection_reason: str | None = text(optional=True)
    unmet_criteria: list[dict[str, Any]] = document()
    evidence: list[dict[str, Any]] = document()
    reviewed_at: datetime
    remediation_cycle_id: str | None = text(optional=True, index=True)


class Payment(Entity, table=True):
    """An instalment of a scope's price and its trigger; the amount never changes."""

    __tablename__ = "payment"
    __table_args__ = (
        tenant_foreign_key("scope"),
        tenant_foreign_key("service_line"),
        one_of("trigger", PaymentTrigger),
        one_of("status", PaymentStatus),
        check("amount", "amount >= 0"),
        check("percent", "percent >= 0"),
        check("due_at", "status NOT IN ('DUE', 'PAID') OR due_at IS NOT NULL"),
        check("paid_at", "(status = 'PAID') = (paid_at IS NOT NULL)"),
        unique("scope_id", "milestone"),
        index("service_line_id"),
        index("organization_id", "status"),
        index("organization_id", "due_at"),
        index("organization_id", "paid_at"),
        index("due_at", where="status = 'DUE' AND overdue_notified_at IS NULL"),
    )

    scope_id: str = text()
    service_line_id: str | None = text(optional=True)
    milestone: str = text()
    trigger: str = text()
    percent: Decimal = percent()
    amount: Decimal = money()
    currency: str = text()
    status: str = text()
    description: str = text()
    due_at: datetime | None = None
    paid_at: datetime | None = None
    reference: str | None = text(optional=True)
    overdue_notified_at: datetime | None = None
