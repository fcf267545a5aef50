"""The mutations of pods and their living scopes."""

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
from podgraph.pods.service import pods, proposals, scopes, team
from podgraph.pods.types import Pod, PodScope

TEAM = ListOf(100, least=1)
MONTHS = Number(1, 60)

register_input(
    TeamMember,
    "TeamMemberInput",
    "Somebody who is to work in a pod.",
    talent_id=("The person: SCR-128491.", inputs.ID),
    role=("What the person is to do: senior_backend_engineer.", inputs.TITLE),
)
register_input(
    RevisedItem,
    "PodScopeItemInput",
    "One thing that a pod is to be responsible for.",
    key=("What it is called in every revision: api-hardening.", Text(80)),
    title=("What it is about: Harden the public API.", inputs.TITLE),
    priority=("Its rank, 1 the first.", Number(1, 1_000)),
    description=("More about it.", inputs.DESCRIPTION),
)


@strawberry.type(description="What became of a pod.")
class PodPayload(Payload):
    pod: Pod | None = one("pod_id", "The pod as it is now; as it was when it was refused.")


@strawberry.type(description="What became of a pod whose term is renewed.")
class RenewPodPayload(PodPayload):
    @strawberry.field(description="The metrics that missed their targets in the term that is renewed.")
    def breaches_in_term(self: Any) -> list[TermBreach]:
        renewed = [event.payload for event in self.events if event.type == "pod.renewed"]
        return [
            TermBreach(Period.parse(told["period"]), SlaMetricKind[told["metric"]], told["explanation"])
            for payload in renewed
            for told in payload["breaches"]
        ]


@strawberry.type(description="What became of a pod's scope.")
class PodScopePayload(PodPayload):
    pod_scope: PodScope | None = one("pod_scope_id", "The scope, at the revision that is in force now.")


@strawberry.input(description="What a pod is asked for.")
class RequestPodInput(Input):
    workspace_id: strawberry.ID = input_field("The workspace that it is to work for: WS-26-000021.", inputs.ID)
    subscription_id: strawberry.ID = input_field("The contract that it is ordered under: SUB-26-001122.", inputs.ID)
    project_ids: list[strawberry.ID] = input_field(
        "Its project labels: PROJ-26-004281.", ListOf(50, inputs.ID), default_factory=list
    )
    name: str = input_field("Its name: Payments Platform Pod.", inputs.TITLE)
    description: str = input_field("What it is for; the first revision of its scope.", inputs.DESCRIPTION)
    delivery_model: DeliveryModel = input_field("How it is to be run.")
    requested_team_size: int = input_field("How many people are asked for.", Number(1, 100))
    required_capabilities: list[str] = input_field(
        "What its team must know: backend_engineering.", ListOf(50, inputs.TITLE, least=1)
    )
    start_date: date = input_field("The day to begin, today at the earliest: 2026-06-01.")
    duration_months: int = input_field("The length of its term in months.", MONTHS)
    auto_complete: bool = input_field(
        "Whether the clock completes it at the end of its term, unless it is renewed before.", default=False
    )


@strawberry.input(description="What the client of a pod is offered.")
class ProposePodInput(Input):
    pod_id: strawberry.ID = input_field("The pod: POD-26-000008.", inputs.ID)
    team: list[TeamMember] = input_field("Who would work in it.", TEAM)
    sla_targets: SlaTargets = input_field("What the team would commit to.", name="sla")
    cost_per_month: Decimal = input_field("The price for a month: 38000.00.", inputs.MONEY)
    currency: str = input_field("Its currency, the organization's: USD.", inputs.CURRENCY)
    capacity_pool_id: strawberry.ID = input_field(
        "The pool of talent hours that it would draw on: CAP-26-000112.", inputs.ID
    )
    committed_per_week: Decimal = input_field(
        "Hours per week of the whole team, shared alike by its members: 200.", inputs.QUANTITY
    )
    expires_at: datetime | None = input_field("Until when it can be confirmed; without, for good.", default=None)


@strawberry.input(description="Which pod.")
class PodInput(Input):
    pod_id: strawberry.ID = input_field("The pod: POD-26-000008.", inputs.ID)


@strawberry.input(description="Which pod to pause, and why.")
class PausePodInput(PodInput):
    reason: str = input_field("Why: release freeze until June.", inputs.REASON)


@strawberry.input(description="Which pod to cancel, and why.")
class CancelPodInput(PodInput):
    reason: str = input_field("Why: the programme was stopped.", inputs.REASON)


