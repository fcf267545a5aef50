"""Writes on capacity: pools give and take back, allocations open, change, pause and close."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, select, update

from podgraph.accounts.repository import ORGANIZATIONS, TALENT, WORKSPACES
from podgraph.accounts.rules import overcommitted
from podgraph.capacity import lifecycle, models, rules
from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.capacity.repository import (
    ACTUALS,
    ALLOCATIONS,
    CHANGES,
    POOLS,
    REQUESTS,
    RESOURCES,
    asked_for,
    to_come,
)
from podgraph.database.columns import QUANTITY
from podgraph.database.relation import NOW
from podgraph.events.service import Job, Write
from podgraph.kernel.errors import ErrorCode, WarningCode, refused
from podgraph.kernel.transitions import Transition
from podgraph.lines.lifecycle import ServiceLineStatus
from podgraph.lines.repository import SERVICE_LINES

_POOL: Any = models.CapacityPool.__table__  # type: ignore[attr-defined]
_MORE = bindparam("more", type_=QUANTITY)

# One statement looks and takes: whoever reads first and writes later promises the same hours twice.
_TAKE = (
    update(_POOL)
    .where(_POOL.c.id == bindparam("pool_id"), _POOL.c.organization_id == bindparam("owner_id"))
    .where(_POOL.c.allocated + _MORE <= _POOL.c.total)
    .values(allocated=_POOL.c.allocated + _MORE, version=_POOL.c.version + 1, updated_at=bindparam("at"))
    .returning(_POOL.c.id)
)

_REQUEST: Any = models.CapacityRequest.__table__  # type: ignore[attr-defined]

_SETTLE = (
    update(_REQUEST)
    .where(_REQUEST.c.source_type == bindparam("type"), _REQUEST.c.source_id == bindparam("source"))
    .where(_REQUEST.c.organization_id == bindparam("owner_id"), _REQUEST.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"))
)

_FOLLOWING = {
    AllocationStatus.ACTIVE: (lifecycle.RESUME_WITH_LINE, "allocation.resumed"),
    AllocationStatus.PAUSED: (lifecycle.PAUSE_WITH_LINE, "allocation.paused"),
}
"""How allocations come to the status that their line's status means for them, and what is told."""

_KEPT: Any = object()
"""What an input leaves out, and therefore leaves as it is."""


# -- for those that draw on capacity ---------------------------------------------------------------------


async def take(write: Write, pool: Any, more: Decimal, *path: str) -> None:
    """Charge a pool with `more` per period of its own; less than nothing gives back.

    Refused as INSUFFICIENT_CAPACITY where it has not that much left. The event of the allocation
    that is charged tells of it.
    """
    if not more:
        return

    async def refuse() -> None:
        now = await write.must_find(POOLS, pool.id)
        free = rules.available(now.total, now.allocated)
        raise refused(
            ErrorCode.INSUFFICIENT_CAPACITY,
            f"{pool.id} has {free} {pool.unit} left, and {more} are asked for.",
            *path,
            hint="Ask for less, close an allocation, or have the pool enlarged.",
        )

    charge = {"pool_id": pool.id, "owner_id": pool.organization_id, "more": more, "at": write.now}
    await write.change_rows(models.CapacityPool, _TAKE, charge, refuse)


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
    committed = _commitment(pool, weekly=committed_per_week)
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
    row, event = _FOLLOWING[status]
    for allocation in await write.where(ALLOCATIONS, lock=True, service_line_id=line_id):
        if allocation.status in row.sources:
            await write.move(allocation, row, event)


async def close_all(write: Write, line_id: str) -> None:
    """Close every allocation of a line that is ending, and give their pools back what they held.

    Call it before anything below the pools is locked: pools come first in the order of locks. The line
    stays locked, so that nothing is allocated to it any more.
    """
    allocations = await write.where(ALLOCATIONS, service_line_id=line_id)
    for pool_id in sorted({one.capacity_pool_id for one in allocations if _is_open(one)}):
        await write.must_lock(POOLS, pool_id)
    await write.must_lock(SERVICE_LINES, line_id)
    for allocation in await write.where(ALLOCATIONS, lock=True, service_line_id=line_id):
        if _is_open(allocation):
            await close(write, allocation)


