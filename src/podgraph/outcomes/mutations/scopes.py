"""Mutations of scopes."""

from datetime import datetime
from decimal import Decimal

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import ListOf, Number, input_field, register_input
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode
from podgraph.outcomes import lifecycle, rules
from podgraph.outcomes.service import proposals, scopes
from podgraph.outcomes.types import Cycle, OutcomeRequest, Payment, Scope
from podgraph.service_lines.types import ServiceLine

_CANCELLED = ("ods.cycle.cancelled", "ods.deliverable.cancelled", "payment.void")

register_input(
    rules.PromisedDeliverable,
    "PromisedDeliverableInput",
    "A proposed deliverable and its acceptance criteria.",
    title=("Title, e.g. Test suite.", inputs.TITLE),
    description=("Description.", inputs.DESCRIPTION),
    acceptance_criteria=(
        "Acceptance criteria, at least one. They receive the keys AC-1, AC-2 and so on.",
        ListOf(50, inputs.REASON),
    ),
)
register_input(
    rules.PlannedCycle,
    "PlannedCycleInput",
    "A proposed cycle and its deliverables.",
    name=("Name, e.g. Cycle 1.", inputs.TITLE),
    planned_start="First day, today or later and after the last day of the preceding cycle, e.g. 2026-05-01.",
    weeks=("Length in weeks: 3 weeks from 2026-05-01 end on 2026-05-21.", Number(1, 52)),
    deliverables=("Deliverables of the cycle.", ListOf(50, least=1)),
)
register_input(
    rules.PaymentMilestone,
    "PaymentMilestoneInput",
    "An instalment of the price and its trigger.",
    key=("Key in the payment schedule, e.g. upfront.", inputs.TITLE),
    trigger="Trigger that makes the payment due.",
    percent=("Percentage of the price, e.g. 50.", Number(most=100, places=1, above=True)),
)


@strawberry.type(description="Result of `proposeScope`.")
class ProposeScopePayload(Payload):
    scope: Scope | None = one("scope_id", "The proposed scope; null if `userErrors` is not empty.")
    request: OutcomeRequest | None = one("request_id", "The outcome request.")


@strawberry.type(description="Result of `confirmScope`.")
class ConfirmScopePayload(Payload):
    scope: Scope | None = one("scope_id", "The scope after the mutation; unchanged if `userErrors` is not empty.")
    service_line: ServiceLine | None = one("service_line_id", "The service line of the scope.")
    cycle: Cycle | None = one("cycle_id", "The first cycle.")
    payment: Payment | None = one("payment_id", "The payment that became due with the confirmation.")


@strawberry.type(description="Result of `declineScope`.")
class DeclineScopePayload(Payload):
    scope: Scope | None = one("scope_id", "The scope after the mutation; unchanged if `userErrors` is not empty.")
    request: OutcomeRequest | None = one("request_id", "The outcome request, which returns to SCOPING.")


@strawberry.type(description="Result of a scope mutation.")
class ScopePayload(Payload):
    scope: Scope | None = one("scope_id", "The scope after the mutation; unchanged if `userErrors` is not empty.")


@strawberry.input(description="Input for `proposeScope`.")
class ProposeScopeInput(Input):
    request_id: strawberry.ID = input_field("Outcome request id, e.g. OREQ-26-000041.", inputs.ID)
    title: str | None = input_field("Title. Default: the request's title.", inputs.TITLE, default=None)
    cycles: list[rules.PlannedCycle] = input_field("Cycles in order.", ListOf(52, least=1))
    fixed_price: Decimal = input_field("Fixed price, e.g. 15500.00.", inputs.MONEY)
    currency: str | None = input_field(
        "Currency of the price; must be the organization's currency.", inputs.CURRENCY, default=None
    )
    payment_schedule: list[rules.PaymentMilestone] | None = input_field(
        "Instalments of the price: 100 % in total, exactly one with SCOPE_CONFIRMED and one with FINAL_ACCEPTANCE."
        " Default: 50 % each.",
        ListOf(60, least=2),
        default=None,
    )
    capacity_pool_id: strawberry.ID = input_field(
        "Id of a capacity pool of the workspace or organization, e.g. CAP-26-000112.",
        inputs.ID,
    )
    committed_per_week: Decimal = input_field(
        "Committed capacity per week, in the pool's unit, e.g. 40.", inputs.QUANTITY
    )
    valid_until: datetime | None = input_field(
        "Time until which the proposal can be confirmed. Default: no limit.", default=None
    )


