"""Mutations of pods and their scopes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import ListOf, Number, Text, input_field, register_input
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode
from podgraph.kernel.periods import Period
from podgraph.pods import lifecycle
from podgraph.pods.lifecycle import DeliveryModel, SlaMetricKind
from podgraph.pods.rules import RevisedItem, SlaTargets, TeamMember, TermBreach
from podgraph.pods.service import details, pods, proposals, scopes, team
from podgraph.pods.types import Pod, PodScope

TEAM = ListOf(100, least=1)
MONTHS = Number(1, 60)

register_input(
    TeamMember,
    "TeamMemberInput",
    "Team member of a pod.",
    talent_id=("Talent id, e.g. SCR-128491.", inputs.ID),
    role=("Role, e.g. senior_backend_engineer.", inputs.TITLE),
)
register_input(
    RevisedItem,
    "PodScopeItemInput",
    "Item in the scope of a pod.",
    key=("Key of the item, stable across revisions, e.g. api-hardening.", Text(80)),
    title=("Title, e.g. Harden the public API.", inputs.TITLE),
    priority=("Priority; 1 is the highest.", Number(1, 1_000)),
    description=("Detailed description.", inputs.DESCRIPTION),
)


@strawberry.type(description="Result of a pod mutation.")
class PodPayload(Payload):
    pod: Pod | None = one("pod_id", "The pod after the mutation; unchanged if `userErrors` is not empty.")


@strawberry.type(description="Result of `renewPod`.")
class RenewPodPayload(PodPayload):
    @strawberry.field(description="Metrics that missed their targets in the ending term.")
    def breaches_in_term(self: Any) -> list[TermBreach]:
        renewed = [event.payload for event in self.events if event.type == "pod.renewed"]
        return [
            TermBreach(Period.parse(breach["period"]), SlaMetricKind[breach["metric"]], breach["explanation"])
            for payload in renewed
            for breach in payload["breaches"]
        ]


@strawberry.type(description="Result of `revisePodScope`.")
class PodScopePayload(PodPayload):
    pod_scope: PodScope | None = one(
        "pod_scope_id", "The scope after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.input(description="Input for `requestPod`.")
class RequestPodInput(Input):
    workspace_id: strawberry.ID = input_field("Workspace id, e.g. WS-26-000021.", inputs.ID)
    subscription_id: strawberry.ID = input_field("Commercial subscription id, e.g. SUB-26-001122.", inputs.ID)
    project_ids: list[strawberry.ID] = input_field(
        "Ids of project labels, e.g. PROJ-26-004281.", ListOf(50, inputs.ID), default_factory=list
    )
    name: str = input_field("Name, e.g. Payments Platform Pod.", inputs.TITLE)
    description: str = input_field("Purpose; it becomes the first revision of the scope.", inputs.DESCRIPTION)
    delivery_model: DeliveryModel = input_field("Delivery model.")
    requested_team_size: int = input_field("Requested number of team members.", Number(1, 100))
    required_capabilities: list[str] = input_field(
        "Capabilities that the team must have, e.g. backend_engineering.", ListOf(50, inputs.TITLE, least=1)
    )
    start_date: date = input_field("Requested start date, not in the past, e.g. 2026-06-01.")
    duration_months: int = input_field("Length of the term, in months.", MONTHS)
    auto_complete: bool = input_field(
        "Whether the pod is completed automatically at the end of its term, unless it is renewed first.", default=False
    )


@strawberry.input(description="Input for `proposePod`.")
class ProposePodInput(Input):
    pod_id: strawberry.ID = input_field("Pod id, e.g. POD-26-000008.", inputs.ID)
    team: list[TeamMember] = input_field("Proposed team.", TEAM)
    sla_targets: SlaTargets = input_field("Proposed SLA targets.", name="sla")
    cost_per_month: Decimal = input_field("Monthly price, e.g. 38000.00.", inputs.MONEY)
    currency: str = input_field("Currency of the price: the currency of the organization, e.g. USD.", inputs.CURRENCY)
    capacity_pool_id: strawberry.ID = input_field(
        "Id of the capacity pool of TALENT_HOURS that provides the hours, e.g. CAP-26-000112.", inputs.ID
    )
    committed_per_week: Decimal = input_field(
        "Hours per week of the whole team, divided equally among its members, e.g. 200.", inputs.QUANTITY
    )
    expires_at: datetime | None = input_field(
        "Time until which the proposal can be confirmed; no limit if omitted.", default=None
    )


@strawberry.input(description="Input for a mutation of one pod.")
class PodInput(Input):
    pod_id: strawberry.ID = input_field("Pod id, e.g. POD-26-000008.", inputs.ID)


@strawberry.input(description="Input for `pausePod`.")
class PausePodInput(PodInput):
    reason: str = input_field("Reason, e.g. release freeze until June.", inputs.REASON)


@strawberry.input(description="Input for `cancelPod`.")
class CancelPodInput(PodInput):
    reason: str = input_field("Reason, e.g. the programme was stopped.", inputs.REASON)


@strawberry.input(description="Input for `renewPod`.")
class RenewPodInput(PodInput):
    months: int = input_field("Length of the next term, in months.", MONTHS)


@strawberry.input(description="Input for `updatePod`. Omitted fields are unchanged.")
class UpdatePodInput(PodInput):
    name: strawberry.Maybe[str] = input_field("Name, e.g. Payments Platform Pod.", inputs.TITLE)
    description: strawberry.Maybe[str | None] = input_field("Purpose; null for none.", inputs.DESCRIPTION)


@strawberry.input(description="Input for `movePod`.")
class MovePodInput(PodInput):
    workspace_id: strawberry.ID = input_field(
        "Id of another workspace of the same organization, e.g. WS-26-000022.", inputs.ID
    )


@strawberry.input(description="Input for `updatePodTeam`.")
class UpdatePodTeamInput(PodInput):
    team: list[TeamMember] = input_field("The whole team. Current members who are not listed leave the pod.", TEAM)


@strawberry.input(description="Input for `revisePodScope`.")
class RevisePodScopeInput(PodInput):
    expected_version: int = input_field(
        "Number of the revision that the caller has read; rejected if there is a later one."
    )
    summary: str | None = input_field("Goal of the pod; unchanged if omitted.", inputs.DESCRIPTION, default=None)
    items: list[RevisedItem] = input_field("All items of the scope, in order.", ListOf(200, least=1))
    change_note: str = input_field("Reason for the revision.", inputs.REASON)


@strawberry.type
class PodMutation:
    request_pod: PodPayload = mutation(
        pods.request_pod,
        RequestPodInput,
        PodPayload,
        lifecycle.REQUEST_POD,
        "Request a pod. The account team proposes its team, SLA and price.",
        codes=(
            ErrorCode.CROSS_TENANT_REFERENCE,
            ErrorCode.INVALID_TRANSITION,
            ErrorCode.SUBSCRIPTION_INACTIVE,
        ),
        events=("pod.requested", "capacity.gap_detected"),
    )
    propose_pod: PodPayload = mutation(
        proposals.propose_pod,
        ProposePodInput,
        PodPayload,
        lifecycle.PROPOSE_POD,
        "Propose a team, an SLA and a price to the client. Replaces any earlier proposal.",
        shows="pod_id",
        codes=(ErrorCode.CROSS_TENANT_REFERENCE, ErrorCode.CURRENCY_MISMATCH),
        events=("pod.proposed", "capacity.gap_detected"),
    )
    confirm_pod: PodPayload = mutation(
        proposals.confirm_pod,
        PodInput,
        PodPayload,
        lifecycle.CONFIRM_POD,
        "Accept the proposal. The pod becomes ACTIVE with a service line, SLA terms and an allocation.",
        shows="pod_id",
        codes=(
            ErrorCode.PROPOSAL_INCOMPLETE,
            ErrorCode.PROPOSAL_EXPIRED,
            ErrorCode.SUBSCRIPTION_INACTIVE,
            ErrorCode.INSUFFICIENT_CAPACITY,
        ),
        events=("service_line.activated", "allocation.created", "pod.activated"),
    )
    pause_pod: PodPayload = mutation(
        pods.pause_pod,
        PausePodInput,
        PodPayload,
        lifecycle.PAUSE_POD,
        "Pause a pod. Its team stays reserved, and ticket deadlines keep running.",
        shows="pod_id",
        events=("service_line.paused", "allocation.paused", "pod.paused"),
    )
    resume_pod: PodPayload = mutation(
        pods.resume_pod,
        PodInput,
        PodPayload,
        lifecycle.RESUME_POD,
        "Resume a paused pod.",
        shows="pod_id",
        events=("service_line.resumed", "allocation.resumed", "pod.resumed"),
    )
    renew_pod: RenewPodPayload = mutation(
        pods.renew_pod,
        RenewPodInput,
        RenewPodPayload,
        lifecycle.RENEW_POD,
        "Renew a pod for another term after the current one. Possible until 30 days after the end of the term.",
        shows="pod_id",
        codes=(ErrorCode.SUBSCRIPTION_INACTIVE,),
        events=("pod.renewed",),
    )
    update_pod: PodPayload = mutation(
        details.update_pod,
        UpdatePodInput,
        PodPayload,
        lifecycle.UPDATE_POD,
        "Update the name and description of a pod. Its service line gets the same name; its scope is unchanged.",
        shows="pod_id",
        codes=(ErrorCode.ALREADY_DONE,),
        events=("service_line.updated", "pod.updated"),
    )
    move_pod: PodPayload = mutation(
        details.move_pod,
        MovePodInput,
        PodPayload,
        lifecycle.MOVE_POD,
        "Move a pod to another workspace of its organization, with its service line, capacity and history. Rejected if"
        " its capacity is from a pool that is reserved for the current workspace.",
        shows="pod_id",
        codes=(ErrorCode.ALREADY_DONE, ErrorCode.CROSS_TENANT_REFERENCE, ErrorCode.INVALID_TRANSITION),
        events=("service_line.updated", "allocation.updated", "pod.moved", "capacity.gap_detected"),
    )
    update_pod_team: PodPayload = mutation(
        team.update_pod_team,
        UpdatePodTeamInput,
        PodPayload,
        lifecycle.UPDATE_POD_TEAM,
        "Replace the team of a pod. The service line and the allocated hours stay unchanged.",
        shows="pod_id",
        codes=(ErrorCode.ALREADY_DONE, ErrorCode.CROSS_TENANT_REFERENCE),
        events=("allocation.updated", "pod.team_changed"),
    )
    revise_pod_scope: PodScopePayload = mutation(
        scopes.revise_pod_scope,
        RevisePodScopeInput,
        PodScopePayload,
        lifecycle.REVISE_POD_SCOPE,
        "Create the next revision of a pod's scope.",
        shows="pod_id",
        events=("pod_scope.revised",),
    )
    complete_pod: PodPayload = mutation(
        pods.complete_pod,
        PodInput,
        PodPayload,
        lifecycle.COMPLETE_POD,
        "Complete a pod. Its service line is closed and its capacity is released.",
        shows="pod_id",
        events=("allocation.closed", "service_line.closed", "pod.completed"),
    )
    cancel_pod: PodPayload = mutation(
        pods.cancel_pod,
        CancelPodInput,
        PodPayload,
        lifecycle.CANCEL_POD,
        "Cancel a pod. Its service line is terminated and its capacity is released; a pod in SCOPING loses its"
        " proposal.",
        shows="pod_id",
        events=("allocation.closed", "service_line.terminated", "pod.cancelled"),
    )