@strawberry.input(description="Which pod to renew, and for how long.")
class RenewPodInput(PodInput):
    months: int = input_field("The length of the next term in months.", MONTHS)


@strawberry.input(description="Who is to work in a pod from now on.")
class UpdatePodTeamInput(PodInput):
    team: list[TeamMember] = input_field("The whole team; whoever is not in it leaves.", TEAM)


@strawberry.input(description="The next revision of a pod's scope.")
class RevisePodScopeInput(PodInput):
    expected_version: int = input_field("The number of the revision that you have read; refused if it is not the last.")
    summary: str | None = input_field(
        "What the pod is to achieve; as it was where it is left out.", inputs.DESCRIPTION, default=None
    )
    items: list[RevisedItem] = input_field("All that it is responsible for, in order.", ListOf(200, least=1))
    change_note: str = input_field("Why it is revised.", inputs.REASON)


@strawberry.type
class PodMutation:
    request_pod: PodPayload = mutation(
        pods.request_pod,
        RequestPodInput,
        PodPayload,
        lifecycle.REQUEST_POD,
        "Ask for a pod; the account team will propose its team, SLA and price.",
        codes=(ErrorCode.CROSS_TENANT_REFERENCE, ErrorCode.SUBSCRIPTION_INACTIVE),
        events=("pod.requested", "capacity.gap_detected"),
    )
    propose_pod: PodPayload = mutation(
        proposals.propose_pod,
        ProposePodInput,
        PodPayload,
        lifecycle.PROPOSE_POD,
        "Offer the client a team, an SLA and a price, in place of what was offered before.",
        shows="pod_id",
        codes=(ErrorCode.CROSS_TENANT_REFERENCE, ErrorCode.CURRENCY_MISMATCH),
        events=("pod.proposed", "capacity.gap_detected"),
    )
    confirm_pod: PodPayload = mutation(
        proposals.confirm_pod,
        PodInput,
        PodPayload,
        lifecycle.CONFIRM_POD,
        "Take the offer: the pod is active at once, with one service line, one SLA and one allocation.",
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
        "Interrupt a pod; its team stays reserved, and the clocks of its tickets run on.",
        shows="pod_id",
        events=("service_line.paused", "allocation.paused", "pod.paused"),
    )
    resume_pod: PodPayload = mutation(
        pods.resume_pod,
        PodInput,
        PodPayload,
        lifecycle.RESUME_POD,
        "Let a paused pod go on.",
        shows="pod_id",
        events=("service_line.resumed", "allocation.resumed", "pod.resumed"),
    )
    renew_pod: RenewPodPayload = mutation(
        pods.renew_pod,
        RenewPodInput,
        RenewPodPayload,
        lifecycle.RENEW_POD,
        "Commit to another term, which follows the present one; until 30 days after its end.",
        shows="pod_id",
        events=("pod.renewed",),
    )
    update_pod_team: PodPayload = mutation(
        team.update_pod_team,
        UpdatePodTeamInput,
        PodPayload,
        lifecycle.UPDATE_POD_TEAM,
        "Replace who works in a pod; its service line and what it has allocated stay as they are.",
        shows="pod_id",
        codes=(ErrorCode.ALREADY_DONE, ErrorCode.CROSS_TENANT_REFERENCE),
        events=("allocation.updated", "pod.team_changed"),
    )
    revise_pod_scope: PodScopePayload = mutation(
        scopes.revise_pod_scope,
        RevisePodScopeInput,
        PodScopePayload,
        lifecycle.REVISE_POD_SCOPE,
        "Write the next revision of a pod's scope, after having read the present one.",
        shows="pod_id",
        events=("pod_scope.revised",),
    )
    complete_pod: PodPayload = mutation(
        pods.complete_pod,
        PodInput,
        PodPayload,
        lifecycle.COMPLETE_POD,
        "End a pod as agreed; its line is closed and its capacity is free.",
        shows="pod_id",
        events=("allocation.closed", "service_line.closed", "pod.completed"),
    )
    cancel_pod: PodPayload = mutation(
        pods.cancel_pod,
        CancelPodInput,
        PodPayload,
        lifecycle.CANCEL_POD,
        "End a pod before its time: its line is terminated; one in scoping loses its offer.",
        shows="pod_id",
        events=("allocation.closed", "service_line.terminated", "pod.cancelled"),
    )
