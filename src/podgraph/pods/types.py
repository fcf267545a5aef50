"""Pods, their living scopes, SLAs and tickets in the graph."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, case, func

from podgraph.accounts.types import CommercialSubscription, Organization, Project, Talent, User, Workspace
from podgraph.capacity.types import CapacityPool
from podgraph.database.read_model import ReadModelAlias
from podgraph.events.types import Entity
from podgraph.graphql.aggregates import Measure, average, count, count_where, highest, lowest, measured, total
from podgraph.graphql.descriptions import Items, computed, field, money, register_enums, register_type
from podgraph.graphql.filters import (
    AND,
    NOT,
    OR,
    DateTimeFilter,
    Filter,
    IdFilter,
    StringFilter,
    at_least,
    at_most,
    by,
    flag,
    labelled,
    related,
)
from podgraph.graphql.nodes import Node, record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import Groups, JoinTable, argument, batch, connection, edge, many, one
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period
from podgraph.kernel.rounding import half_up
from podgraph.pods import lifecycle, repository, rules
from podgraph.pods.lifecycle import (
    DeliveryModel,
    PodStatus,
    ResponseSla,
    SlaMetricKind,
    SlaMetricStatus,
    SlaReportStatus,
    TicketPriority,
    TicketStatus,
    TicketType,
)
from podgraph.pods.rules import PodScopeItem, ScopeDiffLine, TermBreach
from podgraph.service_lines.types import Incident, IncidentConnection, ServiceLine

register_enums(
    PodStatus,
    DeliveryModel,
    SlaMetricKind,
    SlaMetricStatus,
    SlaReportStatus,
    TicketType,
    TicketPriority,
    TicketStatus,
    ResponseSla,
)

register_type(
    PodScopeItem,
    "One thing that a pod is responsible for.",
    key="What it is called in every revision: api-hardening.",
    title="What it is about: Harden the public API.",
    priority="Its rank, 1 the first.",
    description="More about it.",
)
register_type(
    TermBreach,
    "A metric that missed its target in a month of a pod's term.",
    period="The month: 2026-04.",
    metric="The metric.",
    explanation="The verdict in a sentence.",
)
register_type(
    ScopeDiffLine,
    "What a revision did to one item.",
    op="What: added, removed, changed or reordered.",
    key="The item's key.",
    before="The item as it was, in words; its place in the list where it was reordered.",
    after="The item as it became, in words; its place in the list where it was reordered.",
)


@record(repository.PODS, "A managed team that delivers for a client, measured by an SLA.")
class Pod(Entity):
    transitions = lifecycle.POD

    organization: Organization = one("organization_id", "The client.")
    workspace: Workspace = one("workspace_id", "The workspace that it works for.")
    subscription: CommercialSubscription | None = one("subscription_id", "The contract that it is ordered under.")
    projects: list[Project] = many(
        "id",
        "Its project labels.",
        through=JoinTable("pod_project", "pod_id", "project_id"),
        order=(("name_order", False), ("id", False)),
        length=10,
    )
    service_line: ServiceLine | None = one("service_line_id", "The line that executes it; null until it is confirmed.")
    name: str = field("Its name: Payments Squad.")
    description: str | None = field("What it is for, as requested.")
    status: PodStatus = field("Where it stands.")
    delivery_model: DeliveryModel = field("How it is run.")
    required_capabilities: list[str] = field("What its team must know: backend, qa.")
    requested_team_size: int = field("How many people were asked for.")
    team_size: int = field("How many people are in it now.")
    team: list["PodMember"] = many(
        "pod_id",
        "Who is in it now, in the order of joining.",
        order=(("joined_at", False), ("position", False)),
        length=20,
        where=lambda source: source["left_at"].is_(None),
    )
    start_date: date | None = field("The day asked for to begin.")
    duration_months: int = field("The length of its term in months; of the one renewed last.")
    auto_complete: bool = field("Whether the clock completes it at the end of its term.")
    proposal: "PodProposal | None" = one("id", "The latest offer to the client.", to="pod_id")
    sla: "SlaTerms | None" = one("sla_id", "What its team commits to in the present month; null until it is confirmed.")
    sla_versions: list["SlaTerms"] = many(
        "pod_id",
        "All that its team has committed to and will, by the month that it begins with.",
        order=(("effective_from", False),),
        length=20,
    )
    started_at: datetime | None = field("When it was confirmed and began.")
    renews_at: datetime | None = field("When its term ends and can be renewed.")
    ended_at: datetime | None = field("When it was completed or cancelled.")
    scope: "PodScope" = one("id", "What it works on: a living document.", to="pod_id")
    sla_reports: "SlaReportConnection" = connection("pod_id", "Its SLA reports, the latest month first.")
    sla_report: "SlaReport | None" = batch(
        repository.sla_reports_of,
        "Its SLA report of one month.",
        argument("period", Period, "The month: 2026-04.", default=strawberry.UNSET),
    )
    tickets: "TicketConnection" = connection("pod_id", "What was asked of it, the latest first.")
    incidents: IncidentConnection = connection("pod_id", "What went wrong on it.")

    cost_per_month: Money | None = money("cost_per_month", "Its price for a month; null until it is confirmed.")


@record(repository.POD_MEMBERS, "Somebody's time in a pod, in one role.")
class PodMember:
    pod: Pod = one("pod_id", "The pod.")
    talent: Talent = one("talent_id", "The person.")
    role: str = field("What the person does in it: Backend Engineer.")
    joined_at: datetime = field("When the person joined in this role.")
    left_at: datetime | None = field("When the person left; null for one who is in it now.")


@record(repository.POD_PROPOSALS, "What the client of a pod is offered, to be confirmed.")
class PodProposal:
    committed_per_week: Decimal = field("Hours per week that the team would take from the pool.")
    capacity_pool: CapacityPool = one("capacity_pool_id", "The pool that they would come from.")
    proposed_at: datetime = field("When it was offered.")
    proposed_by: User | None = one("proposed_by", "Who offered it.")
    expires_at: datetime | None = field("Until when it can be confirmed; null for no limit.")

    @computed("How many people the team would have.", "team")
    def team_size(self: Any) -> int:
        return len(self.team)

    cost_per_month: Money = money("cost_per_month", "The price for a month.")


@record(repository.POD_SCOPES, "What a pod works on: a living document, kept in revisions.")
class PodScope(Node):
    pod: Pod = one("pod_id", "The pod.")
    current_revision: "PodScopeRevision" = batch(repository.current_revisions, "The revision in force.")
    revisions: "PodScopeRevisionConnection" = connection("pod_scope_id", "All revisions, the latest first.")


@record(repository.POD_SCOPE_REVISIONS, "One state of a pod's scope; it never changes.")
class PodScopeRevision:
    number: int = field("Its number in the scope, from 1 without gaps.")
    summary: str = field("What the pod is to achieve, in a few sentences.")
    change_note: str | None = field("Why it was revised.")
    author: User | None = one("author_id", "Who wrote it.")
    created_at: datetime = field("When it was written.")

    @computed("What the pod is responsible for, in order.", "items")
    def items(self: Any) -> list[PodScopeItem]:
        return _items(self.items)

    @computed("What changed since the revision before; in the first one all is added.", "items", "previous_items")
    def diff(self: Any) -> list[ScopeDiffLine]:
        return rules.scope_diff(_items(self.previous_items or ()), _items(self.items))


def _items(stored: Sequence[dict[str, Any]]) -> list[PodScopeItem]:
    return [PodScopeItem(**item) for item in stored]


@strawberry.type(description="What is agreed for one metric of an SLA.")
class SlaMetricTerm:
    metric: SlaMetricKind = field("The metric.")
    target: Decimal = field("The value to reach, in its unit: 18.")
    unit: str = field("What it is counted in: tasks_per_sprint, hours, hours_per_week, percent.")
    tolerance_percent: Decimal = field("How far the target may be missed and still count as met.")
    weight_percent: Decimal = field("Its part in the compliance; the weights of all metrics make 100.")


@record(repository.SLA_TERMS, "What a pod's team commits to.")
class SlaTerms(Node):
    pod: Pod = one("pod_id", "The pod.")
    throughput_tasks_per_sprint: int = field("Tasks completed in a sprint, at the least.")
    sprint_length_days: int = field("Days in a sprint.")
    response_time_hours: Decimal = field("Hours until a priority item has its first response, at the most.")
    availability_hours_per_week: Decimal = field("Hours per week that the team is available, at the least.")
    quality_gate_percent: Decimal = field("Test coverage in percent, at the least.")
    max_defect_rate_percent: Decimal | None = field("Defect rate in percent, at the most; null for no limit.")
    effective_from: Period = field("The first month that these terms measure.")
    current_compliance: Decimal | None = field("Compliance in percent in the latest published report.")

    @strawberry.field(description="The same by metric, with tolerances and weights.")
    def terms(self: Any) -> list[SlaMetricTerm]:
        terms: Any = repository.agreed_terms(self)
        return list(terms)


@record(repository.SLA_REPORTS, "A month of a pod measured against its SLA.")
class SlaReport(Entity):
    transitions = lifecycle.SLA_REPORT

    pod: Pod = one("pod_id", "The pod.")
    sla: SlaTerms = one("sla_terms_id", "The SLA that it is measured against.")
    period: Period = field("The month: 2026-04.")
    status: SlaReportStatus = field("Where it stands.")
    # A draft has no compliance: half a month under terms that may change would be read as a verdict.
    compliance_percent: Decimal | None = field(
        "How far the SLA was kept, in percent; null until publication, fixed from then on."
    )
    compliance_formula: str | None = field("How the compliance comes about, to be followed by hand.")
    metrics: list["SlaMetricResult"] = many(
        "sla_report_id",
        "The four metrics, as measured so far.",
        order=(("position", False),),
        length=len(SlaMetricKind),
    )
    defect_rate_percent: Decimal | None = field("The defect rate in percent; the quality gate may limit it.")
    breached: list[SlaMetricKind] = field("The metrics that missed their targets; none before publication.")
    incidents: list[Incident] = batch(
        repository.breach_incidents,
        "SLA breaches on the pod's line: those opened in the month, and those that the report opened.",
        length=Items(20),
    )
    published_at: datetime | None = field("When it was published.")


@record(repository.SLA_METRIC_RESULTS, "How one metric came out in a month.")
class SlaMetricResult:
    metric: SlaMetricKind = field("The metric.")
    target: Decimal = field("The value to reach, as agreed for the month.")
    actual: Decimal | None = field("The value measured; null without a measurement.")
    attainment_percent: Decimal | None = field(
        "How far the target was reached: 100.0 where it just was, above where it was exceeded."
    )
    tolerance_percent: Decimal = field("How far the target may be missed and still count as met.")
    weight_percent: Decimal = field("The metric's part in the compliance.")
    status: SlaMetricStatus = field("Whether it was kept.")
    explanation: str = field("The verdict in a sentence: 76 of 80 % is 95.0 %, below the 100 % required: breached.")

    @computed("The metric as the report spells it: availability_hours.", "metric")
    def name(self: Any) -> str:
        return rules.METRICS[self.metric].name


@record(repository.TICKETS, "A request to a pod, with the clock of its first response.")
class Ticket(Entity):
    transitions = lifecycle.TICKET

    pod: Pod = one("pod_id", "The pod.")
    type: TicketType = field("What it asks of the pod.")
    title: str = field("What it is about: Checkout returns 502.")
    description: str = field("What is asked, in full.")
    priority: TicketPriority = field("How urgent it is.")
    status: TicketStatus = field("Where it stands.")
    submitted_by: User | None = one("submitted_by", "Who raised it.")
    response_due_at: datetime = field("By when the pod must respond; a reopened ticket has a new deadline.")
    responded_at: datetime | None = field("When the pod responded first.")
    response_sla: ResponseSla = field("Whether the deadline was kept.")
    resolved_at: datetime | None = field("When it was resolved.")
    closed_at: datetime | None = field("When it was closed.")
    escalated_at: datetime | None = field("When it was escalated last.")
    reopened_at: datetime | None = field("When it was reopened last.")
    incident: Incident | None = one("id", "The incident that a late response opened.", to="ticket_id")
    comments: "TicketCommentConnection" = connection("ticket_id", "What was said on it, the earliest first.")

    @computed("Hours until the first response, one decimal; null without one.", "response_seconds")
    def response_hours(self: Any) -> Decimal | None:
        seconds = self.response_seconds
        return None if seconds is None else half_up(rules.response_hours(seconds), 1)


@record(repository.TICKET_COMMENTS, "Something said on a ticket.")
class TicketComment(Node):
    ticket: Ticket = one("ticket_id", "The ticket.")
    author: User | None = one("author_id", "Who said it.")
    body: str = field("What was said.")
    created_at: datetime = field("When.")


class PodOrderField(DescribedEnum):
    """What pods can be ordered by."""

    CREATED_AT = "created_at", "When they were requested."
    NAME = "name_order", "The name."
    RENEWS_AT = "renews_at", "The end of the term."
    COST_PER_MONTH = "cost_per_month", "The price for a month."
    STATUS = "status", "The status, by the alphabet."


class PodGroupBy(DescribedEnum):
    """What pods can be grouped by."""

    STATUS = "status", "Where they stand."
    DELIVERY_MODEL = "delivery_model", "How they are run."
    WORKSPACE = "workspace_id", "The workspace that they work for."


class TicketOrderField(DescribedEnum):
    """What tickets can be ordered by."""

    CREATED_AT = "created_at", "When they were raised."
    RESPONSE_DUE_AT = "response_due_at", "By when the pod must respond."
    PRIORITY = "priority_rank", "The priority; LOW is the smallest, URGENT the largest."


class TicketGroupBy(DescribedEnum):
    """What tickets can be grouped by."""

    STATUS = "status", "Where they stand."
    TYPE = "type", "What they ask of the pod."
    PRIORITY = "priority", "How urgent they are."
    RESPONSE_SLA = "response_sla", "Whether they were responded to in time."
    MONTH = "month", "The month that they were raised in, in UTC."


register_enums(PodOrderField, PodGroupBy, TicketOrderField, TicketGroupBy)


@strawberry.input(description="Which pods.")
class PodFilter:
    and_: list["PodFilter"] | None = by(AND, name="and")
    or_: list["PodFilter"] | None = by(OR, name="or")
    not_: "PodFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("The pod itself.")
    organization_id: IdFilter | None = by("The client.")
    workspace_id: IdFilter | None = by("The workspace that it works for.")
    name: StringFilter | None = by("The name.")
    status: Filter[PodStatus] | None = by("Where it stands.")
    delivery_model: Filter[DeliveryModel] | None = by("How it is run.")
    renews_at: DateTimeFilter | None = by("The end of its term.")
    project_tag: StringFilter | None = by(
        "The id of one of its project labels: PROJ-26-004281.",
        labelled("pod_project", "pod_id", "project_id"),
    )


@strawberry.input(description="Which SLA reports.")
class SlaReportFilter:
    pod_id: IdFilter | None = by("The pod.")
    pod: PodFilter | None = by("The pod, by its own values.", related("pod", "pod_id"))
    period_from: Period | None = by("This month and later.", at_least("period"))
    period_to: Period | None = by("This month and earlier.", at_most("period"))
    has_breach: bool | None = by("Whether a metric missed its target.", flag("has_breach"))


@strawberry.input(description="Which tickets.")
class TicketFilter:
    and_: list["TicketFilter"] | None = by(AND, name="and")
    or_: list["TicketFilter"] | None = by(OR, name="or")
    not_: "TicketFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("The client.")
    pod_id: IdFilter | None = by("The pod.")
    pod: PodFilter | None = by("The pod, by its own values.", related("pod", "pod_id"))
    status: Filter[TicketStatus] | None = by("Where it stands.")
    type: Filter[TicketType] | None = by("What it asks of the pod.")
    priority: Filter[TicketPriority] | None = by("How urgent it is.")
    response_sla: Filter[ResponseSla] | None = by("Whether it was responded to in time.")
    response_due_at: DateTimeFilter | None = by("By when the pod must respond.")
    created_at: DateTimeFilter | None = by("When it was raised.")


@strawberry.type(description="Pods of one kind.")
class PodGroup:
    status: PodStatus | None = field("Where they stand, where grouped by it.")
    delivery_model: DeliveryModel | None = field("How they are run, where grouped by it.")
    workspace: Workspace | None = one("workspace_id", "The workspace, where grouped by it.")
    count: int = count("How many.")
    sum_cost_per_month: Money | None = total("cost_per_month", "Their prices for a month.", currency="currency")


@strawberry.type(description="Figures over all pods that match.")
class PodAggregate:
    count: int = count("How many.")
    sum_cost_per_month: Money | None = total(
        "cost_per_month",
        "Their prices for a month; null where none has one, or in several currencies.",
        currency="currency",
    )
    avg_team_size: Decimal | None = average("team_size", "People in a pod on average, one decimal.")
    groups: list[PodGroup] = edge(Groups(PodGroupBy), "The same by kind.")


@strawberry.type(description="How often a metric was breached.")
class MetricBreachCount:
    metric: SlaMetricKind = field("The metric.")
    breaches: int = field("In how many reports.")


def _breach_columns(source: ReadModelAlias) -> list[ColumnElement[int]]:
    return [func.count(case((repository.breaches(source, metric), 1))) for metric in rules.METRICS]


def _breach_counts(*breaches: int) -> list[MetricBreachCount]:
    return [
        MetricBreachCount(metric=metric, breaches=number)
        for metric, number in zip(rules.METRICS, breaches, strict=True)
    ]


@strawberry.type(description="Figures over all SLA reports that match.")
class SlaReportAggregate:
    count: int = count("How many.")
    avg_compliance_percent: Decimal | None = average(
        "compliance_percent", "Compliance on average over the published ones, one decimal."
    )
    min_compliance_percent: Decimal | None = lowest("compliance_percent", "The lowest compliance.")
    breaches_by_metric: list[MetricBreachCount] = measured(
        Measure(_breach_columns, _breach_counts, empty=_breach_counts(*(0 for _ in rules.METRICS))),
        "How often each of the four metrics was breached, in the report's order.",
    )


@strawberry.type(description="Tickets of one kind.")
class TicketGroup:
    status: TicketStatus | None = field("Where they stand, where grouped by it.")
    type: TicketType | None = field("What they ask of the pod, where grouped by it.")
    priority: TicketPriority | None = field("How urgent they are, where grouped by it.")
    response_sla: ResponseSla | None = field("Whether they were responded to in time, where grouped by it.")
    month: Period | None = field("The month that they were raised in, where grouped by it.")
    count: int = count("How many.")
    avg_response_hours: Decimal | None = average(
        "response_seconds", "Hours until the first response on average, one decimal.", per=3600
    )


@strawberry.type(description="Figures over all tickets that match.")
class TicketAggregate:
    count: int = count("How many.")
    avg_response_hours: Decimal | None = average(
        "response_seconds", "Hours until the first response on average, one decimal.", per=3600
    )
    max_response_hours: Decimal | None = highest(
        "response_seconds", "Hours until the slowest first response, one decimal.", places=1, per=3600
    )
    breached: int = count_where(
        lambda source: source["response_sla"] == ResponseSla.BREACHED,
        "How many were not responded to in time.",
    )
    groups: list[TicketGroup] = edge(Groups(TicketGroupBy), "The same by kind.")


@strawberry.type(description="A page of pods.")
class PodConnection(Connection[Pod]):
    relation = repository.PODS
    filters = PodFilter
    orders = PodOrderField
    aggregate: PodAggregate = field("Figures over all that match, whatever the page.")


@strawberry.type(description="A page of the revisions of a scope.")
class PodScopeRevisionConnection(Connection[PodScopeRevision]):
    relation = repository.POD_SCOPE_REVISIONS
    default_order = (("number", True),)


@strawberry.type(description="A page of SLA reports.")
class SlaReportConnection(Connection[SlaReport]):
    relation = repository.SLA_REPORTS
    filters = SlaReportFilter
    default_order = (("period", True),)
    default_first = 12
    aggregate: SlaReportAggregate = field("Figures over all that match, whatever the page.")


@strawberry.type(description="A page of tickets.")
class TicketConnection(Connection[Ticket]):
    relation = repository.TICKETS
    filters = TicketFilter
    orders = TicketOrderField
    default_order = (("created_at", True),)
    aggregate: TicketAggregate = field("Figures over all that match, whatever the page.")


@strawberry.type(description="A page of what was said on a ticket.")
class TicketCommentConnection(Connection[TicketComment]):
    relation = repository.TICKET_COMMENTS
    default_order = (("created_at", False),)
