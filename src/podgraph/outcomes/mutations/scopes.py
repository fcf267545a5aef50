"""The mutations of scopes."""

from datetime import datetime
from decimal import Decimal

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import ListOf, Number, input_field, register_input
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode
from podgraph.outcomes import lifecycle, rules
from podgraph.outcomes.service import scopes
from podgraph.outcomes.types import Cycle, OutcomeRequest, Payment, Scope
from podgraph.service_lines.types import ServiceLine

_CANCELLED = ("ods.cycle.cancelled", "ods.deliverable.cancelled", "payment.void")

register_input(
    rules.PromisedDeliverable,
    "PromisedDeliverableInput",
    "What is promised, and what it will be accepted by.",
    title=("Its title: Test suite.", inputs.TITLE),
    description=("What it is.", inputs.DESCRIPTION),
    acceptance_criteria=(
        "What must be seen for it to be accepted, one at the least; they become AC-1, AC-2 and so on.",
        ListOf(50, inputs.REASON),
    ),
)
register_input(
    rules.PlannedCycle,
    "PlannedCycleInput",
    "A cycle of a proposal, and what is delivered in it.",
    name=("Its name: Cycle 1.", inputs.TITLE),
    planned_start="Its first day, today or later, after the last day of the cycle before: 2026-05-01.",
    weeks=("How many weeks it takes: 3 from 2026-05-01 end with 2026-05-21.", Number(1, 52)),
    deliverables=("What is delivered in it.", ListOf(50, least=1)),
)
register_input(
    rules.PaymentMilestone,
    "PaymentMilestoneInput",
    "A part of the price, and what releases it.",
    key=("Its name in the schedule: upfront.", inputs.TITLE),
    trigger="What releases it.",
    percent=("Its share of the price: 50.", Number(most=100, places=1, above=True)),
)


@strawberry.type(description="What became of a proposal.")
class ProposeScopePayload(Payload):
    scope: Scope | None = one("scope_id", "The scope that is proposed; null when it was refused.")
    request: OutcomeRequest | None = one("request_id", "The request that it is for.")


@strawberry.type(description="What became of a confirmation.")
class ConfirmScopePayload(Payload):
    scope: Scope | None = one("scope_id", "The scope as it is now; as it was when it was refused.")
    service_line: ServiceLine | None = one("service_line_id", "Its execution contract.")
    cycle: Cycle | None = one("cycle_id", "The cycle that it begins with.")
    payment: Payment | None = one("payment_id", "The payment that the confirmation makes due.")


@strawberry.type(description="What became of a declined proposal.")
class DeclineScopePayload(Payload):
    scope: Scope | None = one("scope_id", "The scope as it is now; as it was when it was refused.")
    request: OutcomeRequest | None = one("request_id", "The request, in scoping again.")


@strawberry.type(description="What became of a scope.")
class ScopePayload(Payload):
    scope: Scope | None = one("scope_id", "The scope as it is now; as it was when it was refused.")


@strawberry.input(description="What is proposed for a request: what, when, at which price.")
class ProposeScopeInput(Input):
    request_id: strawberry.ID = input_field("The request: OREQ-26-000041.", inputs.ID)
    title: str | None = input_field("The scope's title; the request's unless told.", inputs.TITLE, default=None)
    cycles: list[rules.PlannedCycle] = input_field("Its cycles, in their order.", ListOf(52, least=1))
    fixed_price: Decimal = input_field("Its price: 15500.00.", inputs.MONEY)
    currency: str | None = input_field(
        "The price's currency; it must be the organization's own.", inputs.CURRENCY, default=None
    )
    payment_schedule: list[rules.PaymentMilestone] | None = input_field(
        "The parts of its price, 100 % together, one of them due on confirmation and one on final"
        " acceptance; half and half unless told.",
        ListOf(60, least=2),
        default=None,
    )
    capacity_pool_id: strawberry.ID = input_field(
        "The pool that its capacity is taken from, the workspace's or the organization's: CAP-26-000112.",
        inputs.ID,
    )
    committed_per_week: Decimal = input_field(
        "Capacity that it takes a week, in the pool's resource: 40.", inputs.QUANTITY
    )
    valid_until: datetime | None = input_field("Until when it may be confirmed; no end unless told.", default=None)


@strawberry.input(description="Which scope to confirm.")
class ConfirmScopeInput(Input):
    scope_id: strawberry.ID = input_field("The scope: OSCOPE-26-000009.", inputs.ID)
    accepted_by: strawberry.ID | None = input_field(
        "Who accepts it; you, if you leave it out.", inputs.ID, default=None
    )


@strawberry.input(description="Which proposal to decline, and what it lacks.")
class DeclineScopeInput(Input):
    scope_id: strawberry.ID = input_field("The scope: OSCOPE-26-000009.", inputs.ID)
    reason: str = input_field("What it lacks: 'It works well' can not be checked.", inputs.REASON)


@strawberry.input(description="Which confirmed scope to stop, and why.")
class CancelScopeInput(Input):
    scope_id: strawberry.ID = input_field("The scope: OSCOPE-26-000009.", inputs.ID)
    reason: str = input_field("Why: the product is discontinued.", inputs.REASON)


@strawberry.type
class ScopeMutation:
    propose_scope: ProposeScopePayload = mutation(
        scopes.propose_scope,
        ProposeScopeInput,
        ProposeScopePayload,
        lifecycle.PROPOSE_SCOPE,
        "Propose what is delivered for a request, in which cycles, at which fixed price.",
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
        "Agree to a proposal: its one service line and allocation are opened, its first payment is due.",
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
        "Turn a proposal down and say what it lacks; another one follows.",
        shows="scope_id",
        events=("ods.scope.declined", "ods.request.scoping_resumed", *_CANCELLED),
    )
    cancel_scope: ScopePayload = mutation(
        scopes.cancel_scope,
        CancelScopeInput,
        ScopePayload,
        lifecycle.CANCEL_SCOPE,
        "Stop a confirmed scope: its line is terminated; what is due or paid stays so.",
        shows="scope_id",
        events=("ods.scope.cancelled", "allocation.closed", "service_line.terminated", *_CANCELLED),
    )
