"""Weekly actuals of allocations."""

from datetime import date
from decimal import Decimal

from podgraph.capacity import lifecycle, rules
from podgraph.capacity.repository import ACTUALS, ALLOCATIONS, CHANGES
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.records import AllocationRecord
from podgraph.writes.transaction import WriteTransaction


async def record_allocation_actual(
    write: WriteTransaction, *, allocation_id: str, week_start: date, actual: Decimal
) -> None:
    """Record or correct the quantity delivered in a week that has ended."""
    row = lifecycle.RECORD_ALLOCATION_ACTUAL
    allocation = await write.lock_for(ALLOCATIONS, allocation_id, row, "allocationId")
    _check_week(write, allocation, week_start)
    weeks = {one.week_start: one for one in await write.select(ACTUALS, allocation_id=allocation_id)}
    known = weeks.get(week_start)
    committed = known.committed if known else await _committed_in(write, allocation, week_start)
    utilisation = rules.utilisation_percent(actual, committed)
    if utilisation is not None and utilisation > rules.MAX_UTILISATION:
        raise rejected(
            ErrorCode.INVALID, f"{actual} is too large for a commitment of {committed}; check the unit.", "actual"
        )
    figures = {"actual": actual, "utilisation_percent": utilisation}
    if known:
        await write.change(known, None, **figures)
    else:
        key = {"organization_id": allocation.organization_id, "allocation_id": allocation_id}
        await write.create(ACTUALS, None, **key, week_start=week_start, committed=committed, **figures)
    is_latest = week_start >= max(weeks, default=week_start)
    shown = {"actual_last_week": actual, "utilisation_percent": utilisation} if is_latest else {}
    payload = {"week_start": week_start, **figures}
    await write.change(allocation, "allocation.actual_recorded", payload=payload, **shown)
    utilisations = {week: one.utilisation_percent for week, one in weeks.items()}
    if rules.utilisation_warning_due(utilisations, week_start, utilisation):
        write.emit("capacity.utilisation_warning", allocation, payload)


async def _committed_in(write: WriteTransaction, allocation: AllocationRecord, week_start: date) -> Decimal:
    changes = await write.select(CHANGES, allocation_id=allocation.id)
    taken = [one for one in changes if one.applied_at is not None and one.previous_per_week is not None]
    return rules.committed_in(week_start, allocation.committed_per_week, taken)


def _check_week(write: WriteTransaction, allocation: AllocationRecord, week_start: date) -> None:
    _, current = rules.measured_weeks(write.now, 1)
    if week_start.weekday():
        raise rejected(ErrorCode.INVALID, f"{week_start} is not a Monday; pass the Monday of the week.", "weekStart")
    if week_start >= current:
        raise rejected(
            ErrorCode.INVALID, f"The week of {week_start} has not ended; record its actual next week.", "weekStart"
        )
    last = (allocation.ended_at or write.now).date()
    if week_start > last or week_start + rules.WEEK <= allocation.started_at.date():
        raise rejected(ErrorCode.INVALID, f"{allocation.id} was not active in the week of {week_start}.", "weekStart")
