"""Allocations: created, paused and resumed with their service line, and closed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from podgraph.capacity import lifecycle, rules
from podgraph.capacity.lifecycle import AllocationStatus
from podgraph.capacity.repository import ALLOCATIONS, POOLS
from podgraph.capacity.service.changes import pending_change
from podgraph.capacity.service.checks import (
    agreed_commitment,
    check_end,
    check_reach,
    claim_allocation,
    is_open,
    parse_commitment,
)
from podgraph.capacity.service.pools import charge_pool
from podgraph.capacity.service.resources import add_resources, check_resources, warn_of_mismatch
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.transitions import Transition
from podgraph.records import AllocationRecord, CapacityPoolRecord, ServiceLineRecord
from podgraph.service_lines.lifecycle import ServiceLineStatus
from podgraph.service_lines.repository import SERVICE_LINES
from podgraph.writes.checks import ensure_future
from podgraph.writes.transaction import WriteTransaction

_STATUS_TRANSITIONS = {
    AllocationStatus.ACTIVE: (lifecycle.RESUME_WITH_LINE, "allocation.resumed"),
    AllocationStatus.PAUSED: (lifecycle.PAUSE_WITH_LINE, "allocation.paused"),
}
"""Transition and event for each status that an allocation takes over from its service line."""


async def open_allocation(
    write: WriteTransaction,
    allocation_id: str,
    *,
    pool: CapacityPoolRecord,
    line: ServiceLineRecord,
    committed_per_week: Decimal,
    origin: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    resources: Iterable[rules.Resource] = (),
) -> Any:
    """Create an ACTIVE allocation. The caller has charged the pool with `charge_pool`."""
    committed = agreed_commitment(pool, weekly=committed_per_week)
    return await _open(
        write,
        pool,
        line,
        committed,
        resources,
        id=allocation_id,
        origin=origin,
        starts_at=starts_at,
        ends_at=ends_at,
    )


async def sync_allocation_status(write: WriteTransaction, line_id: str, status: AllocationStatus) -> None:
    """Pause or resume the allocations of a service line. Their pools stay charged."""
    transition, event = _STATUS_TRANSITIONS[status]
    for allocation in await write.select(ALLOCATIONS, lock=True, service_line_id=line_id):
        if allocation.status in transition.sources:
            await write.transition(allocation, transition, event)


async def close_all(write: WriteTransaction, line_id: str) -> None:
    """Close every allocation of a service line that ends, and return the capacity to the pools.

    Call it before other locks: pools come first in the lock order. The line stays locked, so that no
    allocation can be added.
    """
    allocations = await write.select(ALLOCATIONS, service_line_id=line_id)
    for pool_id in sorted({one.capacity_pool_id for one in allocations if is_open(one)}):
        await write.get_for_update(POOLS, pool_id)
    await write.get_for_update(SERVICE_LINES, line_id)
    for allocation in await write.select(ALLOCATIONS, lock=True, service_line_id=line_id):
        if is_open(allocation):
            await close(write, allocation)


async def close(
    write: WriteTransaction,
    allocation: AllocationRecord,
    *,
    reason: str | None = None,
    transition: Transition = lifecycle.CLOSE_WITH_LINE,
) -> Any:
    """Close a locked allocation: release its capacity and cancel its pending change."""
    pool = await write.get(POOLS, allocation.capacity_pool_id)
    await charge_pool(write, pool, -allocation.charge)
    if change := await pending_change(write, allocation):
        await write.change(change, None, cancelled_at=write.now)
    return await write.transition(
        allocation,
        transition,
        "allocation.closed",
        payload={"reason": reason} if reason else None,
        ended_at=write.now,
    )


async def create_allocation(
    write: WriteTransaction,
    *,
    service_line_id: str,
    capacity_pool_id: str,
    committed_per_week: Decimal | None,
    committed_per_period: Decimal | None,
    resources: Sequence[rules.Resource],
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> None:
    """Allocate additional capacity to an ACTIVE or PAUSED service line."""
    found = await write.get(SERVICE_LINES, service_line_id, "serviceLineId")
    write.authorize(lifecycle.CREATE_ALLOCATION, within=found)
    pool = await write.get_owned(POOLS, capacity_pool_id, found.organization_id, "capacityPoolId", lock=True)
    line = await write.get_for_update(SERVICE_LINES, found.id)
    write.check_version(line)
    check_reach(line, pool)
    committed = parse_commitment(pool, committed_per_week, committed_per_period)
    if committed is None:
        raise rejected(ErrorCode.REQUIRED, "Provide committedPerWeek or committedPerPeriod.", "committedPerWeek")
    if starts_at != write.now:
        ensure_future(write, starts_at, "startsAt")
    starts_at = starts_at or write.now
    check_end(write, ends_at, starts_at)
    await check_resources(write, pool, resources)
    warn_of_mismatch(write, committed.per_week, [one.committed_hours_per_week for one in resources])
    await charge_pool(write, pool, committed.per_period, "committedPerWeek")
    allocation_id = (await write.issue(ALLOC=1))["ALLOC"][0]
    times = {"starts_at": starts_at, "ends_at": ends_at}
    await _open(write, pool, line, committed, resources, id=allocation_id, origin="extra", **times)
    write.return_ids(allocation_id=allocation_id)
    if line.status == ServiceLineStatus.PAUSED:
        await sync_allocation_status(write, line.id, AllocationStatus.PAUSED)


async def close_allocation(write: WriteTransaction, *, allocation_id: str, reason: str) -> None:
    """Close an allocation before its service line ends."""
    _pool, allocation = await claim_allocation(write, allocation_id, lifecycle.CLOSE_ALLOCATION)
    await close(write, allocation, reason=reason, transition=lifecycle.CLOSE_ALLOCATION)


async def _open(
    write: WriteTransaction,
    pool: CapacityPoolRecord,
    line: ServiceLineRecord,
    committed: rules.Commitment,
    resources: Iterable[rules.Resource],
    **values: Any,
) -> Any:
    allocation = await write.create(
        ALLOCATIONS,
        "allocation.created",
        organization_id=line.organization_id,
        workspace_id=line.workspace_id,
        capacity_pool_id=pool.id,
        service_line_id=line.id,
        resource_type=pool.resource_type,
        committed_per_period=committed.per_period,
        committed_per_week=committed.per_week,
        charge=committed.per_period,
        status=str(AllocationStatus.ACTIVE),
        started_at=write.now,
        **values,
    )
    await add_resources(write, allocation, resources)
    return allocation
