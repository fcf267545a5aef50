"""Mutations of outcome requests."""

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
"""Validation of the acceptance criteria of a request."""
_WEEKS = Number(1, 52)
_PROJECTS = ListOf(20, inputs.ID)
_WITHDRAWN = ("ods.scope.cancelled", "ods.cycle.cancelled", "ods.deliverable.cancelled", "payment.void")

register_input(
    rules.CapacityNeed,
    "CapacityNeedInput",
    "Expected talent hours, included in the capacity demand until a scope is proposed.",
    hours_per_week=("Hours per week, e.g. 40.", inputs.QUANTITY),
    needed_from="First day, today or later, e.g. 2026-07-06.",
)


@strawberry.type(description="Result of an outcome request mutation.")
class OutcomeRequestPayload(Payload):
    request: OutcomeRequest | None = one(
        "request_id", "The request after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.input(description="Input for `submitOutcomeRequest`.")
class SubmitOutcomeRequestInput(Input):
    workspace_id: strawberry.ID = input_field("Workspace id, e.g. WS-26-000021.", inputs.ID)
    subscription_id: strawberry.ID = input_field("Commercial subscription id, e.g. SUB-26-001122.", inputs.ID)
    project_ids: list[strawberry.ID] = input_field(
        "Ids of projects with which to label the request, e.g. PROJ-26-004281.", _PROJECTS, default_factory=list
    )
    title: str = input_field("Title, e.g. Payment webhook reliability.", inputs.TITLE)
    description: str = input_field("Description of the problem.", inputs.DESCRIPTION)
    desired_outcome: str = input_field("Desired outcome.", inputs.DESCRIPTION)
    acceptance_criteria: list[str] = input_field("Acceptance criteria for the outcome.", CRITERIA)
    timeline_weeks: int | None = input_field("Maximum timeline in weeks.", _WEEKS, default=None)
    budget_max: Decimal | None = input_field("Maximum budget, e.g. 18000.00.", inputs.MONEY, default=None)
    currency: str | None = input_field(
        "Currency of the budget; must be the organization's currency.", inputs.CURRENCY, default=None
    )
    expected_capacity: rules.CapacityNeed | None = input_field("Expected talent hours.", default=None)
    submitted_by: strawberry.ID | None = input_field(
        "Id of the requesting user. Default: the caller. The account team may act on behalf of a member.",
        inputs.ID,
        default=None,
    )


@strawberry.input(description="Input for `updateOutcomeRequest`. Omitted fields are unchanged.")
class UpdateOutcomeRequestInput(Input):
    request_id: strawberry.ID = input_field("Outcome request id, e.g. OREQ-26-000041.", inputs.ID)
    project_ids: strawberry.Maybe[list[strawberry.ID]] = input_field(
        "Ids of projects that replace the current labels.", _PROJECTS
    )
    title: strawberry.Maybe[str] = input_field("Title.", inputs.TITLE)
    description: strawberry.Maybe[str] = input_field("Description of the problem.", inputs.DESCRIPTION)
    desired_outcome: strawberry.Maybe[str] = input_field("Desired outcome.", inputs.DESCRIPTION)
    acceptance_criteria: strawberry.Maybe[list[str]] = input_field("Acceptance criteria for the outcome.", CRITERIA)
    timeline_weeks: strawberry.Maybe[int | None] = input_field("Maximum timeline in weeks; null for no limit.", _WEEKS)
    budget_max: strawberry.Maybe[Decimal | None] = input_field("Maximum budget; null for no limit.", inputs.MONEY)
    currency: str | None = input_field(
        "Currency of the budget; must be the organization's currency.", inputs.CURRENCY, default=None
    )
    expected_capacity: strawberry.Maybe[rules.CapacityNeed | None] = input_field(
        "Expected talent hours; null if unknown."
    )


@strawberry.input(description="Input for `requireNegotiation`.")
class RequireNegotiationInput(Input):
    request_id: strawberry.ID = input_field("Outcome request id, e.g. OREQ-26-000041.", inputs.ID)
    reason: str = input_field("Reason, e.g. Real-time scoring takes six weeks, not two.", inputs.REASON)


@strawberry.input(description="Input for `resumeScoping`.")
class ResumeScopingInput(Input):
    request_id: strawberry.ID = input_field("Outcome request id, e.g. OREQ-26-000041.", inputs.ID)


@strawberry.input(description="Input for `cancelOutcomeRequest`.")
class CancelOutcomeRequestInput(Input):
    request_id: strawberry.ID = input_field("Outcome request id, e.g. OREQ-26-000041.", inputs.ID)
    reason: str | None = input_field("Reason, e.g. No longer needed.", inputs.REASON, default=None)


@strawberry.type
class RequestMutation:
    submit_outcome_request: OutcomeRequestPayload = mutation(
        requests.submit_outcome_request,
        SubmitOutcomeRequestInput,
        OutcomeRequestPayload,
        lifecycle.SUBMIT_REQUEST,
        "Submit a request for an outcome. The account team then proposes a scope or requires negotiation.",
        codes=(
            ErrorCode.INVALID_TRANSITION,
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
        "Update a request for which no scope is proposed.",
        shows="request_id",
        codes=(ErrorCode.CROSS_TENANT_REFERENCE, ErrorCode.CURRENCY_MISMATCH),
        events=("ods.request.updated", "capacity.gap_detected"),
    )
    require_negotiation: OutcomeRequestPayload = mutation(
        requests.require_negotiation,
        RequireNegotiationInput,
        OutcomeRequestPayload,
        lifecycle.REQUIRE_NEGOTIATION,
        "Require negotiation, because the budget or timeline cannot be met. An open proposal is withdrawn.",
        shows="request_id",
        events=("ods.request.requires_negotiation", *_WITHDRAWN),
    )
    resume_scoping: OutcomeRequestPayload = mutation(
        requests.resume_scoping,
        ResumeScopingInput,
        OutcomeRequestPayload,
        lifecycle.RESUME_SCOPING,
        "Resume scoping after a negotiation.",
        shows="request_id",
        events=("ods.request.scoping_resumed",),
    )
    cancel_outcome_request: OutcomeRequestPayload = mutation(
        requests.cancel_outcome_request,
        CancelOutcomeRequestInput,
        OutcomeRequestPayload,
        lifecycle.CANCEL_REQUEST,
        "Cancel a request without a confirmed scope. An open proposal is withdrawn.",
        shows="request_id",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("ods.request.cancelled", *_WITHDRAWN),
    )
