"""Changes of an open allocation: immediate, scheduled and cancelled."""

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
from podgraph.capacity.service.resources import add_resources, check_resources, current_hours, warn_of_mismatch
from podgraph.kernel.errors import ErrorCode, WarningCode, rejected
from podgraph.records import AllocationChangeRecord, AllocationRecord, CapacityPoolRecord
from podgraph.writes.transaction import WriteTransaction

UNSET: Any = object()
"""Default of an omitted argument, as distinct from null."""


async def update_allocation(
    write: WriteTransaction,
    *,
    allocation_id: str,
    reason: str,
    committed_per_week: Decimal | None,
    committed_per_period: Decimal | None,
    resources: Sequence[rules.Resource] | None,
    effective_immediately: bool,
    ends_at: datetime | None = UNSET,
) -> None:
    """Change the commitment, the people or the end of an allocation, from next month on or from now.

    A scheduled change replaces the pending one and inherits the values that it omits; an immediate change
    keeps the pending one. An increase is reserved at once; a decrease releases capacity when it takes
    effect. A new end takes effect at once.
    """
    pool, allocation = await claim_allocation(write, allocation_id, lifecycle.UPDATE_ALLOCATION)
    pending = await pending_change(write, allocation)
    if pending and pending.effective_at <= write.now:
        # The scheduler has not applied the due change yet; apply it before the new one.
        allocation, pending = await apply_due_change(write, pool, allocation, pending), None
    committed = parse_commitment(pool, committed_per_week, committed_per_period)
    if committed is None and resources is None and ends_at is UNSET:
        raise rejected(ErrorCode.REQUIRED, "Provide a new commitment, planned end or list of resources.")
    end = {} if ends_at is UNSET else {"ends_at": ends_at}
    check_end(write, end.get("ends_at"), allocation.starts_at)
    await check_resources(write, pool, resources or (), instead_of=allocation)
    if committed is None and resources is None:
        await write.change(allocation, "allocation.updated", payload={"reason": reason}, **end)
        return
    replaced = None if effective_immediately else pending
    columns = change_columns(committed, resources, replaced)
    await _warn(write, allocation, committed, columns)
    charge = rules.charge(
        committed.per_period if committed and effective_immediately else allocation.committed_per_period,
        pending and pending.committed_per_period if effective_immediately else columns["committed_per_period"],
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
        **columns,
        **end,
        **(_applied_columns(write, allocation, columns["committed_per_week"]) if effective_immediately else {}),
    )
    if effective_immediately:
        await _apply(write, allocation, change, charge=charge, **end)
        return
    payload = {**event_payload(change), "replaces": replaced.id if replaced else None}
    await write.change(allocation, "allocation.updated", payload=payload, charge=charge, **end)


async def cancel_allocation_change(write: WriteTransaction, *, change_id: str) -> None:
    """Cancel a pending change and release the capacity reserved for it."""
    found = await write.get(CHANGES, change_id, "changeId")
    write.return_ids(allocation_id=found.allocation_id)
    pool, allocation = await claim_allocation(write, found.allocation_id, lifecycle.CANCEL_ALLOCATION_CHANGE)
    change = await pending_change(write, allocation)
    if change.id != change_id:
        raise rejected(
            ErrorCode.INVALID_TRANSITION,
            f"{change_id} is no longer pending; the pending change is {change.id}.",
            "changeId",
        )
    await write.change(change, None, cancelled_at=write.now)
    charge = allocation.committed_per_period
    await charge_pool(write, pool, charge - allocation.charge)
    payload = {"change_id": change_id}
    await write.change(allocation, "allocation.change_cancelled", payload=payload, charge=charge)


async def apply_due_change(
    write: WriteTransaction, pool: CapacityPoolRecord, allocation: AllocationRecord, change: AllocationChangeRecord
) -> Any:
    """Apply a pending change that is due."""
    charge = change.committed_per_period or allocation.committed_per_period
    await charge_pool(write, pool, charge - allocation.charge)
    await write.change(change, None, **_applied_columns(write, allocation, change.committed_per_week))
    return await _apply(write, allocation, change, charge=charge)


def _applied_columns(write: WriteTransaction, allocation: AllocationRecord, per_week: Decimal | None) -> dict[str, Any]:
    """Columns of a change when it takes effect; `per_week` is None if the commitment is unchanged."""
    previous = None if per_week is None else allocation.committed_per_week
    return {"applied_at": write.now, "previous_per_week": previous}


async def _apply(
    write: WriteTransaction, allocation: AllocationRecord, change: AllocationChangeRecord, **values: Any
) -> Any:
    """Apply a change to an allocation whose pool has been charged."""
    if change.committed_per_period is not None:
        values["committed_per_period"] = change.committed_per_period
        values["committed_per_week"] = change.committed_per_week
    if change.resources is not None:
        await _replace_resources(write, allocation, change.resources)
    row, payload = lifecycle.CHANGE_WHEN_SCHEDULED, event_payload(change)
    return await write.transition(allocation, row, "allocation.updated", payload=payload, **values)


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
    """The pending change of an allocation, neither applied nor cancelled; None if there is none."""
    changes = await write.select(CHANGES, allocation_id=allocation.id)
    return next((one for one in changes if one.applied_at is None and one.cancelled_at is None), None)


def change_columns(
    committed: rules.Commitment | None, resources: Sequence[rules.Resource] | None, replaced: Any | None
) -> dict[str, Any]:
    """Columns of a change; omitted values come from the change that it replaces."""
    names = ("committed_per_period", "committed_per_week", "resources")
    columns = {name: getattr(replaced, name, None) for name in names}
    if committed is not None:
        columns["committed_per_period"] = committed.per_period
        columns["committed_per_week"] = committed.per_week
    if resources is not None:
        columns["resources"] = [
            {
                "talent_id": one.talent_id,
                "role": one.role,
                "committed_hours_per_week": str(one.committed_hours_per_week),
            }
            for one in resources
        ]
    return columns


def event_payload(change: AllocationChangeRecord) -> dict[str, Any]:
    names = ("committed_per_week", "resources", "reason", "effective_at")
    return {"change_id": change.id, **{name: getattr(change, name) for name in names}}


async def _warn(
    write: WriteTransaction, allocation: AllocationRecord, committed: rules.Commitment | None, columns: dict[str, Any]
) -> None:
    """Warn if a commitment is below the usage of last week, or differs from the hours of its people."""
    used = allocation.actual_last_week
    if committed is not None and rules.falls_short(committed.per_week, allocation.committed_per_week, used):
        payload = {"committed_per_week": committed.per_week, "actual_last_week": used}
        write.emit("capacity.utilisation_warning", allocation, payload)
        write.warn(
            WarningCode.UTILISATION_WARNING,
            f"{committed.per_week} per week is less than the {used} delivered last week.",
            "committedPerWeek",
        )
    if columns["resources"] is None:
        hours = list((await current_hours(write, allocation)).values())
    else:
        hours = [Decimal(one["committed_hours_per_week"]) for one in columns["resources"]]
    warn_of_mismatch(write, columns["committed_per_week"] or allocation.committed_per_week, hours)
