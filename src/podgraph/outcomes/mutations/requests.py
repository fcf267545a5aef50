"""The mutations of outcome requests."""

from decimal import Decimal

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import ListOf, Number, input_field, register_input
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode
from podgraph.outcomes import lifecycle, rules
from podgraph.outcomes.service import requests
from podgraph.outcomes.types import OutcomeRequest

CRITERIA = ListOf(50, inputs.REASON, least=1)
"""How the outcome of a request will be seen."""
_WEEKS = Number(1, 52)
_PROJECTS = ListOf(20, inputs.ID)
_WITHDRAWN = ("ods.scope.cancelled", "ods.cycle.cancelled", "ods.deliverable.cancelled", "payment.void")

register_input(
    rules.CapacityNeed,
    "CapacityNeedInput",
    "What an outcome is expected to need of people, so that it is seen in the demand before it is proposed.",
    hours_per_week=("Hours per week: 40.", inputs.QUANTITY),
    needed_from="From this day on, today or later: 2026-07-06.",
)


@strawberry.type(description="What became of an outcome request.")
class OutcomeRequestPayload(Payload):
    request: OutcomeRequest | None = one("request_id", "The request as it is now; as it was when it was refused.")


@strawberry.input(description="An outcome that is asked for, and what binds it.")
class SubmitOutcomeRequestInput(Input):
    workspace_id: strawberry.ID = input_field("The workspace that it is for: WS-26-000021.", inputs.ID)
    subscription_id: strawberry.ID = input_field("The contract that it is under: SUB-26-001122.", inputs.ID)
    project_ids: list[strawberry.ID] = input_field(
        "Projects of the organization to label it with: PROJ-26-004281.", _PROJECTS, default_factory=list
    )
    title: str = input_field("Its title: Payment webhook reliability.", inputs.TITLE)
    description: str = input_field("What is wrong or missing now.", inputs.DESCRIPTION)
    desired_outcome: str = input_field("What must be true in the end.", inputs.DESCRIPTION)
    acceptance_criteria: list[str] = input_field("How that will be seen, criterion by criterion.", CRITERIA)
    timeline_weeks: int | None = input_field("The most weeks that it may take.", _WEEKS, default=None)
    budget_max: Decimal | None = input_field("The most that it may cost: 18000.00.", inputs.MONEY, default=None)
    currency: str | None = input_field(
        "The budget's currency; it must be the organization's own.", inputs.CURRENCY, default=None
    )
    expected_capacity: rules.CapacityNeed | None = input_field("What it is expected to need of people.", default=None)
    submitted_by: strawberry.ID | None = input_field(
        "Who asks; you, unless you are the account team and act for a member.", inputs.ID, default=None
    )


@strawberry.input(description="What is asked for differently; what is left out stays as it is.")
class UpdateOutcomeRequestInput(Input):
    request_id: strawberry.ID = input_field("The request: OREQ-26-000041.", inputs.ID)
    project_ids: strawberry.Maybe[list[strawberry.ID]] = input_field(
        "Projects of the organization to label it with, in place of those before.", _PROJECTS
    )
    title: strawberry.Maybe[str] = input_field("Its title.", inputs.TITLE)
    description: strawberry.Maybe[str] = input_field("What is wrong or missing now.", inputs.DESCRIPTION)
    desired_outcome: strawberry.Maybe[str] = input_field("What must be true in the end.", inputs.DESCRIPTION)
    acceptance_criteria: strawberry.Maybe[list[str]] = input_field("How that will be seen.", CRITERIA)
    timeline_weeks: strawberry.Maybe[int | None] = input_field(
        "The most weeks that it may take; null for no limit.", _WEEKS
    )
    budget_max: strawberry.Maybe[Decimal | None] = input_field(
        "The most that it may cost; null for no limit.", inputs.MONEY
    )
    currency: str | None = input_field(
        "The budget's currency; it must be the organization's own.", inputs.CURRENCY, default=None
    )
    expected_capacity: strawberry.Maybe[rules.CapacityNeed | None] = input_field(
        "What it is expected to need of people; null for nothing that is known."
    )


@strawberry.input(description="Which request can not be met as asked, and why.")
class RequireNegotiationInput(Input):
    request_id: strawberry.ID = input_field("The request: OREQ-26-000041.", inputs.ID)
    reason: str = input_field("Why: scoring in real time takes six weeks, not two.", inputs.REASON)


@strawberry.input(description="Which request to go on with.")
class ResumeScopingInput(Input):
    request_id: strawberry.ID = input_field("The request: OREQ-26-000041.", inputs.ID)


@strawberry.input(description="Which request to give up.")
class CancelOutcomeRequestInput(Input):
    request_id: strawberry.ID = input_field("The request: OREQ-26-000041.", inputs.ID)
    reason: str | None = input_field("Why: no longer wanted.", inputs.REASON, default=None)


@strawberry.type
class RequestMutation:
    submit_outcome_request: OutcomeRequestPayload = mutation(
        requests.submit_outcome_request,
        SubmitOutcomeRequestInput,
        OutcomeRequestPayload,
        lifecycle.SUBMIT_REQUEST,
        "Ask for an outcome; the account team proposes a scope for it, or asks to negotiate.",
        codes=(
            ErrorCode.SUBSCRIPTION_INACTIVE,
            ErrorCode.CROSS_TENANT_REFERENCE,
            ErrorCode.CURRENCY_MISMATCH,
            ErrorCode.ACTOR_MISMATCH,
        ),
        events=("ods.request.submitted", "capacity.gap_detected"),
    )
    update_outcome_request: OutcomeRequestPayload = mutation(
        requests.update_outcome_request,
        UpdateOutcomeRequestInput,
        OutcomeRequestPayload,
        lifecycle.UPDATE_REQUEST,
        "Change what is asked for, as long as nothing is proposed.",
        shows="request_id",
        codes=(ErrorCode.CROSS_TENANT_REFERENCE, ErrorCode.CURRENCY_MISMATCH),
        events=("ods.request.updated", "capacity.gap_detected"),
    )
    require_negotiation: OutcomeRequestPayload = mutation(
        requests.require_negotiation,
        RequireNegotiationInput,
        OutcomeRequestPayload,
        lifecycle.REQUIRE_NEGOTIATION,
        "Say that budget or timeline can not be met as asked; an open proposal is withdrawn.",
        shows="request_id",
        events=("ods.request.requires_negotiation", *_WITHDRAWN),
    )
    resume_scoping: OutcomeRequestPayload = mutation(
        requests.resume_scoping,
        ResumeScopingInput,
        OutcomeRequestPayload,
        lifecycle.RESUME_SCOPING,
        "Go on with a request after a negotiation.",
        shows="request_id",
        events=("ods.request.scoping_resumed",),
    )
    cancel_outcome_request: OutcomeRequestPayload = mutation(
        requests.cancel_outcome_request,
        CancelOutcomeRequestInput,
        OutcomeRequestPayload,
        lifecycle.CANCEL_REQUEST,
        "Give an outcome up before anything is confirmed; an open proposal is withdrawn.",
        shows="request_id",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("ods.request.cancelled", *_WITHDRAWN),
    )
