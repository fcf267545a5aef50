"""Checks that several writes of capacity share."""

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


async def claim_allocation(write: WriteTransaction, allocation_id: str, row: Transition) -> tuple[Any, Any]:
    """An allocation claimed for a row of its table, and its pool, which is locked before it."""
    found = await write.get(ALLOCATIONS, allocation_id, "allocationId")
    write.authorize(row)
    pool = await write.get_for_update(POOLS, found.capacity_pool_id)
    return pool, await write.lock_for(ALLOCATIONS, allocation_id, row, "allocationId")


async def lock_allocation(write: WriteTransaction, allocation_id: str) -> tuple[Any, Any]:
    """An allocation and its pool, locked in the order of locks."""
    found = await write.get(ALLOCATIONS, allocation_id)
    pool = await write.get_for_update(POOLS, found.capacity_pool_id)
    return pool, await write.get_for_update(ALLOCATIONS, allocation_id)


def agreed_commitment(pool: CapacityPoolRecord, **said: Decimal | None) -> rules.Commitment:
    return rules.commitment(ResourceType[pool.resource_type], PoolPeriod[pool.period], **said)


def parse_commitment(
    pool: CapacityPoolRecord, weekly: Decimal | None, periodic: Decimal | None
) -> rules.Commitment | None:
    """What is to be committed, said one way or the other; None where it is not said."""
    if weekly is not None and periodic is not None:
        raise rejected(
            ErrorCode.INVALID, "Say what is committed per week or per period, not both.", "committedPerPeriod"
        )
    if weekly is None and periodic is None:
        return None
    committed = agreed_commitment(pool, weekly=weekly, periodic=periodic)
    if not (committed.per_period and committed.per_week):
        path = "committedPerWeek" if periodic is None else "committedPerPeriod"
        raise rejected(ErrorCode.INVALID, f"{path} comes to nothing in {pool.unit}.", path)
    return committed


def is_open(allocation: AllocationRecord) -> bool:
    return bool(allocation.status != AllocationStatus.CLOSED)


def check_reach(line: ServiceLineRecord, pool: CapacityPoolRecord) -> None:
    """A line that runs may draw on the pools of its workspace and of its whole organization."""
    if pool.workspace_id not in (None, line.workspace_id):
        raise rejected(ErrorCode.INVALID, f"{pool.id} is for {pool.workspace_id} alone.", "capacityPoolId")
    if line.status not in (ServiceLineStatus.ACTIVE, ServiceLineStatus.PAUSED):
        raise rejected(
            ErrorCode.INVALID_TRANSITION,
            f"Capacity is allocated to lines that are ACTIVE or PAUSED; {line.id} is {line.status}.",
            "serviceLineId",
        )


def check_end(write: WriteTransaction, ends_at: datetime | None, starts_at: datetime) -> None:
    ensure_future(write, ends_at, "endsAt", hint="To end the allocation now, call `closeAllocation`.")
    if ends_at is not None and ends_at <= starts_at:
        raise rejected(ErrorCode.INVALID, f"endsAt is not after its start, {starts_at:%Y-%m-%d}.", "endsAt")
