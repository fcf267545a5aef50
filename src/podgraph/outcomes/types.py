"""Outcomes on demand in the graph: requests, scopes, cycles, deliverables and payments."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from podgraph.accounts.types import CommercialSubscription, Organization, Project, User, Workspace
from podgraph.capacity.types import CapacityPool
from podgraph.graphql.descriptions import computed, field, money, register_type, sized
from podgraph.graphql.entities import Entity
from podgraph.graphql.nodes import record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import JoinTable, batch, connection, many, one
from podgraph.graphql.scalars import Url
from podgraph.kernel.money import Money
from podgraph.outcomes import lifecycle, repository, rules
from podgraph.outcomes.filters import (
    CycleFilter,
    DeliverableAggregate,
    DeliverableFilter,
    DeliverableOrderField,
    OutcomeRequestFilter,
    PaymentAggregate,
    PaymentFilter,
    ScopeFilter,
)
from podgraph.outcomes.lifecycle import (
    CycleKind,
    CycleStatus,
    DeliverableStatus,
    OutcomeRequestStatus,
    PaymentStatus,
    PaymentTrigger,
    ScopeStatus,
)
from podgraph.service_lines.types import ServiceLine

register_type(
    rules.ScopeSummary,
    "Summary of a request's scope, compared with the request.",
    deliverables="Number of deliverables.",
    cycles="Number of delivery cycles, without remediation cycles.",
    timeline_weeks="Timeline in weeks.",
    fixed_price="Fixed price.",
    within_budget="Whether the price is within the request's budget; null if it has no budget.",
    within_timeline="Whether the timeline is within the request's maximum; null if it has no maximum.",
)
register_type(
    rules.ScopeProgress,
    "Progress of a scope.",
    accepted="Number of accepted deliverables.",
    ready_for_acceptance="Number of deliverables that await the client's decision.",
    rejected_times="Number of rejections, counting every attempt.",
    total="Total number of deliverables.",
    percent_accepted="Percentage of accepted deliverables, one decimal place, e.g. 66.7; 0.0 if there are none.",
    days_late="Days after the planned end of the last delivery cycle, as of today or the completion; 0 if the scope"
    " is not confirmed.",
)


@record(repository.REQUESTS, "A client's request for an outcome, for which a scope is proposed.")
class OutcomeRequest(Entity):
    transitions = lifecycle.OUTCOME_REQUEST

    organization: Organization = one("organization_id", "Requesting organization.")
    workspace: Workspace = one("workspace_id", "Workspace.")
    subscription: CommercialSubscription | None = one("subscription_id", "Commercial subscription of the request.")
    projects: list[Project] = many(
        "id",
        "Project labels.",
        order=(("name_order", False),),
        length=20,
        through=JoinTable("outcome_request_project", "outcome_request_id", "project_id"),
    )
    title: str = field("Title, e.g. Payment webhook reliability.")
    description: str = field("Description of the problem.")
    desired_outcome: str = field("Desired outcome.")
    acceptance_criteria: list[str] = field("Acceptance criteria for the outcome.")
    timeline_weeks: int | None = field("Maximum timeline in weeks, 1 to 52; null for no limit.")
    status: OutcomeRequestStatus = field("Current status.")
    negotiation_reason: str | None = field("Reason why the budget or timeline cannot be met.")
    scope: "Scope | None" = one("scope_id", "The proposed or confirmed scope; null if there is none.")
    scopes: list["Scope"] = many(
        "request_id",
        "All scopes proposed for the request, earliest first.",
        order=(("created_at", False),),
        length=10,
    )
    scope_summary: rules.ScopeSummary | None = batch(
        repository.scope_summaries, "Summary of the scope, compared with the request."
    )
    submitted_by: User | None = one("submitted_by", "User who submitted the request.")

    budget_max: Money | None = money("budget_max", "Maximum budget; null for no limit.")


@record(repository.SCOPES, "The work agreed or proposed for a request: deliverables, cycles and fixed price.")
class Scope(Entity):
    transitions = lifecycle.SCOPE

    request: OutcomeRequest = one("request_id", "The outcome request.")
    organization: Organization = one("organization_id", "Organization.")
    workspace: Workspace = one("workspace_id", "Workspace.")
    title: str = field("Title, e.g. Payment webhook reliability.")
    status: ScopeStatus = field("Current status.")
    decline_reason: str | None = field("Reason why the client declined the proposal.")
    timeline_weeks: int = field("Timeline in weeks.")
    deliverables: "DeliverableConnection" = connection("scope_id", "Deliverables of the scope.")
    cycles: "CycleConnection" = connection("scope_id", "Cycles in planned order.")
    service_line: ServiceLine | None = one(
        "service_line_id", "Service line of the scope; null until the scope is confirmed."
    )
    payments: "PaymentConnection" = connection("scope_id", "Payments of the price, next due first.")
    capacity_pool: CapacityPool = one("capacity_pool_id", "Capacity pool from which the scope's capacity is allocated.")
    committed_per_week: Decimal = field("Committed capacity per week, in the pool's unit, e.g. 40.")
    valid_until: datetime | None = field("Time until which the proposal can be confirmed; null for no limit.")
    confirmed_at: datetime | None = field("Time of the confirmation.")
    accepted_by: User | None = one("accepted_by", "User who confirmed the scope.")
    completed_at: datetime | None = field("Time of the acceptance of the last deliverable.")
    progress: rules.ScopeProgress = batch(repository.progress, "Progress.")

    fixed_price: Money = money("fixed_price", "Fixed price. It never changes.")

    @computed(
        "Payment schedule as text, e.g. 50% on confirmation, 50% on final acceptance.",
        "payment_schedule",
    )
    def payment_terms(self: Any) -> str:
        return rules.payment_terms(repository.schedule(self.payment_schedule))

    @strawberry.field(description="Payment schedule: instalments of the price.", metadata=sized(10))
    def payment_schedule(self: Any) -> list["PaymentMilestone"]:
        return repository.milestones(self)


@strawberry.type(description="An instalment of a scope's price and its trigger.")
class PaymentMilestone:
    key: str = field("Key in the payment schedule, e.g. upfront.")
    trigger: PaymentTrigger = field("Trigger that makes the payment due.")
    percent: Decimal = field("Percentage of the price, e.g. 50.")
    description: str = field("Description, e.g. 50% upfront on scope confirmation.")
    payment: "Payment | None" = batch(repository.milestone_payments, "Payment of the milestone.", key="place")


@record(repository.CYCLES, "A delivery cycle or remediation cycle of a scope.")
class Cycle(Entity):
    transitions = lifecycle.CYCLE

    scope: Scope = one("scope_id", "Scope of the cycle.")
    service_line: ServiceLine | None = one(
        "service_line_id", "Service line of the scope; null until the scope is confirmed."
    )
    name: str = field("Name, e.g. Cycle 1.")
    sequence: int = field("Sequence number in the scope, starting with 1.")
    kind: CycleKind = field("Purpose of the cycle.")
    parent: "Cycle | None" = one(
        "parent_id", "For a remediation cycle, the cycle in which the deliverables were rejected."
    )
    remediations: list["Cycle"] = many(
        "parent_id", "Remediation cycles of this cycle.", order=(("sequence", False),), length=10
    )
    status: CycleStatus = field("Current status.")
    planned_start: date = field("First planned day.")
    planned_end: date = field("Last planned day, inclusive.")
    started_at: datetime | None = field("Time of the start.")
    completed_at: datetime | None = field("Time of the completion.")
    deliverables: "DeliverableConnection" = connection("cycle_id", "Deliverables that are in this cycle now.")

    @computed("Whether the cycle has not ended and its last planned day is over.", "planned_end", "status")
    def overdue(self: Any, info: strawberry.Info) -> bool:
        return rules.cycle_overdue(self.status, self.planned_end, info.context.now.date())

    extra_cost: Money = money("extra_cost", "Cost in addition to the scope's price; 0 for a remediation cycle.")


@strawberry.type(description="An acceptance criterion of a deliverable.")
class AcceptanceCriterion:
    key: str = field("Key within the deliverable, e.g. AC-1.")
    text: str = field("Text, e.g. Failure rate <0.1% in staging load test.")


@strawberry.type(description="A link as evidence for or against a criterion.")
class Evidence:
    criterion_key: str | None = field("Key of the criterion, e.g. AC-1; null for the whole deliverable.")
    label: str = field("Label, e.g. Load test report.")
    url: Url = field("URL of the evidence.")


@record(repository.DELIVERABLES, "A deliverable of a scope, which the client accepts or rejects.")
class Deliverable(Entity):
    transitions = lifecycle.DELIVERABLE

    scope: Scope = one("scope_id", "Scope of the deliverable.")
    cycle: Cycle = one("cycle_id", "Current cycle.")
    cycles: list[Cycle] = many(
        "id",
        "Current and former cycles.",
        order=(("sequence", False),),
        length=10,
        through=JoinTable("deliverable_cycle", "deliverable_id", "cycle_id"),
    )
    title: str = field("Title, e.g. Root cause analysis and fix.")
    description: str = field("Description.")
    status: DeliverableStatus = field("Current status.")
    attempt: int = field("Number of the current attempt, incremented after every rejection.")
    submitted_at: datetime | None = field("Time of the latest submission.")
    ready_at: datetime | None = field("Time at which the deliverable became ready for acceptance.")
    accepted_at: datetime | None = field("Time of the acceptance.")
    latest_submission: "DeliverableSubmission | None" = batch(
        repository.latest_submissions, "Latest submission of the team."
    )
    reviews: list["DeliverableReview"] = many(
        "deliverable_id",
        "Decisions of the client, by attempt.",
        order=(("attempt", False),),
        length=10,
    )
    is_last_open: bool = field("Whether it is the only deliverable of its scope that is not accepted.")

    @computed("Acceptance criteria.", "acceptance_criteria")
    def acceptance_criteria(self: Any) -> list[AcceptanceCriterion]:
        return _criteria(self.acceptance_criteria)

    @computed(
        "Hours since `readyAt`, one decimal place, e.g. 26.5; null unless READY_FOR_ACCEPTANCE.",
        "ready_at",
        "status",
    )
    def review_age_hours(self: Any, info: strawberry.Info) -> Decimal | None:
        return rules.review_age_hours(self.status, self.ready_at, info.context.now)


@record(repository.SUBMISSIONS, "The team's submission for an attempt.")
class DeliverableSubmission:
    attempt: int = field("Number of the attempt.")
    submitted_at: datetime = field("Time of the submission.")
    submitted_by: User | None = one("submitted_by", "User who submitted the deliverable.")
    notes: str | None = field("Notes of the team.")

    @computed("Evidence that the criteria are met.", "evidence")
    def evidence(self: Any) -> list[Evidence]:
        return [Evidence(**one) for one in self.evidence]


@record(repository.REVIEWS, "The client's decision about an attempt.")
class DeliverableReview:
    attempt: int = field("Number of the attempt.")
    accepted: bool = field("Whether the deliverable was accepted; otherwise it was rejected.")
    reviewer: User | None = one("reviewer_id", "User who decided.")
    notes: str | None = field("Notes of the reviewer.")
    rejection_reason: str | None = field("Reason for the rejection; null if accepted.")
    reviewed_at: datetime = field("Time of the decision.")
    remediation_cycle: Cycle | None = one(
        "remediation_cycle_id", "Remediation cycle in which the deliverable is reworked; null if accepted."
    )

    @computed("Unmet criteria; empty if accepted.", "unmet_criteria")
    def unmet_criteria(self: Any) -> list[AcceptanceCriterion]:
        return _criteria(self.unmet_criteria)

    @computed("Evidence that criteria are not met.", "evidence")
    def evidence(self: Any) -> list[Evidence]:
        return [Evidence(**one) for one in self.evidence]


@record(repository.PAYMENTS, "An instalment of a scope's price. The amount never changes.")
class Payment(Entity):
    transitions = lifecycle.PAYMENT

    scope: Scope = one("scope_id", "Scope of the payment.")
    service_line: ServiceLine | None = one(
        "service_line_id", "Service line of the scope; null until the scope is confirmed."
    )
    milestone: str = field("Key in the payment schedule, e.g. upfront.")
    status: PaymentStatus = field("Current status.")
    description: str = field("Description, e.g. 50% upfront on scope confirmation.")
    due_at: datetime | None = field("Due date; null until the payment is due.")
    overdue: bool = field("Whether the payment is due and past its due date.")
    paid_at: datetime | None = field("Time of receipt.")
    reference: str | None = field("Payer's reference.")

    amount: Money = money("amount", "Amount.")


def _criteria(stored: Any) -> list[AcceptanceCriterion]:
    return [AcceptanceCriterion(**criterion) for criterion in stored]


@strawberry.type(description="A page of outcome requests.")
class OutcomeRequestConnection(Connection[OutcomeRequest]):
    relation = repository.REQUESTS
    filters = OutcomeRequestFilter
    default_order = (("created_at", True),)


@strawberry.type(description="A page of scopes.")
class ScopeConnection(Connection[Scope]):
    relation = repository.SCOPES
    filters = ScopeFilter
    default_order = (("created_at", True),)


@strawberry.type(description="A page of cycles.")
class CycleConnection(Connection[Cycle]):
    relation = repository.CYCLES
    filters = CycleFilter
    default_order = (("sequence", False),)


@strawberry.type(description="A page of deliverables.")
class DeliverableConnection(Connection[Deliverable]):
    relation = repository.DELIVERABLES
    filters = DeliverableFilter
    orders = DeliverableOrderField
    default_order = (("created_at", False), ("position", False))
    default_first = 50
    aggregate: DeliverableAggregate = field("Aggregates of all matching deliverables.")


@strawberry.type(description="A page of payments.")
class PaymentConnection(Connection[Payment]):
    relation = repository.PAYMENTS
    filters = PaymentFilter
    default_order = (("due_at", False),)
    aggregate: PaymentAggregate = field("Aggregates of all matching payments.")
