"""Outcomes on demand: requests, scopes, cycles, deliverables and payments."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Field

from podgraph.database.columns import (
    belongs_to,
    document,
    holds,
    key,
    money,
    one_of,
    only_one,
    percent,
    person,
    quantity,
    sought_by,
    text,
    together,
    unique,
)
from podgraph.database.model import Entity, Tenanted
from podgraph.ods.lifecycle import (
    CycleKind,
    CycleStatus,
    DeliverableStatus,
    OutcomeRequestStatus,
    PaymentStatus,
    PaymentTrigger,
    ScopeStatus,
)


class OutcomeRequest(Entity, table=True):
    """An outcome that a client asks for, before it is scoped and priced."""

    __tablename__ = "outcome_request"
    __table_args__ = (
        belongs_to("workspace"),
        belongs_to("commercial_subscription", "subscription_id"),
        one_of("status", OutcomeRequestStatus),
        together("budget_max", "currency"),
        holds("budget_max", "budget_max > 0"),
        holds("timeline_weeks", "timeline_weeks BETWEEN 1 AND 52"),
        sought_by("organization_id", "status"),
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
    """A project that an outcome request is labelled with."""

    __tablename__ = "outcome_request_project"
    __table_args__ = (belongs_to("outcome_request"), belongs_to("project"), sought_by("project_id"))

    outcome_request_id: str = key()
    project_id: str = key()


class Scope(Entity, table=True):
    """A proposal for a request: what is delivered, until when, at which fixed price.

    `open_count` is the number of deliverables that are not accepted yet: who takes it to 0 ends
    the scope.
    """

    __tablename__ = "scope"
    __table_args__ = (
        belongs_to("outcome_request", "request_id"),
        belongs_to("workspace"),
        belongs_to("service_line"),
        belongs_to("capacity_pool"),
        one_of("status", ScopeStatus),
        holds("timeline_weeks", "timeline_weeks > 0"),
        holds("fixed_price", "fixed_price > 0"),
        holds("committed_per_week", "committed_per_week > 0"),
        holds("open_count", "open_count >= 0"),
        holds("completed_at", "completed_at >= confirmed_at"),
        only_one("scope_not_cancelled", "request_id", where="status <> 'CANCELLED'"),
        sought_by("request_id"),
        sought_by("organization_id", "status"),
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
    """A stretch of delivery, or the remediation of one, planned from one day to another, both included."""

    __tablename__ = "cycle"
    __table_args__ = (
        belongs_to("scope"),
        belongs_to("cycle", "parent_id"),
        one_of("kind", CycleKind),
        one_of("status", CycleStatus),
        holds("parent_id", "(kind = 'REMEDIATION') = (parent_id IS NOT NULL)"),
        holds("sequence", "sequence >= 1"),
        holds("planned_end", "planned_end >= planned_start"),
        holds("completed_at", "completed_at >= started_at"),
        holds("extra_cost", "extra_cost >= 0"),
        unique("scope_id", "sequence"),
        only_one(
            "cycle_remediation_open",
            "parent_id",
            where="kind = 'REMEDIATION' AND status = 'PLANNED'",
        ),
        sought_by("parent_id"),
        sought_by("planned_start", where="status = 'PLANNED'"),
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
    """A thing that a scope delivers, with its criteria, in the cycle that it is in now."""

    __tablename__ = "deliverable"
    __table_args__ = (
        belongs_to("scope"),
        belongs_to("cycle"),
        one_of("status", DeliverableStatus),
        holds("attempt", "attempt >= 1"),
        sought_by("scope_id", "status"),
        sought_by("cycle_id"),
        sought_by("organization_id", "status", "ready_at"),
        sought_by("organization_id", "ready_at"),
        sought_by("organization_id", "submitted_at"),
        sought_by("organization_id", "created_at"),
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
    """A cycle that a deliverable is or was in."""

    __tablename__ = "deliverable_cycle"
    __table_args__ = (belongs_to("deliverable"), belongs_to("cycle"), sought_by("cycle_id"))

    deliverable_id: str = key()
    cycle_id: str = key()


class DeliverableSubmission(Tenanted, table=True):
    """What the team handed in at one attempt."""

    __tablename__ = "deliverable_submission"
    __table_args__ = (belongs_to("deliverable"), holds("attempt", "attempt >= 1"))

    deliverable_id: str = key()
    attempt: int = Field(primary_key=True)
    submitted_at: datetime
    submitted_by: str | None = person(optional=True)
    evidence: list[dict[str, Any]] = document()
    notes: str | None = text(optional=True)


class DeliverableReview(Tenanted, table=True):
    """What the client decided about one attempt; a rejection has its reason and the unmet criteria."""

    __tablename__ = "deliverable_review"
    __table_args__ = (
        belongs_to("deliverable"),
        belongs_to("cycle", "remediation_cycle_id"),
        holds("attempt", "attempt >= 1"),
        holds("rejection_reason", "accepted = (rejection_reason IS NULL)"),
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
    """A part of a scope's price, and what releases it; the amount never changes."""

    __tablename__ = "payment"
    __table_args__ = (
        belongs_to("scope"),
        belongs_to("service_line"),
        one_of("trigger", PaymentTrigger),
        one_of("status", PaymentStatus),
        holds("amount", "amount >= 0"),
        holds("percent", "percent >= 0"),
        holds("due_at", "status NOT IN ('DUE', 'PAID') OR due_at IS NOT NULL"),
        holds("paid_at", "(status = 'PAID') = (paid_at IS NOT NULL)"),
        unique("scope_id", "milestone"),
        sought_by("service_line_id"),
        sought_by("organization_id", "status"),
        sought_by("organization_id", "due_at"),
        sought_by("organization_id", "paid_at"),
        sought_by("due_at", where="status = 'DUE' AND overdue_notified_at IS NULL"),
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
