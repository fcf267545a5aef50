"""The lives of outcome requests, scopes, cycles, deliverables and payments."""

from datetime import datetime
from typing import Any

from podgraph.accounts.lifecycle import CLIENT, DELIVERY, MEMBERS, OPERATOR, PAYERS
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.terms import Term
from podgraph.kernel.transitions import Transition
from podgraph.lines.lifecycle import ServiceLineStatus


class OutcomeRequestStatus(Term):
    """Where an outcome request stands."""

    SCOPING = "SCOPING", "A proposal is being made."
    SCOPED = "SCOPED", "A proposal was made; it stays SCOPED once the scope is confirmed."
    REQUIRES_NEGOTIATION = "REQUIRES_NEGOTIATION", "Budget or timeline can not be met as asked."
    CANCELLED = "CANCELLED", "No longer wanted. Final."


class ScopeStatus(Term):
    """Where a scope stands."""

    PENDING_CONFIRMATION = "PENDING_CONFIRMATION", "Proposed, waiting for the client's yes."
    ACTIVE = "ACTIVE", "Confirmed and being delivered."
    COMPLETED = "COMPLETED", "Every deliverable is accepted. Final."
    CANCELLED = "CANCELLED", "Declined, or stopped after its confirmation. Final."


class CycleStatus(Term):
    """Where a cycle stands."""

    PLANNED = "PLANNED", "Not started yet."
    IN_PROGRESS = "IN_PROGRESS", "The team works on its deliverables."
    IN_REVIEW = "IN_REVIEW", "All is submitted; the client decides."
    COMPLETED = "COMPLETED", "Everything in it is accepted, or was put right in its remediations. Final."
    CANCELLED = "CANCELLED", "Ended with its scope. Final."


class CycleKind(Term):
    """What a cycle is for."""

    DELIVERY = "DELIVERY", "Delivers what the scope promises."
    REMEDIATION = "REMEDIATION", "Puts rejected deliverables right, at no additional cost."


class DeliverableStatus(Term):
    """Where a deliverable stands."""

    PENDING = "PENDING", "Not started yet."
    IN_PROGRESS = "IN_PROGRESS", "Being worked on."
    COMPLETED = "COMPLETED", "Submitted by the team; others of its cycle are still open."
    READY_FOR_ACCEPTANCE = "READY_FOR_ACCEPTANCE", "Its whole cycle is submitted; the client decides."
    ACCEPTED = "ACCEPTED", "Accepted by the client. Final."
    REJECTED = "REJECTED", "Rejected; the work begins again when its remediation cycle starts."
    CANCELLED = "CANCELLED", "Ended with its scope. Final."


class PaymentStatus(Term):
    """Where a payment stands."""

    SCHEDULED = "SCHEDULED", "Agreed; what releases it has not happened yet."
    DUE = "DUE", "To be paid by its due time."
    PAID = "PAID", "Received. Final."
    VOID = "VOID", "No longer owed. Final."


class PaymentTrigger(Term):
    """What releases a payment."""

    SCOPE_CONFIRMED = "SCOPE_CONFIRMED", "The client confirms the scope."
    CYCLE_ACCEPTED = "CYCLE_ACCEPTED", "Every deliverable of a cycle is accepted."
    FINAL_ACCEPTANCE = "FINAL_ACCEPTANCE", "The last deliverable of the scope is accepted."


def _proposal_is_valid(scope: Any, now: datetime) -> Refusal | None:
    if scope.valid_until is None or now <= scope.valid_until:
        return None
    return Refusal(
        ErrorCode.PROPOSAL_EXPIRED, f"The proposal was valid until {scope.valid_until:%Y-%m-%d %H:%M} UTC."
    )


_SCOPING = frozenset({OutcomeRequestStatus.SCOPING})
_SCOPED = frozenset({OutcomeRequestStatus.SCOPED})
_NEGOTIATING = frozenset({OutcomeRequestStatus.REQUIRES_NEGOTIATION})

