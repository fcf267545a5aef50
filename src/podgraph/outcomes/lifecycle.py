"""State machines of outcome requests, scopes, cycles, deliverables and payments."""

from datetime import datetime
from typing import Any

from podgraph.accounts.lifecycle import SubscriptionStatus
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.roles import CLIENT, DELIVERY, MEMBERS, OPERATOR, PAYERS
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition
from podgraph.service_lines.lifecycle import ServiceLineStatus


class OutcomeRequestStatus(DescribedEnum):
    """Status of an outcome request."""

    SCOPING = "SCOPING", "The account team is preparing a proposal."
    SCOPED = "SCOPED", "A scope has been proposed or confirmed."
    REQUIRES_NEGOTIATION = "REQUIRES_NEGOTIATION", "The budget or timeline cannot be met as requested."
    CANCELLED = "CANCELLED", "Cancelled. Final."


class ScopeStatus(DescribedEnum):
    """Status of a scope."""

    PENDING_CONFIRMATION = "PENDING_CONFIRMATION", "Proposed and awaiting the client's confirmation."
    ACTIVE = "ACTIVE", "Confirmed; delivery is in progress."
    COMPLETED = "COMPLETED", "All deliverables are accepted. Final."
    CANCELLED = "CANCELLED", "Declined, withdrawn, or cancelled after confirmation. Final."


class CycleStatus(DescribedEnum):
    """Status of a cycle."""

    PLANNED = "PLANNED", "Not yet started."
    IN_PROGRESS = "IN_PROGRESS", "The team is working on its deliverables."
    IN_REVIEW = "IN_REVIEW", "All deliverables are submitted and await the client's decision."
    COMPLETED = "COMPLETED", "All deliverables are accepted, or were reworked in remediation cycles. Final."
    CANCELLED = "CANCELLED", "Cancelled with its scope. Final."


class CycleKind(DescribedEnum):
    """Purpose of a cycle."""

    DELIVERY = "DELIVERY", "Delivers deliverables of the scope."
    REMEDIATION = "REMEDIATION", "Reworks rejected deliverables at no additional cost."


class DeliverableStatus(DescribedEnum):
    """Status of a deliverable."""

    PENDING = "PENDING", "Not yet started."
    IN_PROGRESS = "IN_PROGRESS", "Work is in progress."
    COMPLETED = "COMPLETED", "Submitted; other deliverables of its cycle are not."
    READY_FOR_ACCEPTANCE = "READY_FOR_ACCEPTANCE", "Awaiting the client's decision; its whole cycle is submitted."
    ACCEPTED = "ACCEPTED", "Accepted by the client. Final."
    REJECTED = "REJECTED", "Rejected by the client; work resumes when its remediation cycle starts."
    CANCELLED = "CANCELLED", "Cancelled with its scope. Final."


class PaymentStatus(DescribedEnum):
    """Status of a payment."""

    SCHEDULED = "SCHEDULED", "Agreed; its trigger has not occurred yet."
    DUE = "DUE", "Payable by its due date."
    PAID = "PAID", "Paid. Final."
    VOID = "VOID", "No longer owed. Final."


class PaymentTrigger(DescribedEnum):
    """Trigger that makes a payment due."""

    SCOPE_CONFIRMED = "SCOPE_CONFIRMED", "The client confirms the scope."
    CYCLE_ACCEPTED = "CYCLE_ACCEPTED", "All deliverables of a cycle are accepted."
    FINAL_ACCEPTANCE = "FINAL_ACCEPTANCE", "The last deliverable of the scope is accepted."


def _not_confirmed(request: Any, _now: datetime) -> Refusal | None:
    if request.scope_status in (None, ScopeStatus.PENDING_CONFIRMATION):
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        f"Its scope {request.scope_id} is {request.scope_status}, so it has been confirmed.",
        hint="Cancel the scope with cancelScope.",
    )


def _proposal_is_valid(scope: Any, now: datetime) -> Refusal | None:
    if scope.valid_until is None or now <= scope.valid_until:
        return None
    return Refusal(ErrorCode.PROPOSAL_EXPIRED, f"The proposal was valid until {scope.valid_until:%Y-%m-%d %H:%M} UTC.")


def _subscription_carries_it(scope: Any, _now: datetime) -> Refusal | None:
    if scope.subscription_status in (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE):
        return None
    return Refusal(ErrorCode.SUBSCRIPTION_INACTIVE, f"The subscription is {scope.subscription_status}.")


def _scope_is_active(cycle: Any, _now: datetime) -> Refusal | None:
    if cycle.scope_status == ScopeStatus.ACTIVE:
        return None
    return Refusal(ErrorCode.INVALID_TRANSITION, f"Its scope is {cycle.scope_status}, not ACTIVE.")


def _the_one_before_is_completed(cycle: Any, _now: datetime) -> Refusal | None:
    if cycle.waits_for is None:
        return None
    return Refusal(ErrorCode.INVALID_TRANSITION, f"The preceding cycle {cycle.waits_for} is not COMPLETED.")