@strawberry.input(description="Input for `confirmScope`.")
class ConfirmScopeInput(Input):
    scope_id: strawberry.ID = input_field("Scope id, e.g. OSCOPE-26-000009.", inputs.ID)
    accepted_by: strawberry.ID | None = input_field(
        "Id of the confirming user. Default: the caller.", inputs.ID, default=None
    )


@strawberry.input(description="Input for `declineScope`.")
class DeclineScopeInput(Input):
    scope_id: strawberry.ID = input_field("Scope id, e.g. OSCOPE-26-000009.", inputs.ID)
    reason: str = input_field("Reason, e.g. The criterion 'It works well' cannot be verified.", inputs.REASON)


@strawberry.input(description="Input for `cancelScope`.")
class CancelScopeInput(Input):
    scope_id: strawberry.ID = input_field("Scope id, e.g. OSCOPE-26-000009.", inputs.ID)
    reason: str = input_field("Reason, e.g. The product is discontinued.", inputs.REASON)


@strawberry.type
class ScopeMutation:
    propose_scope: ProposeScopePayload = mutation(
        proposals.propose_scope,
        ProposeScopeInput,
        ProposeScopePayload,
        lifecycle.PROPOSE_SCOPE,
        "Propose a scope for a request: deliverables, cycles and fixed price.",
        shows="request_id",
        codes=(
            ErrorCode.WEAK_ACCEPTANCE_CRITERIA,
            ErrorCode.SCOPE_EXCEEDS_BUDGET,
            ErrorCode.SCOPE_EXCEEDS_TIMELINE,
            ErrorCode.CURRENCY_MISMATCH,
            ErrorCode.CROSS_TENANT_REFERENCE,
        ),
        events=("ods.request.scoped", "capacity.gap_detected"),
    )
    confirm_scope: ConfirmScopePayload = mutation(
        scopes.confirm_scope,
        ConfirmScopeInput,
        ConfirmScopePayload,
        lifecycle.CONFIRM_SCOPE,
        "Confirm a proposed scope. Opens its service line and allocation, and makes the first payment due.",
        shows="scope_id",
        codes=(
            ErrorCode.PROPOSAL_EXPIRED,
            ErrorCode.SUBSCRIPTION_INACTIVE,
            ErrorCode.INSUFFICIENT_CAPACITY,
            ErrorCode.ACTOR_MISMATCH,
        ),
        events=("service_line.activated", "allocation.created", "ods.scope.confirmed", "payment.due"),
    )
    decline_scope: DeclineScopePayload = mutation(
        scopes.decline_scope,
        DeclineScopeInput,
        DeclineScopePayload,
        lifecycle.DECLINE_SCOPE,
        "Decline a proposed scope. The request returns to scoping.",
        shows="scope_id",
        events=("ods.scope.declined", "ods.request.scoping_resumed", *_CANCELLED),
    )
    cancel_scope: ScopePayload = mutation(
        scopes.cancel_scope,
        CancelScopeInput,
        ScopePayload,
        lifecycle.CANCEL_SCOPE,
        "Cancel a confirmed scope and terminate its service line. Due and paid payments are unchanged.",
        shows="scope_id",
        events=("ods.scope.cancelled", "allocation.closed", "service_line.terminated", *_CANCELLED),
    )
