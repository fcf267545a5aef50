"""Writes on capacity: pools give and take back, allocations open, pause and close with their lines."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, update

from podgraph.capacity import models, rules
from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.capacity.repository import ALLOCATIONS, CHANGES, POOLS, REQUESTS
from podgraph.database.columns import QUANTITY
from podgraph.events.service import Write
from podgraph.kernel.errors import ErrorCode, refused

_POOL: Any = models.CapacityPool.__table__  # type: ignore[attr-defined]

# One statement looks and takes: whoever reads first and writes later promises the same hours twice.
_TAKE = (
    update(_POOL)
    .where(
        _POOL.c.id == bindparam("pool_id"),
        _POOL.c.allocated + bindparam("more", type_=QUANTITY) <= _POOL.c.total,
    )
    .values(
        allocated=_POOL.c.allocated + bindparam("more", type_=QUANTITY),
        version=_POOL.c.version + 1,
        updated_at=bindparam("at"),
    )
)

_EVENTS = {
    AllocationStatus.ACTIVE: "allocation.resumed",
    AllocationStatus.PAUSED: "allocation.paused",
}


async def take(write: Write, pool: Any, more: Decimal, *path: str) -> None:
    """Charge a pool with `more` per period of its own; less than nothing gives back.

    Refused as INSUFFICIENT_CAPACITY where it has not that much left. The event of the allocation
    that is charged tells of it.
    """
    if not more:
        return
    taken = await write.run(_TAKE, {"pool_id": pool.id, "more": more, "at": write.now})
    if taken.rowcount != 1:
        now = await write.must_find(POOLS, pool.id)
        free = rules.available(now.total, now.allocated)
        raise refused(
            ErrorCode.INSUFFICIENT_CAPACITY,
            f"{pool.id} has {free} {pool.unit} left, and {more} are asked for.",
            *path,
            hint="Ask for less, close an allocation, or have the pool enlarged.",
        )


async def open_allocation(
    write: Write,
    allocation_id: str,
    *,
    pool: Any,
    line: Any,
    committed_per_week: Decimal,
    origin: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    resources: Iterable[rules.Resource] = (),
) -> Any:
    """An allocation of a line, ACTIVE from now; its pool has been charged by `take` before."""
    kind, period = ResourceType[pool.resource_type], PoolPeriod[pool.period]
    committed = rules.per_period(committed_per_week, kind, period)
    allocation = await write.create(
        ALLOCATIONS,
        "allocation.created",
        id=allocation_id,
        organization_id=line.organization_id,
        workspace_id=line.workspace_id,
        capacity_pool_id=pool.id,
        service_line_id=line.id,
        resource_type=pool.resource_type,
        committed_per_period=committed,
        committed_per_week=committed_per_week,
        charge=committed,
        status=str(AllocationStatus.ACTIVE),
        origin=origin,
        starts_at=starts_at,
        started_at=write.now,
        ends_at=ends_at,
    )
    await add_resources(write, allocation, resources)
    return allocation


async def add_resources(
    write: Write, allocation: Any, resources: Iterable[rules.Resource], *, after: int = 0
) -> None:
    """Name the people who work an allocation's hours, in positions `after` the last one that was taken."""
    rows = [
        {
            "organization_id": allocation.organization_id,
            "allocation_id": allocation.id,
            "position": position,
            "type": "talent",
            "talent_id": one.talent_id,
            "role": one.role,
            "committed_hours_per_week": one.committed_hours_per_week,
        }
        for position, one in enumerate(resources, after + 1)
    ]
    await write.insert(models.AllocationResource, *rows)


async def follow(write: Write, line_id: str, status: AllocationStatus) -> None:
    """Pause or resume the allocations of a line with it; their pools stay charged."""
    other = AllocationStatus.PAUSED if status == AllocationStatus.ACTIVE else AllocationStatus.ACTIVE
    for allocation in await write.where(ALLOCATIONS, lock=True, service_line_id=line_id, status=str(other)):
        await write.change(allocation, _EVENTS[status], status=str(status))


async def close_all(write: Write, line_id: str) -> None:
    """Close every allocation of a line that has ended, and give their pools back what they held.

    Call it before anything below the pools is locked: pools come first in the order of locks.
    """
    allocations = [
        one
        for one in await write.where(ALLOCATIONS, service_line_id=line_id)
        if one.status != AllocationStatus.CLOSED
    ]
    pools = sorted({one.capacity_pool_id for one in allocations})
    for pool_id in pools:
        await write.must_lock(POOLS, pool_id)
    for allocation in await write.where(ALLOCATIONS, lock=True, service_line_id=line_id):
        if allocation.status != AllocationStatus.CLOSED:
            await close(write, allocation)


async def close(write: Write, allocation: Any, *, reason: str | None = None) -> Any:
    """Close an allocation that is locked: its pool takes its charge back, its changes are cancelled."""
    pool = await write.must_find(POOLS, allocation.capacity_pool_id)
    await take(write, pool, -allocation.charge)
    for change in await write.where(CHANGES, allocation_id=allocation.id):
        if change.applied_at is None and change.cancelled_at is None:
            await write.change(change, None, cancelled_at=write.now)
    return await write.change(
        allocation,
        "allocation.closed",
        payload={"reason": reason} if reason else None,
        status=str(AllocationStatus.CLOSED),
        ended_at=write.now,
    )


async def ask_for(write: Write, request_id: str, source_type: str, source_id: str, **values: Any) -> None:
    """Note that a pod, scope or outcome request will need capacity, in place of what it asked for before."""
    await settle(write, source_type, source_id)
    await write.create(REQUESTS, None, id=request_id, source_type=source_type, source_id=source_id, **values)


async def settle(write: Write, source_type: str, source_id: str) -> None:
    """Nothing is asked for any more: it was given, or is not needed."""
    for request in await write.where(REQUESTS, source_type=source_type, source_id=source_id):
        if request.closed_at is None:
            await write.change(request, None, closed_at=write.now)
