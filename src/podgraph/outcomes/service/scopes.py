"""Service functions of proposed scopes: confirm, decline, cancel, and complete with the last acceptance."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from podgraph.accounts.service.checks import acting_user
from podgraph.capacity import rules as units
from podgraph.capacity.lifecycle import PoolPeriod, ResourceType
from podgraph.capacity.repository import POOLS
from podgraph.capacity.service.allocations import close_all, open_allocation
from podgraph.capacity.service.demand import close_capacity_request
from podgraph.capacity.service.pools import charge_pool
from podgraph.kernel.errors import WarningCode
from podgraph.kernel.notation import plural
from podgraph.outcomes import lifecycle, rules
from podgraph.outcomes.lifecycle import LINE_STATUS, CycleKind, PaymentStatus, PaymentTrigger, ScopeStatus
from podgraph.outcomes.repository import CYCLES, PAYMENTS, REQUEST_PROJECTS, REQUESTS, SCOPES
from podgraph.outcomes.service import payments
from podgraph.outcomes.service import scope_lock as parts
from podgraph.records import ScopeRecord
from podgraph.service_lines import service as lines
from podgraph.service_lines.lifecycle import BillingModel, ExecutionModel, ProductLine
from podgraph.writes.transaction import WriteTransaction


async def confirm_scope(write: WriteTransaction, *, scope_id: str, accepted_by: str | None) -> None:
    """Confirm a scope: open its service line and allocation, and make its first payment due.

    Confirmations of other scopes contend for the locks on the pool, the id counters and the events, so these
    locks are taken as late as possible.
    """
    scope = await write.get_for_update(SCOPES, scope_id, "scopeId")
    cycles, promised, labels, (pool,) = await write.select_each(
        (CYCLES, {"scope_id": scope.id, "kind": str(CycleKind.DELIVERY)}),
        (PAYMENTS, {"scope_id": scope.id}),
        (REQUEST_PROJECTS, {"outcome_request_id": scope.request_id}),
        (POOLS, {"id": scope.capacity_pool_id}),
    )
    cycles.sort(key=lambda cycle: cycle.sequence)
    first, last = cycles[0], cycles[-1]
    upfront = next(one for one in promised if one.trigger == PaymentTrigger.SCOPE_CONFIRMED)
    write.return_ids(service_line_id=scope.service_line_id, cycle_id=first.id, payment_id=upfront.id)
    write.authorize(lifecycle.CONFIRM_SCOPE, scope)
    accepted_by = await acting_user(write, accepted_by, scope.organization_id, "acceptedBy")
    await close_capacity_request(write, parts.SOURCE, scope.id, scope.organization_id)
    _warn_of_delay(write, first.planned_start, last.planned_end)

    weekly = scope.committed_per_week
    charge = units.per_period(weekly, ResourceType[pool.resource_type], PoolPeriod[pool.period])
    await charge_pool(write, pool, charge, "scopeId")
    ids = await write.issue(LIN=1, ALLOC=1)
    line = await lines.open_line(
        write,
        ids["LIN"][0],
        [label.project_id for label in labels],
        organization_id=scope.organization_id,
        workspace_id=scope.workspace_id,
        subscription_id=scope.subscription_id,
        source_type=parts.SOURCE,
        source_id=scope.id,
        name=scope.title,
        product_line=str(ProductLine.ODS),
        execution_model=str(ExecutionModel.TIMEBOXED_OUTCOME),
        billing_model=str(BillingModel.FIXED_SCOPE),
        starts_at=max(write.now, _midnight(first.planned_start)),
        ends_at=_midnight(last.planned_end + timedelta(days=1)),
    )
    await open_allocation(
        write,
        ids["ALLOC"][0],
        pool=pool,
        line=line,
        committed_per_week=weekly,
        origin="activation",
        starts_at=line.starts_at,
    )
    await write.transition(
        scope,
        lifecycle.CONFIRM_SCOPE,
        "ods.scope.confirmed",
        service_line_id=line.id,
        confirmed_at=write.now,
        accepted_by=accepted_by,
    )
    for payment in promised:
        if payment is upfront and payment.status == PaymentStatus.SCHEDULED:
            await payments.make_due(write, payment, service_line_id=line.id)
        else:
            await write.change(payment, None, service_line_id=line.id)
    write.return_ids(service_line_id=line.id)


def _warn_of_delay(write: WriteTransaction, first_day: date, last_day: date) -> None:
    today = write.now.date()
    if today > first_day:
        planned, left = rules.days_left(first_day, last_day, today)
        late = f"The planned start was {first_day}."
        write.warn(WarningCode.LATE_CONFIRMATION, late, "scopeId")
        compressed = f"{left} of {plural(planned, 'planned day')} remain."
        write.warn(WarningCode.TIMELINE_COMPRESSED, compressed, "scopeId")


async def decline_scope(write: WriteTransaction, *, scope_id: str, reason: str) -> None:
    """Decline a proposed scope; the request returns to scoping."""
    found = await write.get(SCOPES, scope_id, "scopeId")
    request = await write.get_for_update(REQUESTS, found.request_id)
    scope = await write.lock_for(SCOPES, scope_id, lifecycle.DECLINE_SCOPE, "scopeId")
    await write.transition(scope, lifecycle.DECLINE_SCOPE, "ods.scope.declined", decline_reason=reason)
    await parts.cancel(write, scope)
    await write.transition(request, lifecycle.SCOPE_AGAIN, "ods.request.scoping_resumed")
    write.return_ids(request_id=request.id)


async def cancel_scope(write: WriteTransaction, *, scope_id: str, reason: str) -> None:
    """Cancel a confirmed scope; due and paid payments are unchanged."""
    scope = await write.lock_for(SCOPES, scope_id, lifecycle.CANCEL_SCOPE, "scopeId")
    payload = {"reason": reason}
    await write.transition(scope, lifecycle.CANCEL_SCOPE, "ods.scope.cancelled", payload=payload)
    await parts.cancel(write, scope)
    await _end_line(write, scope, ScopeStatus.CANCELLED)


async def complete(write: WriteTransaction, scope: ScopeRecord) -> Any:
    """Complete a scope after the last acceptance: close its line and allocations; returns the final payment."""
    values = {"open_count": 0, "completed_at": write.now}
    await write.transition(scope, lifecycle.COMPLETE_SCOPE, "ods.scope.completed", **values)
    await _end_line(write, scope, ScopeStatus.COMPLETED)
    return await payments.release(write, scope, PaymentTrigger.FINAL_ACCEPTANCE)


async def _end_line(write: WriteTransaction, scope: ScopeRecord, status: ScopeStatus) -> None:
    await close_all(write, scope.service_line_id)
    await lines.follow(write, scope.service_line_id, LINE_STATUS[status])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