def _planned_start_has_come(cycle: Any, now: datetime) -> Refusal | None:
    if cycle.planned_start <= now.date():
        return None
    return Refusal(ErrorCode.INVALID_TRANSITION, f"The planned start is {cycle.planned_start}.")


def _cycle_is_running(deliverable: Any, _now: datetime) -> Refusal | None:
    if deliverable.cycle_status == CycleStatus.IN_PROGRESS:
        return None
    return Refusal(ErrorCode.INVALID_TRANSITION, f"Its cycle is {deliverable.cycle_status}, not IN_PROGRESS.")


_SCOPING = frozenset({OutcomeRequestStatus.SCOPING})
_SCOPED = frozenset({OutcomeRequestStatus.SCOPED})
_NEGOTIATING = frozenset({OutcomeRequestStatus.REQUIRES_NEGOTIATION})

SUBMIT_REQUEST = Transition("submitOutcomeRequest", CREATES, OutcomeRequestStatus.SCOPING, MEMBERS)
UPDATE_REQUEST = Transition("updateOutcomeRequest", _SCOPING | _NEGOTIATING, None, MEMBERS)
PROPOSE_SCOPE = Transition("proposeScope", _SCOPING, OutcomeRequestStatus.SCOPED, OPERATOR)
REQUIRE_NEGOTIATION = Transition(
    "requireNegotiation",
    _SCOPING | _SCOPED,
    OutcomeRequestStatus.REQUIRES_NEGOTIATION,
    OPERATOR,
    (_not_confirmed,),
)
RESUME_SCOPING = Transition("resumeScoping", _NEGOTIATING, OutcomeRequestStatus.SCOPING, CLIENT | OPERATOR)
SCOPE_AGAIN = Transition("declineScope", _SCOPED, OutcomeRequestStatus.SCOPING, AUTOMATIC)
CANCEL_REQUEST = Transition(
    "cancelOutcomeRequest",
    _SCOPING | _SCOPED | _NEGOTIATING,
    OutcomeRequestStatus.CANCELLED,
    CLIENT | OPERATOR,
    (_not_confirmed,),
)

OUTCOME_REQUEST = (
    SUBMIT_REQUEST,
    UPDATE_REQUEST,
    PROPOSE_SCOPE,
    REQUIRE_NEGOTIATION,
    RESUME_SCOPING,
    SCOPE_AGAIN,
    CANCEL_REQUEST,
)
"""Transitions of an outcome request."""

_PROPOSED = frozenset({ScopeStatus.PENDING_CONFIRMATION})
_ACTIVE = frozenset({ScopeStatus.ACTIVE})

CREATE_SCOPE = Transition("proposeScope", CREATES, ScopeStatus.PENDING_CONFIRMATION, OPERATOR)
CONFIRM_SCOPE = Transition(
    "confirmScope", _PROPOSED, ScopeStatus.ACTIVE, CLIENT, (_proposal_is_valid, _subscription_carries_it)
)
DECLINE_SCOPE = Transition("declineScope", _PROPOSED, ScopeStatus.CANCELLED, CLIENT)
WITHDRAW_SCOPE = Transition("requireNegotiation or cancelOutcomeRequest", _PROPOSED, ScopeStatus.CANCELLED, AUTOMATIC)
CANCEL_SCOPE = Transition("cancelScope", _ACTIVE, ScopeStatus.CANCELLED, CLIENT | OPERATOR)
COMPLETE_SCOPE = Transition("acceptDeliverable of the last one", _ACTIVE, ScopeStatus.COMPLETED, AUTOMATIC)

SCOPE = (CREATE_SCOPE, CONFIRM_SCOPE, DECLINE_SCOPE, WITHDRAW_SCOPE, CANCEL_SCOPE, COMPLETE_SCOPE)
"""Transitions of a scope."""

_WITH_ITS_SCOPE = "declineScope, cancelScope, or the end of the proposal"
_PLANNED = frozenset({CycleStatus.PLANNED})
_STARTABLE = (_scope_is_active, _the_one_before_is_completed)

PLAN_CYCLE = Transition("proposeScope", CREATES, CycleStatus.PLANNED, OPERATOR)
CREATE_REMEDIATION = Transition("rejectDeliverable", CREATES, CycleStatus.PLANNED, CLIENT)
START_CYCLE = Transition("startCycle", _PLANNED, CycleStatus.IN_PROGRESS, DELIVERY, _STARTABLE)
START_ON_TIME = Transition(
    "tick at planned start",
    _PLANNED,
    CycleStatus.IN_PROGRESS,
    AUTOMATIC,
    (*_STARTABLE, _planned_start_has_come),
)
START_NEXT = Transition("completion of the cycle before", _PLANNED, CycleStatus.IN_PROGRESS, AUTOMATIC)
REVIEW_CYCLE = Transition(
    "submitDeliverable of the last one",
    frozenset({CycleStatus.IN_PROGRESS}),
    CycleStatus.IN_REVIEW,
    AUTOMATIC,
)
COMPLETE_CYCLE = Transition(
    "acceptDeliverable of the last one", frozenset({CycleStatus.IN_REVIEW}), CycleStatus.COMPLETED, AUTOMATIC
)
CANCEL_CYCLE = Transition(
    _WITH_ITS_SCOPE,
    frozenset({CycleStatus.PLANNED, CycleStatus.IN_PROGRESS, CycleStatus.IN_REVIEW}),
    CycleStatus.CANCELLED,
    AUTOMATIC,
)

