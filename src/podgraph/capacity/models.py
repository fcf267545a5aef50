"""Tables of capacity: pools, allocations and requests."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Field

from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.database.columns import (
    all_or_none,
    check,
    document,
    index,
    key,
    one_of,
    percent,
    person,
    quantity,
    tenant_foreign_key,
    text,
    unique_where,
)
from podgraph.database.model import Entity, Record, Tenanted


class CapacityPool(Entity, table=True):
    """Capacity of one resource type for a workspace or a whole organization.

    Quantities are in `unit` per `period`. The available quantity is derived: total minus allocated.
    """

    __tablename__ = "capacity_pool"
    __table_args__ = (
        tenant_foreign_key("workspace"),
        one_of("resource_type", ResourceType),
        one_of("period", PoolPeriod),
        check("allocated", "0 <= allocated AND allocated <= total"),
        index("organization_id", "resource_type"),
    )

    workspace_id: str | None = text(optional=True, index=True)
    resource_type: str = text()
    total: Decimal = quantity()
    allocated: Decimal = quantity(default=Decimal(0))
    unit: str = text()
    period: str = text()


class Allocation(Entity, table=True):
    """Capacity from a pool that is committed to a service line.

    `charge` is the quantity charged to the pool per period: the larger of the current and the scheduled
    commitment. The origin of a line's first allocation is its activation, that of others `extra`.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        tenant_foreign_key("workspace"),
        tenant_foreign_key("capacity_pool"),
        tenant_foreign_key("service_line"),
        one_of("resource_type", ResourceType),
        one_of("status", AllocationStatus),
        one_of("origin", ("activation", "extra")),
        check("committed", "committed_per_period >= 0 AND committed_per_week >= 0"),
        check("charge", "charge >= 0"),
        check("charge_while_open", "status = 'CLOSED' OR (charge > 0 AND charge >= committed_per_period)"),
        check("actual_last_week", "actual_last_week >= 0"),
        check("ended_at", "ended_at >= started_at"),
        unique_where("allocation_activation", "service_line_id", where="origin = 'activation'"),
        index("workspace_id", "status"),
        index("capacity_pool_id", "status"),
        index("service_line_id", "status"),
        index("organization_id", "status"),
        index("organization_id", "resource_type"),
        index("organization_id", "utilisation_percent"),
        index("organization_id", "committed_per_week"),
        index("organization_id", "ends_at"),
        index("ends_at", where="status <> 'CLOSED'"),
        index("organization_id", "created_at"),
    )

    workspace_id: str = text()
    capacity_pool_id: str = text()
    service_line_id: str = text()
    resource_type: str = text()
    committed_per_period: Decimal = quantity()
    committed_per_week: Decimal = quantity()
    charge: Decimal = quantity()
    actual_last_week: Decimal | None = quantity(optional=True)
    utilisation_percent: Decimal | None = percent(optional=True)
    status: str = text()
    origin: str = text()
    starts_at: datetime
    started_at: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None


class AllocationResource(Tenanted, table=True):
    """Person who works hours of an allocation, until replaced."""

    __tablename__ = "allocation_resource"
    __table_args__ = (
        tenant_foreign_key("allocation"),
        tenant_foreign_key("talent"),
        one_of("type", ("talent",)),
        check("committed_hours_per_week", "committed_hours_per_week >= 0"),
        index("talent_id"),
    )

    allocation_id: str = key()
    position: int = Field(primary_key=True)
    type: str = text()
    talent_id: str = text()
    role: str = text()
    committed_hours_per_week: Decimal = quantity()
    replaced_at: datetime | None = None


class AllocationActual(Tenanted, table=True):
    """Delivered quantity of an allocation in one week that starts on a Monday, in the pool's unit."""

    __tablename__ = "allocation_actual"
    __table_args__ = (
        tenant_foreign_key("allocation"),
        check("actual", "actual >= 0"),
        check("committed", "committed >= 0"),
    )

    allocation_id: str = key()
    week_start: date = Field(primary_key=True)
    actual: Decimal = quantity()
    committed: Decimal = quantity()
    utilisation_percent: Decimal | None = percent(optional=True)
    version: int = 1


class AllocationChange(Record, table=True):
    """Change of an allocation that takes effect at `effective_at`, unless it is cancelled first.

    An allocation has at most one pending change. `previous_per_week` is the commitment before the change, for
    actuals that are recorded later. `ends_at` takes effect at once, even if the change is cancelled.
    """

    __tablename__ = "allocation_change"
    __table_args__ = (
        tenant_foreign_key("allocation"),
        all_or_none("committed_per_period", "committed_per_week"),
        check("committed", "committed_per_period > 0 AND committed_per_week > 0"),
        check("settled_once", "applied_at IS NULL OR cancelled_at IS NULL"),
        unique_where(
            "allocation_change_to_come",
            "allocation_id",
            where="applied_at IS NULL AND cancelled_at IS NULL",
        ),
        index("allocation_id", "effective_at"),
        index("effective_at", where="applied_at IS NULL AND cancelled_at IS NULL"),
    )

    allocation_id: str = text()
    committed_per_period: Decimal | None = quantity(optional=True)
    committed_per_week: Decimal | None = quantity(optional=True)
    previous_per_week: Decimal | None = quantity(optional=True)
    ends_at: datetime | None = None
    resources: list[dict[str, Any]] | None = document(optional=True)
    reason: str = text()
    effective_at: datetime
    requested_by: str | None = person(optional=True)
    applied_at: datetime | None = None
    cancelled_at: datetime | None = None


class CapacityRequest(Record, table=True):
    """Demand of a pod, scope or outcome request, in the resource's unit per week."""

    __tablename__ = "capacity_request"
    __table_args__ = (
        tenant_foreign_key("workspace"),
        one_of("source_type", ("POD", "SCOPE", "OUTCOME_REQUEST")),
        one_of("resource_type", ResourceType),
        one_of("confidence", ("requested", "proposed", "expected")),
        check("quantity", "quantity >= 0"),
        unique_where("capacity_request_open", "source_type", "source_id", where="closed_at IS NULL"),
        index("workspace_id", "resource_type", "needed_from"),
    )

    source_type: str = text()
    source_id: str = text()
    workspace_id: str = text()
    resource_type: str = text()
    quantity: Decimal = quantity()
    confidence: str = text()
    needed_from: date
    closed_at: datetime | None = None