OUTCOME_REQUEST = (
    Transition("updateOutcomeRequest", _SCOPING | _NEGOTIATING, None, MEMBERS),
    Transition("proposeScope", _SCOPING, OutcomeRequestStatus.SCOPED, OPERATOR),
    # A SCOPED request whose scope is confirmed can neither be negotiated nor cancelled any more: its
    # scope says so, not the request's own row, and therefore not this table.
    Transition("requireNegotiation", _SCOPING | _SCOPED, OutcomeRequestStatus.REQUIRES_NEGOTIATION, OPERATOR),
    Transition("resumeScoping", _NEGOTIATING, OutcomeRequestStatus.SCOPING, CLIENT | OPERATOR),
    Transition(
        "cancelOutcomeRequest",
        _SCOPING | _SCOPED | _NEGOTIATING,
        OutcomeRequestStatus.CANCELLED,
        CLIENT | OPERATOR,
    ),
)
"""What may be done to an outcome request. Declining its scope takes it back to SCOPING."""

_PROPOSED = frozenset({ScopeStatus.PENDING_CONFIRMATION})

SCOPE = (
    Transition("confirmScope", _PROPOSED, ScopeStatus.ACTIVE, CLIENT, (_proposal_is_valid,)),
    Transition("declineScope", _PROPOSED, ScopeStatus.CANCELLED, CLIENT),
    Transition("cancelScope", frozenset({ScopeStatus.ACTIVE}), ScopeStatus.CANCELLED, CLIENT | OPERATOR),
)
"""What may be done to a scope. Accepting its last deliverable makes it COMPLETED."""

CYCLE = (Transition("startCycle", frozenset({CycleStatus.PLANNED}), CycleStatus.IN_PROGRESS, DELIVERY),)
"""What may be done to a cycle; the clock starts one at its planned start too.

It is IN_REVIEW once its last open deliverable is submitted, COMPLETED once all are accepted or put
right in its remediations, and CANCELLED with its scope. A cycle starts after the one before it.
"""

_AT_WORK = frozenset({DeliverableStatus.IN_PROGRESS})
_READY = frozenset({DeliverableStatus.READY_FOR_ACCEPTANCE})

DELIVERABLE = (
    Transition(
        "startDeliverable",
        frozenset({DeliverableStatus.PENDING}),
        DeliverableStatus.IN_PROGRESS,
        DELIVERY,
    ),
    Transition("submitDeliverable", _AT_WORK, DeliverableStatus.COMPLETED, DELIVERY),
    Transition(
        "withdrawDeliverable",
        frozenset({DeliverableStatus.COMPLETED}),
        DeliverableStatus.IN_PROGRESS,
        DELIVERY,
    ),
    Transition("acceptDeliverable", _READY, DeliverableStatus.ACCEPTED, CLIENT),
    Transition("rejectDeliverable", _READY, DeliverableStatus.REJECTED, CLIENT),
)
"""What may be done to a deliverable: the team's moves while its cycle runs, then the client's.

Submitting the last of a cycle makes all of it READY_FOR_ACCEPTANCE; the start of the remediation
cycle takes a REJECTED one back to IN_PROGRESS; a cancelled scope cancels those still open.
"""

PAYMENT = (
    Transition("recordPayment", frozenset({PaymentStatus.DUE}), PaymentStatus.PAID, PAYERS),
    Transition(
        "voidPayment",
        frozenset({PaymentStatus.SCHEDULED, PaymentStatus.DUE}),
        PaymentStatus.VOID,
        OPERATOR,
    ),
)
"""What may be done to a payment. It becomes DUE when its trigger happens; overdue is derived."""

LINE_STATUS = {
    ScopeStatus.ACTIVE: ServiceLineStatus.ACTIVE,
    ScopeStatus.COMPLETED: ServiceLineStatus.CLOSED,
    ScopeStatus.CANCELLED: ServiceLineStatus.TERMINATED,
}
"""The status of a scope's service line, by the status of the scope; before its confirmation it has none."""
