"""Service functions of cycles and deliverables: the team's work and the client's decisions."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from podgraph.accounts.service.checks import acting_user
from podgraph.database.read_model import ReadModel
from podgraph.kernel.errors import ErrorCode, Refusal, Rejected, WarningCode, rejected
from podgraph.kernel.transitions import Transition
from podgraph.outcomes import lifecycle, models, rules
from podgraph.outcomes.lifecycle import CycleKind, CycleStatus, DeliverableStatus, PaymentTrigger
from podgraph.outcomes.repository import CYCLES, DELIVERABLES, SUBMISSIONS, cycles_to_start
from podgraph.outcomes.service import payments, scopes
from podgraph.outcomes.service import scope_lock as parts
from podgraph.records import CycleRecord, DeliverableRecord, ScopeRecord
from podgraph.writes.transaction import Job, WriteTransaction

# -- cycles ----------------------------------------------------------------------------------------------


async def start_cycle(write: WriteTransaction, *, cycle_id: str) -> None:
    """Start a cycle; its rejected deliverables are in progress again."""
    _, cycle = await parts.claim(write, CYCLES, cycle_id, lifecycle.START_CYCLE, "cycleId")
    await _start(write, cycle, lifecycle.START_CYCLE)


async def start_on_time(write: WriteTransaction, cycle_id: str) -> None:
    """Start a cycle at its planned start, unless it has already been started."""
    _, cycle = await parts.lock_scope(write, CYCLES, cycle_id)
    if lifecycle.START_ON_TIME.blocked(cycle, write.now) is None:
        await _start(write, cycle, lifecycle.START_ON_TIME)


JOBS = (Job("start cycles", cycles_to_start(), start_on_time, lambda now: {"today": now.date()}),)
"""Scheduled jobs of cycles."""


async def _start(write: WriteTransaction, cycle: CycleRecord, transition: Transition) -> None:
    await write.transition(cycle, transition, "ods.cycle.started", started_at=write.now)
    rejected = str(DeliverableStatus.REJECTED)
    for deliverable in await write.select(DELIVERABLES, cycle_id=cycle.id, status=rejected):
        await write.transition(
            deliverable,
            lifecycle.REWORK_DELIVERABLE,
            "ods.deliverable.started",
            attempt=deliverable.attempt + 1,
            submitted_at=None,
            ready_at=None,
        )


async def _complete(write: WriteTransaction, cycle: CycleRecord) -> Any:
    """Complete a cycle without open deliverables, and start the next one.

    Returns the completed delivery cycle, or None. A delivery cycle may be completed by its remediation cycle.
    """
    parts: tuple[tuple[ReadModel, str, str], ...] = (
        (DELIVERABLES, "cycle_id", DeliverableStatus.ACCEPTED),
        (CYCLES, "parent_id", CycleStatus.COMPLETED),
    )
    for relation, key, done in parts:
        of_the_cycle: dict[str, Any] = {key: cycle.id}
        if any(one.status != done for one in await write.select(relation, **of_the_cycle)):
            return None
    await write.transition(cycle, lifecycle.COMPLETE_CYCLE, "ods.cycle.completed", completed_at=write.now)
    if cycle.parent_id is not None:
        return await _complete(write, await write.get(CYCLES, cycle.parent_id))
    planned = str(CycleStatus.PLANNED)
    following = await write.select(CYCLES, scope_id=cycle.scope_id, status=planned)
    if following:
        await _start(write, min(following, key=lambda one: one.sequence), lifecycle.START_NEXT)
    return cycle


# -- the team's work -------------------------------------------------------------------------------------


async def start_deliverable(write: WriteTransaction, *, deliverable_id: str) -> None:
    """Start work on a deliverable of a cycle in progress."""
    transition = lifecycle.START_DELIVERABLE
    _, deliverable = await parts.claim(write, DELIVERABLES, deliverable_id, transition, "deliverableId")
    await write.transition(deliverable, transition, "ods.deliverable.started")


async def submit_deliverable(
    write: WriteTransaction, *, deliverable_id: str, evidence: list[rules.Evidence], notes: str | None
) -> None:
    """Submit a deliverable; the last one of a cycle makes all of them ready for acceptance."""
    transition = lifecycle.SUBMIT_DELIVERABLE
    _, deliverable = await parts.claim(write, DELIVERABLES, deliverable_id, transition, "deliverableId")
    _refuse_unknown(deliverable, [one.criterion_key for one in evidence], "evidence", "criterionKey")
    shown = {one.criterion_key for one in evidence}
    for key in sorted(_keys(deliverable) - shown):
        write.warn(WarningCode.EVIDENCE_MISSING, f"There is no evidence for {key}.", "evidence")
    submission = {
        "submitted_at": write.now,
        "submitted_by": write.user_id,
        "evidence": [asdict(one) for one in evidence],
        "notes": notes,
    }
    attempt = {"deliverable_id": deliverable.id, "attempt": deliverable.attempt}
    # A new submission replaces a withdrawn one.
    if before := await write.select(SUBMISSIONS, **attempt):
        await write.change(before[0], None, **submission)
    else:
        own = {"organization_id": deliverable.organization_id}
        await write.insert(models.DeliverableSubmission, own | attempt | submission)
    payload = {"attempt": deliverable.attempt}
    await write.transition(
        deliverable, transition, "ods.deliverable.submitted", payload=payload, submitted_at=write.now
    )
    await _surface(write, deliverable.cycle_id)
    write.return_ids(cycle_id=deliverable.cycle_id)


async def _surface(write: WriteTransaction, cycle_id: str) -> None:
    """Move a cycle to review once all its deliverables are submitted."""
    together = await write.select(DELIVERABLES, cycle_id=cycle_id)
    if any(one.status != DeliverableStatus.COMPLETED for one in together):
        return
    for one in together:
        transition = lifecycle.SURFACE_DELIVERABLE
        await write.transition(one, transition, "ods.deliverable.ready", ready_at=write.now)
    cycle = await write.get(CYCLES, cycle_id)
    await write.transition(cycle, lifecycle.REVIEW_CYCLE, "ods.cycle.in_review")


async def withdraw_deliverable(write: WriteTransaction, *, deliverable_id: str, reason: str) -> None:
    """Withdraw a submitted deliverable of a cycle in progress."""
    transition = lifecycle.WITHDRAW_DELIVERABLE
    _, deliverable = await parts.claim(write, DELIVERABLES, deliverable_id, transition, "deliverableId")
    payload = {"reason": reason}
    await write.transition(deliverable, transition, "ods.deliverable.withdrawn", payload=payload, submitted_at=None)


# -- the client's decisions ------------------------------------------------------------------------------


async def accept_deliverable(
    write: WriteTransaction, *, deliverable_id: str, notes: str | None, reviewer_id: str | None
) -> None:
    """Accept a deliverable; the last one completes the scope, closes its line and makes the final payment due."""
    transition = lifecycle.ACCEPT_DELIVERABLE
    scope, deliverable = await parts.claim(write, DELIVERABLES, deliverable_id, transition, "deliverableId")
    await _review(write, deliverable, reviewer_id, accepted=True, notes=notes)
    await write.transition(deliverable, transition, "ods.deliverable.accepted", accepted_at=write.now)
    payment = None
    if await _complete(write, await write.get(CYCLES, deliverable.cycle_id)):
        payment = await payments.release(write, scope, PaymentTrigger.CYCLE_ACCEPTED)
    # The lock on the scope ensures that exactly one acceptance is the last one.
    if scope.open_count == 1:
        payment = await scopes.complete(write, scope)
    else:
        await write.change(scope, None, open_count=scope.open_count - 1)
    write.return_ids(cycle_id=deliverable.cycle_id, scope_id=scope.id, payment_id=payment.id if payment else None)


async def reject_deliverable(
    write: WriteTransaction,
    *,
    deliverable_id: str,
    rejection_reason: str,
    unmet_criteria: list[str],
    evidence: list[rules.Evidence],
    notes: str | None,
    reviewer_id: str | None,
) -> None:
    """Reject a deliverable because of unmet criteria; it is reworked in a remediation cycle."""
    transition = lifecycle.REJECT_DELIVERABLE
    scope, deliverable = await parts.claim(write, DELIVERABLES, deliverable_id, transition, "deliverableId")
    _refuse_unknown(deliverable, unmet_criteria, "unmetCriteria")
    _refuse_unknown(deliverable, [one.criterion_key for one in evidence], "evidence", "criterionKey")
    if not rules.rejection_is_precise(rejection_reason, unmet_criteria):
        raise rejected(
            ErrorCode.REJECTION_TOO_VAGUE,
            f"A rejection requires unmet criteria and a reason of at least {rules.REASON_AT_LEAST} characters.",
            "unmetCriteria" if not unmet_criteria else "rejectionReason",
            hint="Describe what is missing, so that the team can rework the deliverable.",
        )
    remediation = await _remediation(write, scope, await write.get(CYCLES, deliverable.cycle_id))
    await _review(
        write,
        deliverable,
        reviewer_id,
        accepted=False,
        notes=notes,
        rejection_reason=rejection_reason,
        unmet_criteria=[one for one in deliverable.acceptance_criteria if one["key"] in unmet_criteria],
        evidence=[asdict(one) for one in evidence],
        remediation_cycle_id=remediation.id,
    )
    await write.insert(
        models.DeliverableCycle,
        {
            "organization_id": deliverable.organization_id,
            "deliverable_id": deliverable.id,
            "cycle_id": remediation.id,
        },
    )
    payload = {"reason": rejection_reason, "unmet": unmet_criteria}
    await write.transition(
        deliverable, transition, "ods.deliverable.rejected", payload=payload, cycle_id=remediation.id
    )
    write.return_ids(remediation_cycle_id=remediation.id)


async def _review(
    write: WriteTransaction, deliverable: DeliverableRecord, reviewer_id: str | None, *, accepted: bool, **values: Any
) -> None:
    """Record the client's review of this attempt."""
    organization_id = deliverable.organization_id
    review = {
        "organization_id": organization_id,
        "deliverable_id": deliverable.id,
        "attempt": deliverable.attempt,
        "accepted": accepted,
        "reviewer_id": await acting_user(write, reviewer_id, organization_id, "reviewerId"),
        "reviewed_at": write.now,
        "unmet_criteria": [],
        "evidence": [],
    }
    await write.insert(models.DeliverableReview, review | values)


