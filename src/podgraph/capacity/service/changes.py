"""Changes of a running allocation, at once or at a date."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from podgraph.capacity import lifecycle, rules
from podgraph.capacity.repository import (
    CHANGES,
    RESOURCES,
)
from podgraph.capacity.service.checks import check_end, claim_allocation, parse_commitment
from podgraph.capacity.service.pools import charge_pool
from podgraph.capacity.service.resources import add_resources, check_resources, hours_now, warn_of_mismatch
from podgraph.kernel.errors import ErrorCode, WarningCode, rejected
from podgraph.records import AllocationChangeRecord, AllocationRecord, CapacityPoolRecord
from podgraph.writes.transaction import WriteTransaction

_KEPT: Any = object()
"""What an input leaves out, and therefore leaves as it is."""


async def update_allocation(
    write: WriteTransaction,
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
    pool, allocation = await claim_allocation(write, allocation_id, lifecycle.UPDATE_ALLOCATION)
    pending = await pending_change(write, allocation)
    if pending and pending.effective_at <= write.now:
        # The clock has not come by yet: what was agreed for now comes before what is agreed from now on.
        allocation, pending = await apply_due_change(write, pool, allocation, pending), None
    committed = parse_commitment(pool, committed_per_week, committed_per_period)
    if committed is None and resources is None and ends_at is _KEPT:
        raise rejected(ErrorCode.REQUIRED, "Say what is to change: the commitment, its end or its people.")
    end = {} if ends_at is _KEPT else {"ends_at": ends_at}
    check_end(write, end.get("ends_at"), allocation.starts_at)
    await check_resources(write, pool, resources or (), instead_of=allocation)
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
    await charge_pool(write, pool, charge - allocation.charge, "committedPerWeek")
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


async def cancel_allocation_change(write: WriteTransaction, *, change_id: str) -> None:
    """Take back a change that is scheduled; what was reserved for it is free again."""
    found = await write.get(CHANGES, change_id, "changeId")
    write.return_ids(allocation_id=found.allocation_id)
    pool, allocation = await claim_allocation(write, found.allocation_id, lifecycle.CANCEL_ALLOCATION_CHANGE)
    change = await pending_change(write, allocation)
    if change.id != change_id:
        raise rejected(
            ErrorCode.INVALID_TRANSITION, f"{change_id} is not to come any more: {change.id} is.", "changeId"
        )
    await write.change(change, None, cancelled_at=write.now)
    charge = allocation.committed_per_period
    await charge_pool(write, pool, charge - allocation.charge)
    told = {"change_id": change_id}
    await write.change(allocation, "allocation.change_cancelled", payload=told, charge=charge)


async def apply_due_change(
    write: WriteTransaction, pool: CapacityPoolRecord, allocation: AllocationRecord, change: AllocationChangeRecord
) -> Any:
    """Let the change that was to come take effect."""
    charge = change.committed_per_period or allocation.committed_per_period
    await charge_pool(write, pool, charge - allocation.charge)
    await write.change(change, None, **_happened(write, allocation, change.committed_per_week))
    return await _apply(write, allocation, change, charge=charge)


def _happened(write: WriteTransaction, allocation: AllocationRecord, per_week: Decimal | None) -> dict[str, Any]:
    """What is written down of a change when it takes effect; None per week says that that stays."""
    previous = None if per_week is None else allocation.committed_per_week
    return {"applied_at": write.now, "previous_per_week": previous}


async def _apply(
    write: WriteTransaction, allocation: AllocationRecord, change: AllocationChangeRecord, **values: Any
) -> Any:
    """Make an allocation, whose pool has been charged, what a change says."""
    if change.committed_per_period is not None:
        values["committed_per_period"] = change.committed_per_period
        values["committed_per_week"] = change.committed_per_week
    if change.resources is not None:
        await _replace_resources(write, allocation, change.resources)
    row, told = lifecycle.CHANGE_WHEN_SCHEDULED, _told_of(change)
    return await write.transition(allocation, row, "allocation.updated", payload=told, **values)


async def _replace_resources(
    write: WriteTransaction, allocation: AllocationRecord, resources: Sequence[dict[str, Any]]
) -> None:
    known = await write.select(RESOURCES, lock=True, allocation_id=allocation.id)
    for one in known:
        if one.replaced_at is None:
            await write.change(one, None, replaced_at=write.now)
    last = max((one.position for one in known), default=0)
    await add_resources(write, allocation, map(rules.Resource.of, resources), after=last)


async def pending_change(write: WriteTransaction, allocation: AllocationRecord) -> Any:
    """The one change of an allocation that has neither taken effect nor been cancelled; None without one."""
    changes = await write.select(CHANGES, allocation_id=allocation.id)
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


def _told_of(change: AllocationChangeRecord) -> dict[str, Any]:
    names = ("committed_per_week", "resources", "reason", "effective_at")
    return {"change_id": change.id, **{name: getattr(change, name) for name in names}}


async def _warn(
    write: WriteTransaction, allocation: AllocationRecord, committed: rules.Commitment | None, asked: dict[str, Any]
) -> None:
    """Tell of a commitment that is too small for what was used, or for the people who work it."""
    used = allocation.actual_last_week
    if committed is not None and rules.falls_short(committed.per_week, allocation.committed_per_week, used):
        told = {"committed_per_week": committed.per_week, "actual_last_week": used}
        write.emit("capacity.utilisation_warning", allocation, told)
        write.warn(
            WarningCode.UTILISATION_WARNING,
            f"{committed.per_week} a week are less than the {used} of last week.",
            "committedPerWeek",
        )
    if asked["resources"] is None:
        hours = list((await hours_now(write, allocation)).values())
    else:
        hours = [Decimal(one["committed_hours_per_week"]) for one in asked["resources"]]
    warn_of_mismatch(write, asked["committed_per_week"] or allocation.committed_per_week, hours)
