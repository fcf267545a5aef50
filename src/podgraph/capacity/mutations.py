"""The mutations of capacity pools and allocations."""

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
"""A quantity of capacity that may be nothing."""
PEOPLE = inputs.ListOf(100)


@strawberry.type(description="What became of a pool.")
class CapacityPoolPayload(Payload):
    capacity_pool: CapacityPool | None = one(
        "capacity_pool_id", "The pool as it is now; as it was when it was refused."
    )


@strawberry.type(description="What became of an allocation.")
class AllocationPayload(Payload):
    allocation: Allocation | None = one("allocation_id", "The allocation as it is now; as it was when it was refused.")


@strawberry.input(description="Somebody who works hours of an allocation.")
class AllocationResourceInput:
    talent_id: strawberry.ID = input_field("The person: SCR-128491.", inputs.ID)
    role: str = input_field("What the person does here: senior_backend_engineer.", inputs.TITLE)
    committed_hours_per_week: Decimal = input_field(
        "Hours per week that the person is promised for: 32.", inputs.Number(most=168, places=4, above=True)
    )


@strawberry.input(description="What the new pool holds, and for whom.")
class CreateCapacityPoolInput(Input):
    organization_id: strawberry.ID = input_field("The organization: ORG-26-090500.", inputs.ID)
    workspace_id: strawberry.ID | None = input_field(
        "The workspace that it is for; left out, it is for the whole organization.", inputs.ID, default=None
    )
    resource_type: ResourceType = input_field("What it holds.")
    period: PoolPeriod = input_field("The time that its quantities are for.", default=PoolPeriod.WEEKLY)
    total: Decimal = input_field("What it holds in all, in its unit per period: 200.", inputs.QUANTITY)


@strawberry.input(description="How much a pool is to hold.")
class UpdateCapacityPoolInput(Input):
    capacity_pool_id: strawberry.ID = input_field("The pool: CAP-26-000112.", inputs.ID)
    total: Decimal = input_field(
        "What it holds in all, in its unit per period, and no less than is allocated: 240.", AMOUNT
    )


@strawberry.input(description="What a service line is to hold beside what came with its activation.")
class CreateAllocationInput(Input):
    service_line_id: strawberry.ID = input_field("The service line: LIN-26-088401.", inputs.ID)
    capacity_pool_id: strawberry.ID = input_field(
        "The pool, of the line's workspace or of its whole organization: CAP-26-000112.", inputs.ID
    )
    committed_per_week: Decimal | None = input_field(
        "What is agreed, per week: 40. Either this or per period of the pool.", inputs.QUANTITY, default=None
    )
    committed_per_period: Decimal | None = input_field(
        "What is agreed, per period of the pool.", inputs.QUANTITY, default=None
    )
    resources: list[AllocationResourceInput] = input_field(
        "Who works the hours, where it is hours.", PEOPLE, default_factory=list
    )
    starts_at: datetime | None = input_field("When it is planned to start; left out, now.", default=None)
    ends_at: datetime | None = input_field("When it is planned to end; left out, the end is open.", default=None)


@strawberry.input(description="What is to change of an allocation, and why.")
class UpdateAllocationInput(Input):
    allocation_id: strawberry.ID = input_field("The allocation: ALLOC-26-000441.", inputs.ID)
    committed_per_week: Decimal | None = input_field(
        "What is agreed, per week: 32. Either this or per period of the pool; left out, it stays.",
        inputs.QUANTITY,
        default=None,
    )
    committed_per_period: Decimal | None = input_field(
        "What is agreed, per period of the pool; left out, it stays.", inputs.QUANTITY, default=None
    )
    ends_at: strawberry.Maybe[datetime | None] = input_field(
        "When it is planned to end, which holds at once; null for an open end; left out, it stays."
    )
    resources: list[AllocationResourceInput] | None = input_field(
        "Who works the hours, in place of all who do now; left out, they stay.", PEOPLE, default=None
    )
    reason: str = input_field("Why: reduced scope for the final project phase.", inputs.REASON)
    effective_immediately: bool = input_field(
        "Whether what is agreed and who works changes now, not with the next month.", default=False
    )