CYCLE = (
    PLAN_CYCLE,
    CREATE_REMEDIATION,
    START_CYCLE,
    START_ON_TIME,
    START_NEXT,
    REVIEW_CYCLE,
    COMPLETE_CYCLE,
    CANCEL_CYCLE,
)
"""Transitions of a cycle. Cycles of a scope run in sequence."""

_AT_WORK = frozenset({DeliverableStatus.IN_PROGRESS})
_SUBMITTED = frozenset({DeliverableStatus.COMPLETED})
_READY = frozenset({DeliverableStatus.READY_FOR_ACCEPTANCE})

PROMISE_DELIVERABLE = Transition("proposeScope", CREATES, DeliverableStatus.PENDING, OPERATOR)
START_DELIVERABLE = Transition(
    "startDeliverable",
    frozenset({DeliverableStatus.PENDING}),
    DeliverableStatus.IN_PROGRESS,
    DELIVERY,
    (_cycle_is_running,),
)
SUBMIT_DELIVERABLE = Transition("submitDeliverable", _AT_WORK, DeliverableStatus.COMPLETED, DELIVERY)
WITHDRAW_DELIVERABLE = Transition(
    "withdrawDeliverable", _SUBMITTED, DeliverableStatus.IN_PROGRESS, DELIVERY, (_cycle_is_running,)
)
SURFACE_DELIVERABLE = Transition(
    "submitDeliverable of the last one of its cycle",
    _SUBMITTED,
    DeliverableStatus.READY_FOR_ACCEPTANCE,
    AUTOMATIC,
)
ACCEPT_DELIVERABLE = Transition("acceptDeliverable", _READY, DeliverableStatus.ACCEPTED, CLIENT)
REJECT_DELIVERABLE = Transition("rejectDeliverable", _READY, DeliverableStatus.REJECTED, CLIENT)
REWORK_DELIVERABLE = Transition(
    "start of its remediation",
    frozenset({DeliverableStatus.REJECTED}),
    DeliverableStatus.IN_PROGRESS,
    AUTOMATIC,
)
CANCEL_DELIVERABLE = Transition(
    _WITH_ITS_SCOPE,
    frozenset(DeliverableStatus) - {DeliverableStatus.ACCEPTED, DeliverableStatus.CANCELLED},
    DeliverableStatus.CANCELLED,
    AUTOMATIC,
)

DELIVERABLE = (
    PROMISE_DELIVERABLE,
    START_DELIVERABLE,
    SUBMIT_DELIVERABLE,
    WITHDRAW_DELIVERABLE,
    SURFACE_DELIVERABLE,
    ACCEPT_DELIVERABLE,
    REJECT_DELIVERABLE,
    REWORK_DELIVERABLE,
    CANCEL_DELIVERABLE,
)
"""Transitions of a deliverable: by the team while its cycle is in progress, then by the client."""

_SCHEDULED = frozenset({PaymentStatus.SCHEDULED})
_DUE = frozenset({PaymentStatus.DUE})

SCHEDULE_PAYMENT = Transition("proposeScope", CREATES, PaymentStatus.SCHEDULED, OPERATOR)
RELEASE_PAYMENT = Transition(
    "confirmScope, or acceptDeliverable of the last one", _SCHEDULED, PaymentStatus.DUE, AUTOMATIC
)
RECORD_PAYMENT = Transition("recordPayment", _DUE, PaymentStatus.PAID, PAYERS)
VOID_PAYMENT = Transition("voidPayment", _SCHEDULED | _DUE, PaymentStatus.VOID, OPERATOR)
DROP_PAYMENT = Transition(_WITH_ITS_SCOPE, _SCHEDULED, PaymentStatus.VOID, AUTOMATIC)

PAYMENT = (SCHEDULE_PAYMENT, RELEASE_PAYMENT, RECORD_PAYMENT, VOID_PAYMENT, DROP_PAYMENT)
"""Transitions of a payment; `overdue` is computed."""

LINE_STATUS = {
    ScopeStatus.ACTIVE: ServiceLineStatus.ACTIVE,
    ScopeStatus.COMPLETED: ServiceLineStatus.CLOSED,
    ScopeStatus.CANCELLED: ServiceLineStatus.TERMINATED,
}
"""Status of the service line by status of the scope; an unconfirmed scope has no service line."""
