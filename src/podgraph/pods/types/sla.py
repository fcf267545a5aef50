"""SLA terms and reports in the graph."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, case, func

from podgraph.database.read_model import ReadModelAlias
from podgraph.events.types import Entity
from podgraph.graphql.aggregates import Measure, average, count, lowest, measured
from podgraph.graphql.descriptions import Items, computed, field, register_enums, register_type
from podgraph.graphql.filters import (
    IdFilter,
    at_least,
    at_most,
    by,
    flag,
    related,
)
from podgraph.graphql.nodes import Node, record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import batch, many, one
from podgraph.kernel.periods import Period
from podgraph.pods import lifecycle, repository, rules
from podgraph.pods.lifecycle import (
    SlaMetricKind,
    SlaMetricStatus,
    SlaReportStatus,
)
from podgraph.pods.rules import TermBreach
from podgraph.pods.types.pods import Pod, PodFilter
from podgraph.service_lines.types import Incident

register_enums(SlaMetricKind, SlaMetricStatus, SlaReportStatus)


register_type(
    TermBreach,
    "A metric that missed its target in a month of a pod's term.",
    period="The month: 2026-04.",
    metric="The metric.",
    explanation="The verdict in a sentence.",
)


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


@strawberry.input(description="Which SLA reports.")
class SlaReportFilter:
    pod_id: IdFilter | None = by("The pod.")
    pod: PodFilter | None = by("The pod, by its own values.", related("pod", "pod_id"))
    period_from: Period | None = by("This month and later.", at_least("period"))
    period_to: Period | None = by("This month and earlier.", at_most("period"))
    has_breach: bool | None = by("Whether a metric missed its target.", flag("has_breach"))


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


@strawberry.type(description="A page of SLA reports.")
class SlaReportConnection(Connection[SlaReport]):
    relation = repository.SLA_REPORTS
    filters = SlaReportFilter
    default_order = (("period", True),)
    default_first = 12
    aggregate: SlaReportAggregate = field("Figures over all that match, whatever the page.")
