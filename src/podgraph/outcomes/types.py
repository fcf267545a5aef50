"""Outcomes on demand in the graph: requests, scopes, cycles, deliverables and payments."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from podgraph.accounts.types import CommercialSubscription, Organization, Project, User, Workspace
from podgraph.capacity.types import CapacityPool
from podgraph.events.types import Entity
from podgraph.graphql.aggregates import count, lowest, total
from podgraph.graphql.descriptions import computed, field, money, register_enums, register_type, sized
from podgraph.graphql.filters import (
    AND,
    NOT,
    OR,
    DateTimeFilter,
    Filter,
    IdFilter,
    StringFilter,
    by,
    flag,
    labelled,
    related,
)
from podgraph.graphql.nodes import record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import Groups, JoinTable, batch, connection, edge, many, one
from podgraph.graphql.scalars import Url
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period
from podgraph.outcomes import lifecycle, repository, rules
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

register_enums(
    OutcomeRequestStatus,
    ScopeStatus,
    CycleStatus,
    CycleKind,
    DeliverableStatus,
    PaymentStatus,
    PaymentTrigger,
)

register_type(
    rules.ScopeSummary,
    "A request's scope in short, beside what the request asked for.",
    deliverables="How many things it delivers.",
    cycles="In how many delivery cycles; remediations are not counted.",
    timeline_weeks="In how many weeks.",
    fixed_price="At which price.",
    within_budget="Whether the price is at most the request's budget; null where it names none.",
    within_timeline="Whether the weeks are at most those that the request allows; null where it names none.",
)
register_type(
    rules.ScopeProgress,
    "How far a scope is.",
    accepted="Deliverables that the client accepted.",
    ready_for_acceptance="Deliverables that wait for the client's decision.",
    rejected_times="How often a deliverable was rejected, each attempt counted.",
    total="All its deliverables.",
    percent_accepted="Accepted of all, one decimal: 66.7. 0.0 where there are none.",
    days_late="Days behind the planned end of its last delivery cycle, today or when it was completed;"
    " 0 unless it was confirmed.",
)


@record(repository.REQUESTS, "An outcome that a client asks for, before it is scoped and priced.")
class OutcomeRequest(Entity):
    transitions = lifecycle.OUTCOME_REQUEST

    organization: Organization = one("organization_id", "The organization that asks.")
    workspace: Workspace = one("workspace_id", "The workspace that it is for.")
    subscription: CommercialSubscription | None = one("subscription_id", "The contract that it is under.")
    projects: list[Project] = many(
        "id",
        "The projects that it is labelled with.",
        order=(("name_order", False),),
        length=20,
        through=JoinTable("outcome_request_project", "outcome_request_id", "project_id"),
    )
    title: str = field("Its title: Payment webhook reliability.")
    description: str = field("What is wrong or missing now.")
    desired_outcome: str = field("What must be true in the end.")
    acceptance_criteria: list[str] = field("How that will be seen, criterion by criterion.")
    timeline_weeks: int | None = field("The most weeks that it may take, 1 to 52.")
    status: OutcomeRequestStatus = field("Where it stands.")
    negotiation_reason: str | None = field("Why budget or timeline can not be met as asked.")
    scope: "Scope | None" = one("scope_id", "Its scope: the one that is not cancelled.")
    scopes: list["Scope"] = many(
        "request_id",
        "Every scope proposed for it, the earliest first.",
        order=(("created_at", False),),
        length=10,
    )
    scope_summary: rules.ScopeSummary | None = batch(
        repository.scope_summaries, "Its scope in short, beside what was asked for."
    )
    submitted_by: User | None = one("submitted_by", "Who submitted it.")

    budget_max: Money | None = money("budget_max", "The most that it may cost.")


@record(repository.SCOPES, "What is delivered for a request, until when, at which fixed price.")
class Scope(Entity):
    transitions = lifecycle.SCOPE

    request: OutcomeRequest = one("request_id", "The request that it answers.")
    organization: Organization = one("organization_id", "The organization that it is for.")
    workspace: Workspace = one("workspace_id", "The workspace that it is for.")
    title: str = field("Its title: Payment webhook reliability.")
    status: ScopeStatus = field("Where it stands.")
    decline_reason: str | None = field("Why the client declined it.")
    timeline_weeks: int = field("How many weeks it takes.")
    deliverables: "DeliverableConnection" = connection("scope_id", "What it delivers.")
    cycles: "CycleConnection" = connection("scope_id", "Its cycles, in the order in which they were planned.")
    service_line: ServiceLine | None = one("service_line_id", "Its execution contract; null until confirmed.")
    payments: "PaymentConnection" = connection("scope_id", "The parts of its price, the next one due first.")
    capacity_pool: CapacityPool = one("capacity_pool_id", "The pool that its capacity is taken from.")
    committed_per_week: Decimal = field("Capacity that it takes a week, in the pool's unit: 40.")
    valid_until: datetime | None = field("Until when the proposal may be confirmed; null for no end.")
    confirmed_at: datetime | None = field("When the client confirmed it.")
    accepted_by: User | None = one("accepted_by", "Who confirmed it.")
    completed_at: datetime | None = field("When its last deliverable was accepted.")
    progress: rules.ScopeProgress = batch(repository.progress, "How far it is.")

    fixed_price: Money = money("fixed_price", "Its price: agreed once, never changed.")

    @computed(
        "The payment schedule in a sentence: 50% on confirmation, 50% on final acceptance.",
        "payment_schedule",
    )
    def payment_terms(self: Any) -> str:
        return rules.payment_terms(repository.schedule(self.payment_schedule))

    @strawberry.field(description="The parts that its price is paid in.", metadata=sized(10))
    def payment_schedule(self: Any) -> list["PaymentMilestone"]:
        return repository.milestones(self)


@strawberry.type(description="A part of a scope's price, and what releases it.")
class PaymentMilestone:
    key: str = field("Its name in the schedule: upfront.")
    trigger: PaymentTrigger = field("What releases it.")
    percent: Decimal = field("Its share of the price: 50.")
    description: str = field("In words: 50% upfront on scope confirmation.")
    payment: "Payment | None" = batch(repository.milestone_payments, "Its payment.", key="place")


@record(repository.CYCLES, "A stretch of delivery, or the remediation of one.")
class Cycle(Entity):
    transitions = lifecycle.CYCLE

    scope: Scope = one("scope_id", "The scope that it delivers a part of.")
    service_line: ServiceLine | None = one("service_line_id", "The scope's contract; null until confirmed.")
    name: str = field("Its name: Cycle 1.")
    sequence: int = field("Its number in the scope, from 1.")
    kind: CycleKind = field("What it is for.")
    parent: "Cycle | None" = one("parent_id", "The cycle that it puts right; null for a delivery.")
    remediations: list["Cycle"] = many(
        "parent_id", "The cycles that put it right.", order=(("sequence", False),), length=10
    )
    status: CycleStatus = field("Where it stands.")
    planned_start: date = field("Its first planned day.")
    planned_end: date = field("Its last planned day, included.")
    started_at: datetime | None = field("When it started.")
    completed_at: datetime | None = field("When everything in it was accepted or put right.")
    deliverables: "DeliverableConnection" = connection("cycle_id", "The deliverables that are in it now.")

    @computed("Whether its last planned day is over and it has not ended.", "planned_end", "status")
    def overdue(self: Any, info: strawberry.Info) -> bool:
        return rules.cycle_overdue(self.status, self.planned_end, info.context.now.date())

    extra_cost: Money = money("extra_cost", "What it costs beyond the scope's price: nothing for a remediation.")


@strawberry.type(description="What must be seen for a deliverable to be accepted.")
class AcceptanceCriterion:
    key: str = field("Its name within the deliverable: AC-1.")
    text: str = field("The criterion: Failure rate <0.1% in staging load test.")


@strawberry.type(description="A link that shows that a criterion is met.")
class Evidence:
    criterion_key: str | None = field("The criterion that it shows: AC-1; null for the whole deliverable.")
    label: str = field("What it is: Load test report.")
    url: Url = field("Where it is.")


@record(repository.DELIVERABLES, "A thing that a scope delivers, and that the client accepts or rejects.")
class Deliverable(Entity):
    transitions = lifecycle.DELIVERABLE

    scope: Scope = one("scope_id", "The scope that promises it.")
    cycle: Cycle = one("cycle_id", "The cycle that it is in now.")
    cycles: list[Cycle] = many(
        "id",
        "The cycles that it is or was in.",
        order=(("sequence", False),),
        length=10,
        through=JoinTable("deliverable_cycle", "deliverable_id", "cycle_id"),
    )
    title: str = field("Its title: Root cause analysis and fix.")
    description: str = field("What it is.")
    status: DeliverableStatus = field("Where it stands.")
    attempt: int = field("Which attempt this is: one more after every rejection.")
    submitted_at: datetime | None = field("When the team submitted it last.")
    ready_at: datetime | None = field("When it became ready for the client's decision.")
    accepted_at: datetime | None = field("When the client accepted it.")
    latest_submission: "DeliverableSubmission | None" = batch(
        repository.latest_submissions, "What the team handed in last."
    )
    reviews: list["DeliverableReview"] = many(
        "deliverable_id",
        "The client's decisions, attempt by attempt.",
        order=(("attempt", False),),
        length=10,
    )
    is_last_open: bool = field("Whether it is the only one of its scope that is still to be accepted.")

    @computed("What must be seen for it to be accepted.", "acceptance_criteria")
    def acceptance_criteria(self: Any) -> list[AcceptanceCriterion]:
        return _criteria(self.acceptance_criteria)

    @computed(
        "Hours that it has waited for its review, one decimal: 26.5; null unless it waits.",
        "ready_at",
        "status",
    )
    def review_age_hours(self: Any, info: strawberry.Info) -> Decimal | None:
        return rules.review_age_hours(self.status, self.ready_at, info.context.now)


@record(repository.SUBMISSIONS, "What the team handed in at one attempt.")
class DeliverableSubmission:
    attempt: int = field("Which attempt.")
    submitted_at: datetime = field("When.")
    submitted_by: User | None = one("submitted_by", "Who handed it in.")
    notes: str | None = field("What the team says about it.")

    @computed("Links that show that the criteria are met.", "evidence")
    def evidence(self: Any) -> list[Evidence]:
        return [Evidence(**one) for one in self.evidence]


@record(repository.REVIEWS, "What the client decided about one attempt.")
class DeliverableReview:
    attempt: int = field("Which attempt.")
    accepted: bool = field("Accepted, or rejected.")
    reviewer: User | None = one("reviewer_id", "Who decided.")
    notes: str | None = field("What the reviewer says about it.")
    rejection_reason: str | None = field("Why it was rejected; null where it was accepted.")
    reviewed_at: datetime = field("When.")
    remediation_cycle: Cycle | None = one("remediation_cycle_id", "The cycle that puts it right.")

    @computed("The criteria that were not met; none where it was accepted.", "unmet_criteria")
    def unmet_criteria(self: Any) -> list[AcceptanceCriterion]:
        return _criteria(self.unmet_criteria)

    @computed("Links that show what is not met.", "evidence")
    def evidence(self: Any) -> list[Evidence]:
        return [Evidence(**one) for one in self.evidence]


@record(repository.PAYMENTS, "A part of a scope's price; the amount never changes.")
class Payment(Entity):
    transitions = lifecycle.PAYMENT

    scope: Scope = one("scope_id", "The scope that is paid.")
    service_line: ServiceLine | None = one("service_line_id", "The scope's contract; null until confirmed.")
    milestone: str = field("Its name in the payment schedule: upfront.")
    status: PaymentStatus = field("Where it stands.")
    description: str = field("In words: 50% upfront on scope confirmation.")
    due_at: datetime | None = field("By when it is to be paid; null until it is released.")
    overdue: bool = field("Whether it should have arrived and has not.")
    paid_at: datetime | None = field("When it arrived.")
    reference: str | None = field("The payer's reference.")

    amount: Money = money("amount", "How much.")


def _criteria(stored: Any) -> list[AcceptanceCriterion]:
    return [AcceptanceCriterion(**criterion) for criterion in stored]


class DeliverableOrderField(DescribedEnum):
    """What deliverables can be ordered by."""

    READY_AT = "ready_at", "When it became ready for the client's decision."
    SUBMITTED_AT = "submitted_at", "When it was submitted last."
    CREATED_AT = "created_at", "When it was proposed."


class DeliverableGroupBy(DescribedEnum):
    """What deliverables can be grouped by."""

    STATUS = "status", "Where they stand."
    SCOPE = "scope_id", "The scope that promises them."


class PaymentGroupBy(DescribedEnum):
    """What payments can be grouped by."""

    STATUS = "status", "Where they stand."
    MONTH = "month", "The month that they are due in, in UTC."
    SERVICE_LINE = "service_line_id", "The service line that they are for."


register_enums(DeliverableOrderField, DeliverableGroupBy, PaymentGroupBy)


@strawberry.input(description="Which outcome requests.")
class OutcomeRequestFilter:
    and_: list["OutcomeRequestFilter"] | None = by(AND, name="and")
    or_: list["OutcomeRequestFilter"] | None = by(OR, name="or")
    not_: "OutcomeRequestFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("The organization that asks.")
    workspace_id: IdFilter | None = by("The workspace that it is for.")
    status: Filter[OutcomeRequestStatus] | None = by("Where it stands.")
    project_tag: StringFilter | None = by(
        "A project that it is labelled with: PROJ-26-004281.",
        labelled("outcome_request_project", "outcome_request_id", "project_id"),
    )


@strawberry.input(description="Which scopes.")
class ScopeFilter:
    and_: list["ScopeFilter"] | None = by(AND, name="and")
    or_: list["ScopeFilter"] | None = by(OR, name="or")
    not_: "ScopeFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("The organization that it is for.")
    workspace_id: IdFilter | None = by("The workspace that it is for.")
    status: Filter[ScopeStatus] | None = by("Where it stands.")


@strawberry.input(description="Which cycles.")
class CycleFilter:
    status: Filter[CycleStatus] | None = by("Where it stands.")
    kind: Filter[CycleKind] | None = by("What it is for.")


@strawberry.input(description="Which deliverables.")
class DeliverableFilter:
    and_: list["DeliverableFilter"] | None = by(AND, name="and")
    or_: list["DeliverableFilter"] | None = by(OR, name="or")
    not_: "DeliverableFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("The organization that it is for.")
    workspace_id: IdFilter | None = by(
        "The workspace that it is for.", related("scope", "scope_id", column="workspace_id")
    )
    scope_id: IdFilter | None = by("The scope that promises it.")
    cycle_id: IdFilter | None = by("The cycle that it is in now.")
    status: Filter[DeliverableStatus] | None = by("Where it stands.")
    ready_at: DateTimeFilter | None = by("When it became ready for the client's decision.")


@strawberry.input(description="Which payments.")
class PaymentFilter:
    and_: list["PaymentFilter"] | None = by(AND, name="and")
    or_: list["PaymentFilter"] | None = by(OR, name="or")
    not_: "PaymentFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("The organization that pays.")
    scope_id: IdFilter | None = by("The scope that is paid.")
    service_line_id: IdFilter | None = by("The service line that it is for.")
    status: Filter[PaymentStatus] | None = by("Where it stands.")
    due_at: DateTimeFilter | None = by("By when it is to be paid.")
    overdue: bool | None = by("Whether it should have arrived and has not.", flag("overdue"))


@strawberry.type(description="Deliverables that share what they are grouped by.")
class DeliverableGroup:
    status: DeliverableStatus | None = field("Where they stand; null unless grouped by it.")
    scope: Scope | None = one("scope_id", "The scope that promises them; null unless grouped by it.")
    count: int = count("How many.")


@strawberry.type(description="Figures over all deliverables that match, whatever the page.")
class DeliverableAggregate:
    count: int = count("How many.")
    oldest_ready_at: datetime | None = lowest("ready_at", "When the first of them became ready.")
    groups: list[DeliverableGroup] = edge(Groups(DeliverableGroupBy), "The same, group by group.")


@strawberry.type(description="Payments that share what they are grouped by.")
class PaymentGroup:
    status: PaymentStatus | None = field("Where they stand; null unless grouped by it.")
    month: Period | None = field("The month that they are due in: 2026-04; null unless grouped by it.")
    service_line: ServiceLine | None = one(
        "service_line_id", "The service line that they are for; null unless grouped by it."
    )
    count: int = count("How many.")
    sum_amount: Money | None = total("amount", "Their sum.", currency="currency")


@strawberry.type(description="Figures over all payments that match, whatever the page.")
class PaymentAggregate:
    count: int = count("How many.")
    sum_amount: Money | None = total("amount", "Their sum.", currency="currency")
    groups: list[PaymentGroup] = edge(Groups(PaymentGroupBy), "The same, group by group.")


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
    aggregate: DeliverableAggregate = field("Figures over all deliverables that match.")


@strawberry.type(description="A page of payments.")
class PaymentConnection(Connection[Payment]):
    relation = repository.PAYMENTS
    filters = PaymentFilter
    default_order = (("due_at", False),)
    aggregate: PaymentAggregate = field("Figures over all payments that match.")
