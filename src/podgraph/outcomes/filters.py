"""GraphQL filters, orders, groups and aggregates of outcomes."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from podgraph.graphql.aggregates import count, lowest, total
from podgraph.graphql.descriptions import field, register_enums
from podgraph.graphql.filters import (
    AND,
    NOT,
    OR,
    DateTimeFilter,
    Filter,
    IdFilter,
    StringFilter,
    by,
    flag,
    labelled,
    related,
)
from podgraph.graphql.relationships import Groups, edge, one
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period
from podgraph.outcomes.lifecycle import (
    CycleKind,
    CycleStatus,
    DeliverableStatus,
    OutcomeRequestStatus,
    PaymentStatus,
    PaymentTrigger,
    ScopeStatus,
)
from podgraph.service_lines.types import ServiceLine

if TYPE_CHECKING:
    from podgraph.outcomes.types import Scope

TYPES = strawberry.lazy("podgraph.outcomes.types")


register_enums(
    OutcomeRequestStatus,
    ScopeStatus,
    CycleStatus,
    CycleKind,
    DeliverableStatus,
    PaymentStatus,
    PaymentTrigger,
)


class DeliverableOrderField(DescribedEnum):
    """Fields by which deliverables can be ordered."""

    READY_AT = "ready_at", "Time at which the deliverable became ready for acceptance."
    SUBMITTED_AT = "submitted_at", "Time of the latest submission."
    CREATED_AT = "created_at", "Time of the proposal."


class DeliverableGroupBy(DescribedEnum):
    """Fields by which deliverables can be grouped."""

    STATUS = "status", "Status."
    SCOPE = "scope_id", "Scope."


class PaymentGroupBy(DescribedEnum):
    """Fields by which payments can be grouped."""

    STATUS = "status", "Status."
    MONTH = "month", "Month of the due date, in UTC."
    SERVICE_LINE = "service_line_id", "Service line."


register_enums(DeliverableOrderField, DeliverableGroupBy, PaymentGroupBy)


@strawberry.input(description="Filter for outcome requests.")
class OutcomeRequestFilter:
    and_: list["OutcomeRequestFilter"] | None = by(AND, name="and")
    or_: list["OutcomeRequestFilter"] | None = by(OR, name="or")
    not_: "OutcomeRequestFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("Requesting organization.")
    workspace_id: IdFilter | None = by("Workspace.")
    status: Filter[OutcomeRequestStatus] | None = by("Current status.")
    project_tag: StringFilter | None = by(
        "Id of a project label, e.g. PROJ-26-004281.",
        labelled("outcome_request_project", "outcome_request_id", "project_id"),
    )


@strawberry.input(description="Filter for scopes.")
class ScopeFilter:
    and_: list["ScopeFilter"] | None = by(AND, name="and")
    or_: list["ScopeFilter"] | None = by(OR, name="or")
    not_: "ScopeFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("Organization.")
    workspace_id: IdFilter | None = by("Workspace.")
    status: Filter[ScopeStatus] | None = by("Current status.")


@strawberry.input(description="Filter for cycles.")
class CycleFilter:
    status: Filter[CycleStatus] | None = by("Current status.")
    kind: Filter[CycleKind] | None = by("Purpose of the cycle.")


@strawberry.input(description="Filter for deliverables.")
class DeliverableFilter:
    and_: list["DeliverableFilter"] | None = by(AND, name="and")
    or_: list["DeliverableFilter"] | None = by(OR, name="or")
    not_: "DeliverableFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("Organization.")
    workspace_id: IdFilter | None = by("Workspace.", related("scope", "scope_id", column="workspace_id"))
    scope_id: IdFilter | None = by("Scope of the deliverable.")
    cycle_id: IdFilter | None = by("Current cycle.")
    status: Filter[DeliverableStatus] | None = by("Current status.")
    ready_at: DateTimeFilter | None = by("Time at which the deliverable became ready for acceptance.")


@strawberry.input(description="Filter for payments.")
class PaymentFilter:
    and_: list["PaymentFilter"] | None = by(AND, name="and")
    or_: list["PaymentFilter"] | None = by(OR, name="or")
    not_: "PaymentFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("Organization.")
    scope_id: IdFilter | None = by("Scope of the payment.")
    service_line_id: IdFilter | None = by("Service line.")
    status: Filter[PaymentStatus] | None = by("Current status.")
    due_at: DateTimeFilter | None = by("Due date.")
    overdue: bool | None = by("Whether the payment is due and past its due date.", flag("overdue"))


@strawberry.type(description="A group of deliverables.")
class DeliverableGroup:
    status: DeliverableStatus | None = field("Status; null unless grouped by STATUS.")
    scope: Annotated["Scope", TYPES] | None = one("scope_id", "Scope; null unless grouped by SCOPE.")
    count: int = count("Count.")


@strawberry.type(description="Aggregates of all matching deliverables, independent of the page.")
class DeliverableAggregate:
    count: int = count("Count.")
    oldest_ready_at: datetime | None = lowest("ready_at", "Earliest `readyAt`.")
    groups: list[DeliverableGroup] = edge(Groups(DeliverableGroupBy), "Aggregates by group.")


@strawberry.type(description="A group of payments.")
class PaymentGroup:
    status: PaymentStatus | None = field("Status; null unless grouped by STATUS.")
    month: Period | None = field("Month of the due date, e.g. 2026-04; null unless grouped by MONTH.")
    service_line: ServiceLine | None = one("service_line_id", "Service line; null unless grouped by SERVICE_LINE.")
    count: int = count("Count.")
    sum_amount: Money | None = total("amount", "Total amount.", currency="currency")


@strawberry.type(description="Aggregates of all matching payments, independent of the page.")
class PaymentAggregate:
    count: int = count("Count.")
    sum_amount: Money | None = total("amount", "Total amount.", currency="currency")
    groups: list[PaymentGroup] = edge(Groups(PaymentGroupBy), "Aggregates by group.")
