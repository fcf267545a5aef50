"""Service function that proposes a scope: its checks, and the cycles, deliverables and payments that it plans."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from podgraph.accounts.service.checks import currency_of
from podgraph.capacity.repository import POOLS
from podgraph.capacity.service.demand import close_capacity_request, request_capacity
from podgraph.kernel.errors import ErrorCode, Refusal, Rejected
from podgraph.kernel.notation import plural
from podgraph.outcomes import lifecycle, models, rules
from podgraph.outcomes.lifecycle import CycleKind, CycleStatus, DeliverableStatus, PaymentStatus
from podgraph.outcomes.repository import REQUESTS, SCOPES
from podgraph.outcomes.service import scope_lock as parts
from podgraph.records import CapacityPoolRecord, OutcomeRequestRecord, ScopeRecord
from podgraph.writes.checks import past_refusal
from podgraph.writes.transaction import WriteTransaction


async def propose_scope(
    write: WriteTransaction,
    *,
    request_id: str,
    title: str | None,
    cycles: list[rules.PlannedCycle],
    fixed_price: Decimal,
    currency: str | None,
    payment_schedule: list[rules.PaymentMilestone] | None,
    capacity_pool_id: str,
    committed_per_week: Decimal,
    valid_until: datetime | None,
) -> None:
    """Propose a scope for a request: deliverables, cycles and fixed price."""
    request = await write.lock_for(REQUESTS, request_id, lifecycle.PROPOSE_SCOPE, "requestId")
    pool = await write.get_owned(POOLS, capacity_pool_id, request.organization_id, "capacityPoolId")
    schedule = payment_schedule or list(rules.DEFAULT_SCHEDULE)
    flaws = [
        *_reach_flaws(request, pool),
        *_cycle_flaws(cycles, write.now),
        *_term_flaws(request, cycles, fixed_price),
        *_schedule_flaws(schedule, cycles),
        *_validity_flaws(valid_until, write.now),
    ]
    if flaws:
        raise Rejected(*flaws)
    currency = await currency_of(write, request.organization_id, currency, "currency")
    promised = sum(len(cycle.deliverables) for cycle in cycles)
    ids = await write.issue(OSCOPE=1, OCYCLE=len(cycles), DLV=promised, PAY=len(schedule), CREQ=1)
    scope = await write.create(
        SCOPES,
        None,
        id=ids["OSCOPE"][0],
        organization_id=request.organization_id,
        workspace_id=request.workspace_id,
        request_id=request.id,
        title=title or request.title,
        status=str(lifecycle.CREATE_SCOPE.target),
        timeline_weeks=rules.timeline_weeks(cycles[0].planned_start, cycles[-1].planned_end),
        fixed_price=fixed_price,
        currency=currency,
        payment_schedule=[
            {"key": one.key, "trigger": str(one.trigger), "percent": str(one.percent)} for one in schedule
        ],
        capacity_pool_id=pool.id,
        committed_per_week=committed_per_week,
        valid_until=valid_until,
        open_count=promised,
    )
    await _plan(write, scope, cycles, ids["OCYCLE"], ids["DLV"])
    await _schedule(write, scope, schedule, ids["PAY"])
    payload = {"scope_id": scope.id, "fixed_price": fixed_price, "currency": currency}
    await write.transition(request, lifecycle.PROPOSE_SCOPE, "ods.request.scoped", payload=payload)
    await close_capacity_request(write, "OUTCOME_REQUEST", request.id, request.organization_id)
    await request_capacity(
        write,
        ids["CREQ"][0],
        parts.SOURCE,
        scope.id,
        organization_id=scope.organization_id,
        workspace_id=scope.workspace_id,
        resource_type=pool.resource_type,
        quantity=committed_per_week,
        confidence="proposed",
        needed_from=cycles[0].planned_start,
    )
    write.return_ids(scope_id=scope.id)


def _reach_flaws(request: OutcomeRequestRecord, pool: CapacityPoolRecord) -> Iterator[Refusal]:
    if pool.workspace_id not in (None, request.workspace_id):
        reason = f"{pool.id} belongs to another workspace."
        yield Refusal(ErrorCode.INVALID, reason, ("capacityPoolId",))


def _cycle_flaws(cycles: Sequence[rules.PlannedCycle], now: datetime) -> Iterator[Refusal]:
    if past := past_refusal(now, cycles[0].planned_start, "cycles", "0", "plannedStart"):
        yield past
    if not rules.cycles_in_order([(cycle.planned_start, cycle.planned_end) for cycle in cycles]):
        yield Refusal(ErrorCode.INVALID, "Each cycle must start after the end of the preceding one.", ("cycles",))
    for number, cycle in enumerate(cycles):
        for place, deliverable in enumerate(cycle.deliverables):
            if not deliverable.acceptance_criteria:
                yield Refusal(
                    ErrorCode.WEAK_ACCEPTANCE_CRITERIA,
                    f"'{deliverable.title}' has no acceptance criteria.",
                    ("cycles", str(number), "deliverables", str(place), "acceptanceCriteria"),
                    "Add at least one acceptance criterion.",
                )


def _term_flaws(
    request: OutcomeRequestRecord, cycles: Sequence[rules.PlannedCycle], price: Decimal
) -> Iterator[Refusal]:
    weeks = rules.timeline_weeks(cycles[0].planned_start, cycles[-1].planned_end)
    negotiate = "Renegotiate the request with requireNegotiation."
    if rules.within_budget(price, request.budget_max) is False:
        reason = f"The price {price} exceeds the budget of {request.budget_max} {request.currency}."
        yield Refusal(ErrorCode.SCOPE_EXCEEDS_BUDGET, reason, ("fixedPrice",), negotiate)
    if rules.within_timeline(weeks, request.timeline_weeks) is False:
        reason = f"The cycles take {plural(weeks, 'week')}; the request allows {request.timeline_weeks}."
        yield Refusal(ErrorCode.SCOPE_EXCEEDS_TIMELINE, reason, ("cycles",), negotiate)


def _schedule_flaws(
    schedule: Sequence[rules.PaymentMilestone], cycles: Sequence[rules.PlannedCycle]
) -> Iterator[Refusal]:
    if flaw := rules.schedule_flaw(schedule, len(cycles)):
        yield Refusal(ErrorCode.INVALID, flaw, ("paymentSchedule",))


def _validity_flaws(valid_until: datetime | None, now: datetime) -> Iterator[Refusal]:
    if past := past_refusal(now, valid_until, "validUntil"):
        yield past


async def _plan(
    write: WriteTransaction,
    scope: ScopeRecord,
    cycles: Sequence[rules.PlannedCycle],
    cycle_ids: Sequence[str],
    deliverable_ids: Sequence[str],
) -> None:
    """Insert the cycles and deliverables of a proposal."""
    part = _part_of(write, scope)
    await write.insert(
        models.Cycle,
        *(
            {
                **part,
                "id": cycle_id,
                "sequence": sequence,
                "kind": str(CycleKind.DELIVERY),
                "name": cycle.name,
                "status": str(CycleStatus.PLANNED),
                "planned_start": cycle.planned_start,
                "planned_end": cycle.planned_end,
                "currency": scope.currency,
            }
            for sequence, (cycle_id, cycle) in enumerate(zip(cycle_ids, cycles, strict=True), 1)
        ),
    )
    promised = [
        (cycle_id, deliverable)
        for cycle_id, cycle in zip(cycle_ids, cycles, strict=True)
        for deliverable in cycle.deliverables
    ]
    rows = [
        {
            **part,
            "id": deliverable_id,
            "cycle_id": cycle_id,
            "position": position,
            "title": deliverable.title,
            "description": deliverable.description,
            "acceptance_criteria": [
                {"key": f"AC-{number}", "text": text} for number, text in enumerate(deliverable.acceptance_criteria, 1)
            ],
            "status": str(DeliverableStatus.PENDING),
        }
        for position, (deliverable_id, (cycle_id, deliverable)) in enumerate(
            zip(deliverable_ids, promised, strict=True), 1
        )
    ]
    await write.insert(models.Deliverable, *rows)
    names = ("organization_id", "cycle_id")
    await write.insert(
        models.DeliverableCycle,
        *({"deliverable_id": row["id"], **{name: row[name] for name in names}} for row in rows),
    )


async def _schedule(
    write: WriteTransaction, scope: ScopeRecord, schedule: Sequence[rules.PaymentMilestone], ids: Sequence[str]
) -> None:
    """Insert the payments of a proposal, which add up to its price."""
    amounts = rules.payment_amounts(scope.fixed_price, schedule)
    await write.insert(
        models.Payment,
        *(
            {
                **_part_of(write, scope),
                "id": payment_id,
                "milestone": milestone.key,
                "trigger": str(milestone.trigger),
                "percent": milestone.percent,
                "amount": amount,
                "currency": scope.currency,
                "status": str(PaymentStatus.SCHEDULED),
                "description": milestone.description,
            }
            for payment_id, milestone, amount in zip(ids, schedule, amounts, strict=True)
        ),
    )


def _part_of(write: WriteTransaction, scope: ScopeRecord) -> dict[str, Any]:
    """Column values shared by all parts of a new scope."""
    return {
        "organization_id": scope.organization_id,
        "scope_id": scope.id,
        "created_at": write.now,
        "updated_at": write.now,
    }
