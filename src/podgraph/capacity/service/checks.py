"""Checks shared by the capacity services."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from podgraph.capacity import rules
from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.capacity.repository import ALLOCATIONS, POOLS
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.transitions import Transition
from podgraph.records import AllocationRecord, CapacityPoolRecord, ServiceLineRecord
from podgraph.service_lines.lifecycle import ServiceLineStatus
from podgraph.writes.checks import ensure_future
from podgraph.writes.transaction import WriteTransaction


async def claim_allocation(write: WriteTransaction, allocation_id: str, transition: Transition) -> tuple[Any, Any]:
    """Lock an allocation and its pool for a transition; the pool is locked first."""
    found = await write.get(ALLOCATIONS, allocation_id, "allocationId")
    write.authorize(transition)
    pool = await write.get_for_update(POOLS, found.capacity_pool_id)
    return pool, await write.lock_for(ALLOCATIONS, allocation_id, transition, "allocationId")


async def lock_allocation(write: WriteTransaction, allocation_id: str) -> tuple[Any, Any]:
    """Lock an allocation and its pool, in the lock order."""
    found = await write.get(ALLOCATIONS, allocation_id)
    pool = await write.get_for_update(POOLS, found.capacity_pool_id)
    return pool, await write.get_for_update(ALLOCATIONS, allocation_id)


def agreed_commitment(pool: CapacityPoolRecord, **quantity: Decimal | None) -> rules.Commitment:
    return rules.commitment(ResourceType[pool.resource_type], PoolPeriod[pool.period], **quantity)


def parse_commitment(
    pool: CapacityPoolRecord, weekly: Decimal | None, periodic: Decimal | None
) -> rules.Commitment | None:
    """The commitment from an input per week or per period; None if the input has neither."""
    if weekly is not None and periodic is not None:
        raise rejected(
            ErrorCode.INVALID, "Provide committedPerWeek or committedPerPeriod, not both.", "committedPerPeriod"
        )
    if weekly is None and periodic is None:
        return None
    committed = agreed_commitment(pool, weekly=weekly, periodic=periodic)
    if not (committed.per_period and committed.per_week):
        path = "committedPerWeek" if periodic is None else "committedPerPeriod"
        raise rejected(ErrorCode.INVALID, f"{path} rounds to zero {pool.unit}.", path)
    return committed


def is_open(allocation: AllocationRecord) -> bool:
    return bool(allocation.status != AllocationStatus.CLOSED)


def check_reach(line: ServiceLineRecord, pool: CapacityPoolRecord) -> None:
    """Reject a pool of another workspace, or a line that is not running."""
    if pool.workspace_id not in (None, line.workspace_id):
        raise rejected(
            ErrorCode.INVALID,
            f"{pool.id} is reserved for {pool.workspace_id}; choose a pool of {line.workspace_id}.",
            "capacityPoolId",
        )
    if line.status not in (ServiceLineStatus.ACTIVE, ServiceLineStatus.PAUSED):
        raise rejected(
            ErrorCode.INVALID_TRANSITION,
            f"{line.id} is {line.status}; capacity can be allocated to lines that are ACTIVE or PAUSED.",
            "serviceLineId",
        )


def check_end(write: WriteTransaction, ends_at: datetime | None, starts_at: datetime) -> None:
    ensure_future(write, ends_at, "endsAt", hint="To end the allocation now, call `closeAllocation`.")
    if ends_at is not None and ends_at <= starts_at:
        raise rejected(ErrorCode.INVALID, f"endsAt must be after the start, {starts_at:%Y-%m-%d}.", "endsAt")