async def _remediation(write: WriteTransaction, scope: ScopeRecord, parent: Any) -> Any:
    """The remediation cycle of a cycle: one that has not started yet, or a new one."""
    cycles = await write.select(CYCLES, scope_id=scope.id)
    planned = [one for one in cycles if one.parent_id == parent.id and one.status == CycleStatus.PLANNED]
    if planned:
        return planned[0]
    first_day = write.now.date() + timedelta(days=1)
    return await write.create(
        CYCLES,
        "ods.cycle.remediation_created",
        payload={"parent_id": parent.id},
        id=(await write.issue(OCYCLE=1))["OCYCLE"][0],
        organization_id=scope.organization_id,
        scope_id=scope.id,
        sequence=max(one.sequence for one in cycles) + 1,
        kind=str(CycleKind.REMEDIATION),
        parent_id=parent.id,
        name=f"Remediation of {parent.name}",
        status=str(lifecycle.CREATE_REMEDIATION.target),
        planned_start=first_day,
        planned_end=rules.remediation_end(first_day, parent.planned_start, parent.planned_end),
        currency=scope.currency,
    )


def _keys(deliverable: DeliverableRecord) -> set[str]:
    return {criterion["key"] for criterion in deliverable.acceptance_criteria}


def _refuse_unknown(deliverable: DeliverableRecord, keys: Sequence[str | None], name: str, *rest: str) -> None:
    """Reject keys that are not keys of the deliverable's criteria."""
    known = sorted(_keys(deliverable))
    unknown = [
        Refusal(
            ErrorCode.INVALID,
            f"'{key[:40]}' is not a criterion of {deliverable.id}. Its criteria are {', '.join(known)}.",
            (name, str(place), *rest),
        )
        for place, key in enumerate(keys)
        if key is not None and key not in known
    ]
    if unknown:
        raise Rejected(*unknown)
