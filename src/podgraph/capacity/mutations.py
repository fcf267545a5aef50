"""Mutations of capacity pools and allocations."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from podgraph.capacity import lifecycle
from podgraph.capacity.lifecycle import PoolPeriod, ResourceType
from podgraph.capacity.service import actuals, allocations, changes, pools
from podgraph.capacity.types import Allocation, CapacityPool
from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import input_field
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode

AMOUNT = inputs.Number(most=99_999_999_999, places=4)
"""A quantity of capacity of 0 or more."""
PEOPLE = inputs.ListOf(100)


@strawberry.type(description="Result of a capacity pool mutation.")
class CapacityPoolPayload(Payload):
    capacity_pool: CapacityPool | None = one(
        "capacity_pool_id", "The pool after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.type(description="Result of an allocation mutation.")
class AllocationPayload(Payload):
    allocation: Allocation | None = one(
        "allocation_id", "The allocation after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.input(description="Person who works hours of an allocation.")
class AllocationResourceInput:
    talent_id: strawberry.ID = input_field("Talent id, e.g. SCR-128491.", inputs.ID)
    role: str = input_field("Role of the person, e.g. senior_backend_engineer.", inputs.TITLE)
    committed_hours_per_week: Decimal = input_field(
        "Committed hours per week, e.g. 32.", inputs.Number(most=168, places=4, above=True)
    )


@strawberry.input(description="Input for `createCapacityPool`.")
class CreateCapacityPoolInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)
    workspace_id: strawberry.ID | None = input_field(
        "Id of the workspace that the pool is reserved for; if omitted, the pool serves the whole organization.",
        inputs.ID,
        default=None,
    )
    resource_type: ResourceType = input_field("Resource type of the pool.")
    period: PoolPeriod = input_field("Period that the quantities refer to.", default=PoolPeriod.WEEKLY)
    total: Decimal = input_field("Total capacity in the pool's unit per period, e.g. 200.", inputs.QUANTITY)


@strawberry.input(description="Input for `updateCapacityPool`.")
class UpdateCapacityPoolInput(Input):
    capacity_pool_id: strawberry.ID = input_field("Capacity pool id, e.g. CAP-26-000112.", inputs.ID)
    total: Decimal = input_field(
        "Total capacity in the pool's unit per period, at least the allocated quantity, e.g. 240.", AMOUNT
    )


@strawberry.input(description="Input for `createAllocation`.")
class CreateAllocationInput(Input):
    service_line_id: strawberry.ID = input_field("Service line id, e.g. LIN-26-088401.", inputs.ID)
    capacity_pool_id: strawberry.ID = input_field(
        "Id of a pool of the line's workspace or an organization-wide pool, e.g. CAP-26-000112.", inputs.ID
    )
    committed_per_week: Decimal | None = input_field(
        "Committed quantity per week, e.g. 40. Provide either this or `committedPerPeriod`.",
        inputs.QUANTITY,
        default=None,
    )
    committed_per_period: Decimal | None = input_field(
        "Committed quantity per period of the pool.", inputs.QUANTITY, default=None
    )
    resources: list[AllocationResourceInput] = input_field(
        "People who work the hours. Only for pools of TALENT_HOURS.", PEOPLE, default_factory=list
    )
    starts_at: datetime | None = input_field("Planned start, not in the past. Defaults to now.", default=None)
    ends_at: datetime | None = input_field("Planned end, after `startsAt`; open-ended if omitted.", default=None)


@strawberry.input(description="Input for `updateAllocation`. Omitted values stay unchanged.")
class UpdateAllocationInput(Input):
    allocation_id: strawberry.ID = input_field("Allocation id, e.g. ALLOC-26-000441.", inputs.ID)
    committed_per_week: Decimal | None = input_field(
        "New committed quantity per week, e.g. 32. Provide at most one of this and `committedPerPeriod`.",
        inputs.QUANTITY,
        default=None,
    )
    committed_per_period: Decimal | None = input_field(
        "New committed quantity per period of the pool.", inputs.QUANTITY, default=None
    )
    ends_at: strawberry.Maybe[datetime | None] = input_field(
        "New planned end, which takes effect at once; null for an open end."
    )
    resources: list[AllocationResourceInput] | None = input_field(
        "People who replace all current ones.", PEOPLE, default=None
    )
    reason: str = input_field("Reason, e.g. reduced scope for the final project phase.", inputs.REASON)
    effective_immediately: bool = input_field(
        "Whether the commitment and the people change now instead of at the start of the next month.", default=False
    )


@strawberry.input(description="Input for `cancelAllocationChange`.")
class CancelAllocationChangeInput(Input):
    change_id: strawberry.ID = input_field("Id of a change in the allocation's `pendingChanges`.", inputs.ID)


@strawberry.input(description="Input for `closeAllocation`.")
class CloseAllocationInput(Input):
    allocation_id: strawberry.ID = input_field("Allocation id, e.g. ALLOC-26-000441.", inputs.ID)
    reason: str = input_field("Reason, e.g. consistent under-utilisation.", inputs.REASON)


@strawberry.input(description="Input for `recordAllocationActual`.")
class RecordAllocationActualInput(Input):
    allocation_id: strawberry.ID = input_field("Allocation id, e.g. ALLOC-26-000441.", inputs.ID)
    week_start: date = input_field("Monday of a week that has ended, e.g. 2026-05-04.")
    actual: Decimal = input_field("Delivered quantity in the pool's unit, e.g. 38.5.", AMOUNT)


@strawberry.type
class CapacityMutation:
    create_capacity_pool: CapacityPoolPayload = mutation(
        pools.create_capacity_pool,
        CreateCapacityPoolInput,
        CapacityPoolPayload,
        lifecycle.CREATE_CAPACITY_POOL,
        "Create a capacity pool for a workspace or a whole organization.",
        codes=(ErrorCode.CROSS_TENANT_REFERENCE, ErrorCode.INVALID_TRANSITION),
        events=("capacity_pool.created",),
    )
    update_capacity_pool: CapacityPoolPayload = mutation(
        pools.update_capacity_pool,
        UpdateCapacityPoolInput,
        CapacityPoolPayload,
        lifecycle.UPDATE_CAPACITY_POOL,
        "Change the total of a capacity pool. The total cannot fall below the allocated quantity.",
        shows="capacity_pool_id",
        codes=(ErrorCode.INVALID_TRANSITION, ErrorCode.POOL_SHORTFALL),
        events=("capacity_pool.updated", "capacity.gap_detected"),
    )
    create_allocation: AllocationPayload = mutation(
        allocations.create_allocation,
        CreateAllocationInput,
        AllocationPayload,
        lifecycle.CREATE_ALLOCATION,
        "Allocate additional capacity to an active service line.",
        codes=(
            ErrorCode.REQUIRED,
            ErrorCode.INVALID_TRANSITION,
            ErrorCode.INSUFFICIENT_CAPACITY,
            ErrorCode.CROSS_TENANT_REFERENCE,
        ),
        events=("allocation.created", "allocation.paused"),
    )
    update_allocation: AllocationPayload = mutation(
        changes.update_allocation,
        UpdateAllocationInput,
        AllocationPayload,
        lifecycle.UPDATE_ALLOCATION,
        "Change the commitment, the people or the planned end of an allocation. The commitment and the people"
        " change at the start of the next month, or now with `effectiveImmediately`. An allocation has at most one"
        " scheduled change: a new one replaces it and keeps the values that it omits. An increase is reserved in"
        " the pool at once; a decrease releases capacity when it takes effect.",
        shows="allocation_id",
        codes=(ErrorCode.REQUIRED, ErrorCode.INSUFFICIENT_CAPACITY, ErrorCode.CROSS_TENANT_REFERENCE),
        events=("allocation.updated", "capacity.utilisation_warning"),
    )
    cancel_allocation_change: AllocationPayload = mutation(
        changes.cancel_allocation_change,
        CancelAllocationChangeInput,
        AllocationPayload,
        lifecycle.CANCEL_ALLOCATION_CHANGE,
        "Cancel a scheduled change and release the capacity reserved for it.",
        events=("allocation.change_cancelled",),
    )
    close_allocation: AllocationPayload = mutation(
        allocations.close_allocation,
        CloseAllocationInput,
        AllocationPayload,
        lifecycle.CLOSE_ALLOCATION,
        "Close an allocation now and return its capacity to the pool. The service line continues.",
        shows="allocation_id",
        events=("allocation.closed",),
    )
    record_allocation_actual: AllocationPayload = mutation(
        actuals.record_allocation_actual,
        RecordAllocationActualInput,
        AllocationPayload,
        lifecycle.RECORD_ALLOCATION_ACTUAL,
        "Record or correct the quantity delivered in a week that has ended. A warning event is emitted after three"
        " consecutive weeks with a utilisation below 70 %, or of 100 % or more.",
        shows="allocation_id",
        events=("allocation.actual_recorded", "capacity.utilisation_warning"),
    )