async def close(
    write: Write,
    allocation: Any,
    *,
    reason: str | None = None,
    row: Transition = lifecycle.CLOSE_WITH_LINE,
) -> Any:
    """Close an allocation that is locked: its pool takes its charge back, its changes are cancelled."""
    pool = await write.must_find(POOLS, allocation.capacity_pool_id)
    await take(write, pool, -allocation.charge)
    if change := await _to_come(write, allocation):
        await write.change(change, None, cancelled_at=write.now)
    return await write.move(
        allocation,
        row,
        "allocation.closed",
        payload={"reason": reason} if reason else None,
        ended_at=write.now,
    )


async def ask_for(write: Write, request_id: str, source_type: str, source_id: str, **values: Any) -> None:
    """Note that a pod, scope or outcome request will need capacity, in place of what it asked for before."""
    await settle(write, source_type, source_id, values["organization_id"])
    asked = {"id": request_id, "source_type": source_type, "source_id": source_id, **values}
    request = await write.create(REQUESTS, None, **asked)
    await _tell_of_gap(write, request.organization_id, request.workspace_id, request.resource_type)


async def settle(write: Write, source_type: str, source_id: str, organization_id: str) -> None:
    """Nothing is asked for any more: it was given, or is not needed."""
    settled = {"type": source_type, "source": source_id, "owner_id": organization_id, "at": write.now}
    await write.change_rows(models.CapacityRequest, _SETTLE, settled)


# -- pools -----------------------------------------------------------------------------------------------


async def create_capacity_pool(
    write: Write,
    *,
    organization_id: str,
    workspace_id: str | None,
    resource_type: ResourceType,
    period: PoolPeriod,
    total: Decimal,
) -> None:
    """Capacity of a workspace, or of its whole organization, that can be allocated from now on."""
    organization = await write.must_find(ORGANIZATIONS, organization_id, "organizationId")
    if workspace_id is not None:
        await write.must_own(WORKSPACES, workspace_id, organization.id, "workspaceId")
    write.permit(lifecycle.CREATE_CAPACITY_POOL)
    pool_id = (await write.issue(CAP=1))["CAP"][0]
    await write.create(
        POOLS,
        "capacity_pool.created",
        id=pool_id,
        organization_id=organization.id,
        workspace_id=workspace_id,
        resource_type=str(resource_type),
        total=total,
        unit=rules.unit(resource_type, period),
        period=str(period),
    )
    write.show(capacity_pool_id=pool_id)


async def update_capacity_pool(write: Write, *, capacity_pool_id: str, total: Decimal) -> None:
    """Enlarge a pool, or reduce it to no less than what is allocated from it."""
    row = lifecycle.UPDATE_CAPACITY_POOL
    pool = await write.claim(POOLS, capacity_pool_id, row, "capacityPoolId")
    if total < pool.allocated:
        raise refused(
            ErrorCode.POOL_SHORTFALL,
            f"{pool.allocated} {pool.unit} of {pool.id} are allocated, more than {total}.",
            "total",
            hint="Reduce or close allocations first; a scheduled decrease frees when it takes effect.",
        )
    await write.change(pool, "capacity_pool.updated", total=total)
    if total < pool.total:
        await _tell_of_gap(write, pool.organization_id, pool.workspace_id, pool.resource_type)


# -- allocations -----------------------------------------------------------------------------------------