@strawberry.input(description="Which scheduled change not to make.")
class CancelAllocationChangeInput(Input):
    change_id: strawberry.ID = input_field("The change, of the allocation's `pendingChanges`.", inputs.ID)


@strawberry.input(description="Which allocation to end, and why.")
class CloseAllocationInput(Input):
    allocation_id: strawberry.ID = input_field("The allocation: ALLOC-26-000441.", inputs.ID)
    reason: str = input_field("Why: consistent under-utilisation.", inputs.REASON)


@strawberry.input(description="What was delivered of an allocation in a week.")
class RecordAllocationActualInput(Input):
    allocation_id: strawberry.ID = input_field("The allocation: ALLOC-26-000441.", inputs.ID)
    week_start: date = input_field("The Monday that the week starts on; the week has ended: 2026-05-04.")
    actual: Decimal = input_field("What was delivered in the week, in the pool's unit: 38.5.", AMOUNT)


@strawberry.type
class CapacityMutation:
    create_capacity_pool: CapacityPoolPayload = mutation(
        pools.create_capacity_pool,
        CreateCapacityPoolInput,
        CapacityPoolPayload,
        lifecycle.CREATE_CAPACITY_POOL,
        "Open a pool of capacity for a workspace, or for a whole organization.",
        codes=(ErrorCode.CROSS_TENANT_REFERENCE,),
        events=("capacity_pool.created",),
    )
    update_capacity_pool: CapacityPoolPayload = mutation(
        pools.update_capacity_pool,
        UpdateCapacityPoolInput,
        CapacityPoolPayload,
        lifecycle.UPDATE_CAPACITY_POOL,
        "Enlarge a pool, or reduce it to no less than what is allocated from it.",
        shows="capacity_pool_id",
        codes=(ErrorCode.POOL_SHORTFALL,),
        events=("capacity_pool.updated", "capacity.gap_detected"),
    )
    create_allocation: AllocationPayload = mutation(
        allocations.create_allocation,
        CreateAllocationInput,
        AllocationPayload,
        lifecycle.CREATE_ALLOCATION,
        "Let a service line that runs hold capacity beside what came with its activation.",
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
        "Change what an allocation commits, who works for it, or its end. What is agreed and who works"
        " changes with the next month, or now. One such change is to come at a time: a later one takes its"
        " place, and keeps what it does not speak of. An increase is reserved in the pool at once, a decrease"
        " frees when it takes effect. The service line stays the same.",
        shows="allocation_id",
        codes=(ErrorCode.REQUIRED, ErrorCode.INSUFFICIENT_CAPACITY, ErrorCode.CROSS_TENANT_REFERENCE),
        events=("allocation.updated", "capacity.utilisation_warning"),
    )
    cancel_allocation_change: AllocationPayload = mutation(
        changes.cancel_allocation_change,
        CancelAllocationChangeInput,
        AllocationPayload,
        lifecycle.CANCEL_ALLOCATION_CHANGE,
        "Take back a change that is scheduled, and free what is reserved for it.",
        events=("allocation.change_cancelled",),
    )
    close_allocation: AllocationPayload = mutation(
        allocations.close_allocation,
        CloseAllocationInput,
        AllocationPayload,
        lifecycle.CLOSE_ALLOCATION,
        "End an allocation now; its capacity is back in the pool, and its service line goes on.",
        shows="allocation_id",
        events=("allocation.closed",),
    )
    record_allocation_actual: AllocationPayload = mutation(
        actuals.record_allocation_actual,
        RecordAllocationActualInput,
        AllocationPayload,
        lifecycle.RECORD_ALLOCATION_ACTUAL,
        "Note what was delivered in a week that has ended, or put it right. Three weeks in a row below 70 %,"
        " or at 100 % and more, give one warning.",
        shows="allocation_id",
        events=("allocation.actual_recorded", "capacity.utilisation_warning"),
    )