async def create_allocation(
    write: Write,
    *,
    service_line_id: str,
    capacity_pool_id: str,
    committed_per_week: Decimal | None,
    committed_per_period: Decimal | None,
    resources: Sequence[rules.Resource],
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> None:
    """Let a line that runs hold capacity beside what came with its activation, of any pool within reach."""
    found = await write.must_find(SERVICE_LINES, service_line_id, "serviceLineId")
    write.permit(lifecycle.CREATE_ALLOCATION)
    pool = await write.must_own(POOLS, capacity_pool_id, found.organization_id, "capacityPoolId", lock=True)
    line = await write.must_lock(SERVICE_LINES, found.id)
    write.expect(line)
    _check_reach(line, pool)
    committed = _said(pool, committed_per_week, committed_per_period)
    if committed is None:
        raise refused(ErrorCode.REQUIRED, "Say how much is committed.", "committedPerWeek")
    starts_at = starts_at or write.now
    _check_start(write, starts_at)
    _check_end(write, ends_at, starts_at)
    await _check_resources(write, pool, resources)
    _warn_of_mismatch(write, committed.per_week, [one.committed_hours_per_week for one in resources])
    await take(write, pool, committed.per_period, "committedPerWeek")
    allocation_id = (await write.issue(ALLOC=1))["ALLOC"][0]
    times = {"starts_at": starts_at, "ends_at": ends_at}
    await _open(write, pool, line, committed, resources, id=allocation_id, origin="extra", **times)
    write.show(allocation_id=allocation_id)
    if line.status == ServiceLineStatus.PAUSED:
        await follow(write, line.id, AllocationStatus.PAUSED)


async def update_allocation(
    write: Write,
    *,
    allocation_id: str,
    reason: str,
    committed_per_week: Decimal | None,
    committed_per_period: Decimal | None,
    resources: Sequence[rules.Resource] | None,
    effective_immediately: bool,
    ends_at: datetime | None = _KEPT,
) -> None:
    """Change what an allocation commits and who works for it, from the next month on or from now.

    What is scheduled later takes the place of what was scheduled before, and keeps what it does not speak
    of; what is changed now leaves what is scheduled. An increase is reserved at once, a decrease frees when
    it takes effect. The end is a time to come by itself, and holds at once.
    """
    pool, allocation = await _claim(write, allocation_id, lifecycle.UPDATE_ALLOCATION)
    pending = await _to_come(write, allocation)
    if pending and pending.effective_at <= write.now:
        # The clock has not come by yet: what was agreed for now comes before what is agreed from now on.
        allocation, pending = await _let_happen(write, pool, allocation, pending), None
    committed = _said(pool, committed_per_week, committed_per_period)
    if committed is None and resources is None and ends_at is _KEPT:
        raise refused(ErrorCode.REQUIRED, "Say what is to change: the commitment, its end or its people.")
    end = {} if ends_at is _KEPT else {"ends_at": ends_at}
    _check_end(write, end.get("ends_at"), allocation.starts_at)
    await _check_resources(write, pool, resources or (), instead_of=allocation)
    if committed is None and resources is None:
        await write.change(allocation, "allocation.updated", payload={"reason": reason}, **end)
        return
    replaced = None if effective_immediately else pending
    asked = _asked(committed, resources, replaced)
    await _warn(write, allocation, committed, asked)
    charge = rules.charge(
        committed.per_period if committed and effective_immediately else allocation.committed_per_period,
        pending and pending.committed_per_period if effective_immediately else asked["committed_per_period"],
    )
    await take(write, pool, charge - allocation.charge, "committedPerWeek")
    change_id = (await write.issue(ACHG=1))["ACHG"][0]
    if replaced:
        await write.change(replaced, None, cancelled_at=write.now)
    change = await write.create(
        CHANGES,
        None,
        id=change_id,
        organization_id=allocation.organization_id,
        allocation_id=allocation.id,
        reason=reason,
        effective_at=rules.change_effective_at(write.now, immediately=effective_immediately),
        requested_by=write.user_id,
        **asked,
        **end,
        **(_happened(write, allocation, asked["committed_per_week"]) if effective_immediately else {}),
    )
    if effective_immediately:
        await _apply(write, allocation, change, charge=charge, **end)
        return
    told = {**_told_of(change), "replaces": replaced.id if replaced else None}
    await write.change(allocation, "allocation.updated", payload=told, charge=charge, **end)


async def cancel_allocation_change(write: Write, *, change_id: str) -> None:
    """Take back a change that is scheduled; what was reserved for it is free again."""
    found = await write.must_find(CHANGES, change_id, "changeId")
    write.show(allocation_id=found.allocation_id)
    pool, allocation = await _claim(write, found.allocation_id, lifecycle.CANCEL_ALLOCATION_CHANGE)
    change = await _to_come(write, allocation)
    if change.id != change_id:
        raise refused(
            ErrorCode.INVALID_TRANSITION, f"{change_id} is not to come any more: {change.id} is.", "changeId"
        )
    await write.change(change, None, cancelled_at=write.now)
    charge = allocation.committed_per_period
    await take(write, pool, charge - allocation.charge)
    told = {"change_id": change_id}
    await write.change(allocation, "allocation.change_cancelled", payload=told, charge=charge)


async def close_allocation(write: Write, *, allocation_id: str, reason: str) -> None:
    """End an allocation before its line ends."""
    _pool, allocation = await _claim(write, allocation_id, lifecycle.CLOSE_ALLOCATION)
    await close(write, allocation, reason=reason, row=lifecycle.CLOSE_ALLOCATION)


async def record_allocation_actual(
    write: Write, *, allocation_id: str, week_start: date, actual: Decimal
) -> None:
    """Note what was delivered in a week that has ended, or put it right."""
    row = lifecycle.RECORD_ALLOCATION_ACTUAL
    allocation = await write.claim(ALLOCATIONS, allocation_id, row, "allocationId")
    _check_week(write, allocation, week_start)
    weeks = {one.week_start: one for one in await write.where(ACTUALS, allocation_id=allocation_id)}
    known = weeks.get(week_start)
    committed = known.committed if known else await _agreed_in(write, allocation, week_start)
    utilisation = rules.utilisation_percent(actual, committed)
    if utilisation is not None and utilisation > rules.MOST_UTILISATION:
        raise refused(ErrorCode.INVALID, f"{actual} are too many where {committed} were agreed.", "actual")
    figures = {"actual": actual, "utilisation_percent": utilisation}
    if known:
        await write.change(known, None, **figures)
    else:
        key = {"organization_id": allocation.organization_id, "allocation_id": allocation_id}
        await write.create(ACTUALS, None, **key, week_start=week_start, committed=committed, **figures)
    is_latest = week_start >= max(weeks, default=week_start)
    shown = {"actual_last_week": actual, "utilisation_percent": utilisation} if is_latest else {}
    told = {"week_start": week_start, **figures}
    await write.change(allocation, "allocation.actual_recorded", payload=told, **shown)
    said = {week: one.utilisation_percent for week, one in weeks.items()}
    if rules.utilisation_warning_due(said, week_start, utilisation):
        write.tell("capacity.utilisation_warning", allocation, told)


# -- what the clock does ---------------------------------------------------------------------------------


def _past_their_end() -> Select[Any]:
    one = ALLOCATIONS.source()
    past = select(one["id"]).where(one["ends_at"] <= NOW, one["status"] != AllocationStatus.CLOSED)
    return past.order_by(one["ends_at"], one["id"])


async def _end(write: Write, allocation_id: str) -> None:
    _pool, allocation = await _lock(write, allocation_id)
    if _is_open(allocation) and allocation.ends_at is not None and allocation.ends_at <= write.now:
        await close(write, allocation, row=lifecycle.CLOSE_WHEN_PLANNED)


def _changes_due() -> Select[Any]:
    one = CHANGES.source()
    due = select(one["id"]).where(to_come(one), one["effective_at"] <= NOW)
    return due.order_by(one["effective_at"], one["id"])


async def _take_effect(write: Write, change_id: str) -> None:
    found = await write.must_find(CHANGES, change_id)
    pool, allocation = await _lock(write, found.allocation_id)
    change = await _to_come(write, allocation)
    if change and change.id == change_id and change.effective_at <= write.now:
        await _let_happen(write, pool, allocation, change)


JOBS = (
    # What ends now is not changed any more.
    Job("end allocations", _past_their_end(), _end),
    Job("change allocations as scheduled", _changes_due(), _take_effect),
)
"""What the clock does with allocations."""


# -- parts -----------------------------------------------------------------------------------------------


async def _claim(write: Write, allocation_id: str, row: Transition) -> tuple[Any, Any]:
    """An allocation claimed for a row of its table, and its pool, which is locked before it."""
    found = await write.must_find(ALLOCATIONS, allocation_id, "allocationId")
    write.permit(row)
    pool = await write.must_lock(POOLS, found.capacity_pool_id)
    return pool, await write.claim(ALLOCATIONS, allocation_id, row, "allocationId")


async def _lock(write: Write, allocation_id: str) -> tuple[Any, Any]:
    """An allocation and its pool, locked in the order of locks."""
    found = await write.must_find(ALLOCATIONS, allocation_id)
    pool = await write.must_lock(POOLS, found.capacity_pool_id)
    return pool, await write.must_lock(ALLOCATIONS, allocation_id)


async def _open(
    write: Write,
    pool: Any,
    line: Any,
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


async def _let_happen(write: Write, pool: Any, allocation: Any, change: Any) -> Any:
    """Let the change that was to come take effect."""
    charge = change.committed_per_period or allocation.committed_per_period
    await take(write, pool, charge - allocation.charge)
    await write.change(change, None, **_happened(write, allocation, change.committed_per_week))
    return await _apply(write, allocation, change, charge=charge)


def _happened(write: Write, allocation: Any, per_week: Decimal | None) -> dict[str, Any]:
    """What is written down of a change when it takes effect; None per week says that that stays."""
    previous = None if per_week is None else allocation.committed_per_week
    return {"applied_at": write.now, "previous_per_week": previous}


async def _apply(write: Write, allocation: Any, change: Any, **values: Any) -> Any:
    """Make an allocation, whose pool has been charged, what a change says."""
    if change.committed_per_period is not None:
        values["committed_per_period"] = change.committed_per_period
        values["committed_per_week"] = change.committed_per_week
    if change.resources is not None:
        await _replace_resources(write, allocation, change.resources)
    row, told = lifecycle.CHANGE_WHEN_SCHEDULED, _told_of(change)
    return await write.move(allocation, row, "allocation.updated", payload=told, **values)


async def _replace_resources(write: Write, allocation: Any, resources: Sequence[dict[str, Any]]) -> None:
    known = await write.where(RESOURCES, lock=True, allocation_id=allocation.id)
    for one in known:
        if one.replaced_at is None:
            await write.change(one, None, replaced_at=write.now)
    last = max((one.position for one in known), default=0)
    await add_resources(write, allocation, map(rules.Resource.of, resources), after=last)


async def _to_come(write: Write, allocation: Any) -> Any:
    """The one change of an allocation that has neither taken effect nor been cancelled; None without one."""
    changes = await write.where(CHANGES, allocation_id=allocation.id)
    return next((one for one in changes if one.applied_at is None and one.cancelled_at is None), None)


def _asked(
    committed: rules.Commitment | None, resources: Sequence[rules.Resource] | None, replaced: Any | None
) -> dict[str, Any]:
    """The columns of a change: what it says, and what the one that it takes the place of said beside."""
    names = ("committed_per_period", "committed_per_week", "resources")
    asked = {name: getattr(replaced, name, None) for name in names}
    if committed is not None:
        asked["committed_per_period"] = committed.per_period
        asked["committed_per_week"] = committed.per_week
    if resources is not None:
        asked["resources"] = [
            {
                "talent_id": one.talent_id,
                "role": one.role,
                "committed_hours_per_week": str(one.committed_hours_per_week),
            }
            for one in resources
        ]
    return asked


def _told_of(change: Any) -> dict[str, Any]:
    names = ("committed_per_week", "resources", "reason", "effective_at")
    return {"change_id": change.id, **{name: getattr(change, name) for name in names}}


async def _agreed_in(write: Write, allocation: Any, week_start: date) -> Decimal:
    changes = await write.where(CHANGES, allocation_id=allocation.id)
    taken = [one for one in changes if one.applied_at is not None and one.previous_per_week is not None]
    return rules.agreed_in(week_start, allocation.committed_per_week, taken)


def _commitment(pool: Any, **said: Decimal | None) -> rules.Commitment:
    return rules.commitment(ResourceType[pool.resource_type], PoolPeriod[pool.period], **said)


def _said(pool: Any, weekly: Decimal | None, periodic: Decimal | None) -> rules.Commitment | None:
    """What is to be committed, said one way or the other; None where it is not said."""
    if weekly is not None and periodic is not None:
        raise refused(
            ErrorCode.INVALID, "Say what is committed per week or per period, not both.", "committedPerPeriod"
        )
    if weekly is None and periodic is None:
        return None
    committed = _commitment(pool, weekly=weekly, periodic=periodic)
    if not (committed.per_period and committed.per_week):
        path = "committedPerWeek" if periodic is None else "committedPerPeriod"
        raise refused(ErrorCode.INVALID, f"{path} comes to nothing in {pool.unit}.", path)
    return committed


def _is_open(allocation: Any) -> bool:
    return bool(allocation.status != AllocationStatus.CLOSED)


# -- what is refused, and what is warned of --------------------------------------------------------------


def _check_reach(line: Any, pool: Any) -> None:
    """A line that runs may draw on the pools of its workspace and of its whole organization."""
    if pool.workspace_id not in (None, line.workspace_id):
        raise refused(ErrorCode.INVALID, f"{pool.id} is for {pool.workspace_id} alone.", "capacityPoolId")
    if line.status not in (ServiceLineStatus.ACTIVE, ServiceLineStatus.PAUSED):
        raise refused(
            ErrorCode.INVALID_TRANSITION,
            f"Capacity is allocated to lines that are ACTIVE or PAUSED; {line.id} is {line.status}.",
            "serviceLineId",
        )


def _check_start(write: Write, starts_at: datetime) -> None:
    if starts_at < write.now:
        raise refused(ErrorCode.INVALID, "startsAt lies in the past.", "startsAt")


def _check_end(write: Write, ends_at: datetime | None, starts_at: datetime) -> None:
    if ends_at is not None and ends_at <= write.now:
        raise refused(
            ErrorCode.INVALID, "endsAt lies in the past.", "endsAt", hint="closeAllocation ends it now."
        )
    if ends_at is not None and ends_at <= starts_at:
        raise refused(ErrorCode.INVALID, f"endsAt is not after its start, {starts_at:%Y-%m-%d}.", "endsAt")


def _check_week(write: Write, allocation: Any, week_start: date) -> None:
    _, current = rules.measured_weeks(write.now, 1)
    if week_start.weekday():
        raise refused(ErrorCode.INVALID, f"{week_start} is not a Monday.", "weekStart")
    if week_start >= current:
        raise refused(ErrorCode.INVALID, f"The week of {week_start} has not ended yet.", "weekStart")
    last = (allocation.ended_at or write.now).date()
    if week_start > last or week_start + rules.WEEK <= allocation.started_at.date():
        raise refused(
            ErrorCode.INVALID, f"{allocation.id} was not there in the week of {week_start}.", "weekStart"
        )


async def _check_resources(
    write: Write, pool: Any, resources: Sequence[rules.Resource], *, instead_of: Any = None
) -> None:
    """People who work hours of a pool are of its organization; whoever has too many is warned of."""
    if resources and pool.resource_type != ResourceType.TALENT_HOURS:
        raise refused(ErrorCode.INVALID, f"Nobody works the {pool.unit} of {pool.id}.", "resources")
    before = await _hours_now(write, instead_of)
    more: dict[str, Decimal] = {}
    for place, one in enumerate(resources):
        path = ("resources", str(place), "talentId")
        talent = await write.must_own(TALENT, one.talent_id, pool.organization_id, *path)
        more[talent.id] = more.get(talent.id, Decimal(0)) + one.committed_hours_per_week
        promised = talent.committed_hours_per_week + more[talent.id] - before.get(talent.id, Decimal(0))
        if overcommitted(promised, talent.weekly_hours_limit):
            write.warn(
                WarningCode.TALENT_OVERCOMMITTED,
                f"{talent.id} is promised for {promised} hours a week, of {talent.weekly_hours_limit}.",
                *path,
            )


async def _hours_now(write: Write, allocation: Any | None) -> dict[str, Decimal]:
    """Hours per week that people are promised for by an allocation, by talent."""
    hours: dict[str, Decimal] = {}
    if allocation is not None:
        for one in await write.where(RESOURCES, allocation_id=allocation.id):
            if one.replaced_at is None:
                hours[one.talent_id] = hours.get(one.talent_id, Decimal(0)) + one.committed_hours_per_week
    return hours


async def _warn(
    write: Write, allocation: Any, committed: rules.Commitment | None, asked: dict[str, Any]
) -> None:
    """Tell of a commitment that is too small for what was used, or for the people who work it."""
    used = allocation.actual_last_week
    if committed is not None and rules.falls_short(committed.per_week, allocation.committed_per_week, used):
        told = {"committed_per_week": committed.per_week, "actual_last_week": used}
        write.tell("capacity.utilisation_warning", allocation, told)
        write.warn(
            WarningCode.UTILISATION_WARNING,
            f"{committed.per_week} a week are less than the {used} of last week.",
            "committedPerWeek",
        )
    if asked["resources"] is None:
        hours = list((await _hours_now(write, allocation)).values())
    else:
        hours = [Decimal(one["committed_hours_per_week"]) for one in asked["resources"]]
    _warn_of_mismatch(write, asked["committed_per_week"] or allocation.committed_per_week, hours)


def _warn_of_mismatch(write: Write, per_week: Decimal, hours: Collection[Decimal]) -> None:
    """An allocation that names people should name as many hours as it commits."""
    if hours and sum(hours) != per_week:
        write.warn(
            WarningCode.RESOURCE_MISMATCH,
            f"The people work {sum(hours)} hours a week, and {per_week} are committed.",
            "resources",
        )


async def _tell_of_gap(
    write: Write, organization_id: str, workspace_id: str | None, resource_type: str
) -> None:
    """Tell of a gap on the pool that should fill it, where more is asked for than is free.

    Workspaces without a pool of their own ask the pools of the whole organization.
    """
    pools = await write.where(POOLS, organization_id=organization_id, resource_type=resource_type)
    owners = {one.workspace_id for one in pools}
    owner = workspace_id if workspace_id in owners else None
    supply = [one for one in pools if one.workspace_id == owner]
    asked = await asked_for(write, organization_id, resource_type)
    demand = rules.Demand(
        _weekly(supply, "allocated"),
        sum((each for by, each in asked.items() if (by if by in owners else None) == owner), Decimal(0)),
        _weekly(supply, "available"),
    )
    if not demand.supply_gap:
        return
    write.warn(
        WarningCode.CAPACITY_GAP,
        f"{demand.pending_requests} a week of {resource_type} are asked for, and {demand.available_supply}"
        " are free.",
    )
    if supply:
        told = {
            "pending_requests": demand.pending_requests,
            "available_supply": demand.available_supply,
            "supply_gap": demand.supply_gap,
        }
        write.tell("capacity.gap_detected", supply[0], told)


def _weekly(pools: Iterable[Any], column: str) -> Decimal:
    parts = (
        rules.per_week(getattr(one, column), ResourceType[one.resource_type], PoolPeriod[one.period])
        for one in pools
    )
    return sum(parts, Decimal(0))
