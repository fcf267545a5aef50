"""GraphQL types of SLA terms and reports."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, case, func

from podgraph.database.read_model import ReadModelAlias
from podgraph.graphql.aggregates import Measure, average, count, lowest, measured
from podgraph.graphql.descriptions import Items, computed, field, register_enums, register_type
from podgraph.graphql.entities import Entity
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
    "Metric that missed its target in a month of a pod's term.",
    period="Month, e.g. 2026-04.",
    metric="Metric.",
    explanation="Result in one sentence.",
)


@strawberry.type(description="Agreed target of one SLA metric.")
class SlaMetricTerm:
    metric: SlaMetricKind = field("Metric.")
    target: Decimal = field("Target in `unit`, e.g. 18.")
    unit: str = field("Unit of the target: tasks_per_sprint, hours, hours_per_week or percent.")
    tolerance_percent: Decimal = field(
        "Tolerance in percent: a target missed by no more than this still counts as met."
    )
    weight_percent: Decimal = field("Weight in the compliance, in percent. The weights of all metrics add up to 100.")


@record(repository.SLA_TERMS, "SLA terms of a pod, in force from a month on.")
class SlaTerms(Node):
    pod: Pod = one("pod_id", "Pod that the SLA applies to.")
    throughput_tasks_per_sprint: int = field("Minimum number of tasks completed per sprint.")
    sprint_length_days: int = field("Length of a sprint, in days.")
    response_time_hours: Decimal = field("Maximum time to the first response to a priority item, in hours.")
    availability_hours_per_week: Decimal = field("Minimum availability of the team, in hours per week.")
    quality_gate_percent: Decimal = field("Minimum test coverage, in percent.")
    max_defect_rate_percent: Decimal | None = field("Maximum defect rate, in percent; null for no limit.")
    effective_from: Period = field("First month in which the terms are in force.")
    current_compliance: Decimal | None = field(
        "Compliance in the latest published report, in percent; null before the first publication."
    )

    @strawberry.field(description="Targets by metric, with tolerances and weights.")
    def terms(self: Any) -> list[SlaMetricTerm]:
        terms: Any = repository.agreed_terms(self)
        return list(terms)


@record(repository.SLA_REPORTS, "Measurement of a pod against its SLA in one month.")
class SlaReport(Entity):
    transitions = lifecycle.SLA_REPORT

    pod: Pod = one("pod_id", "Pod that the SLA applies to.")
    sla: SlaTerms = one("sla_terms_id", "SLA terms that apply to the month.")
    period: Period = field("Month, e.g. 2026-04.")
    status: SlaReportStatus = field("Status of the report.")
    # A draft has no compliance: a partial month under terms that may change would be misleading.
    compliance_percent: Decimal | None = field("SLA compliance, in percent; null until publication, then final.")
    compliance_formula: str | None = field("Calculation of the compliance, as text; null until publication.")
    metrics: list["SlaMetricResult"] = many(
        "sla_report_id",
        "Results of the four metrics, as measured so far.",
        order=(("position", False),),
        length=len(SlaMetricKind),
    )
    defect_rate_percent: Decimal | None = field(
        "Defect rate, in percent; null if not measured. The quality gate may limit it."
    )
    breached: list[SlaMetricKind] = field("Metrics that missed their targets; empty until publication.")
    incidents: list[Incident] = batch(
        repository.breach_incidents,
        "SLA breach incidents on the pod's service line, opened in the month or by this report.",
        length=Items(20),
    )
    published_at: datetime | None = field("Time of publication; null until then.")


@record(repository.SLA_METRIC_RESULTS, "Result of one metric in a month.")
class SlaMetricResult:
    metric: SlaMetricKind = field("Metric.")
    target: Decimal = field("Target agreed for the month, in the unit of the metric.")
    actual: Decimal | None = field("Measured value, in the unit of the metric; null if not measured.")
    attainment_percent: Decimal | None = field(
        "Attainment in percent: 100.0 if the target was just reached, more if it was exceeded; null if not measured."
    )
    tolerance_percent: Decimal = field(
        "Tolerance in percent: a target missed by no more than this still counts as met."
    )
    weight_percent: Decimal = field("Weight of the metric in the compliance, in percent.")
    status: SlaMetricStatus = field("Whether the target was met.")
    explanation: str = field("Result in one sentence, e.g. 76 of 80 % is 95.0 %, below the 100 % required: breached.")

    @computed("Name of the metric in the report, e.g. availability_hours.", "metric")
    def name(self: Any) -> str:
        return rules.METRICS[self.metric].name


@strawberry.input(description="Filter for SLA reports.")
class SlaReportFilter:
    pod_id: IdFilter | None = by("Id of the pod.")
    pod: PodFilter | None = by("Filter for the pod.", related("pod", "pod_id"))
    period_from: Period | None = by("Earliest month, inclusive.", at_least("period"))
    period_to: Period | None = by("Latest month, inclusive.", at_most("period"))
    has_breach: bool | None = by("Whether any metric missed its target.", flag("has_breach"))


@strawberry.type(description="Number of breaches of a metric.")
class MetricBreachCount:
    metric: SlaMetricKind = field("Metric.")
    breaches: int = field("Number of reports in which the metric was breached.")


def _breach_columns(source: ReadModelAlias) -> list[ColumnElement[int]]:
    return [func.count(case((repository.breaches(source, metric), 1))) for metric in rules.METRICS]


def _breach_counts(*breaches: int) -> list[MetricBreachCount]:
    return [
        MetricBreachCount(metric=metric, breaches=number)
        for metric, number in zip(rules.METRICS, breaches, strict=True)
    ]


@strawberry.type(description="Aggregates over all matching SLA reports.")
class SlaReportAggregate:
    count: int = count("Number of SLA reports.")
    avg_compliance_percent: Decimal | None = average(
        "compliance_percent",
        "Mean compliance of published reports, in percent with 1 decimal place; null if none is published.",
    )
    min_compliance_percent: Decimal | None = lowest(
        "compliance_percent", "Lowest compliance of published reports, in percent; null if none is published."
    )
    breaches_by_metric: list[MetricBreachCount] = measured(
        Measure(_breach_columns, _breach_counts, empty=_breach_counts(*(0 for _ in rules.METRICS))),
        "Breaches of each of the four metrics, in the order of the report.",
    )


@strawberry.type(description="A page of SLA reports.")
class SlaReportConnection(Connection[SlaReport]):
    relation = repository.SLA_REPORTS
    filters = SlaReportFilter
    default_order = (("period", True),)
    default_first = 12
    aggregate: SlaReportAggregate = field("Aggregates over all matching records, independent of the page.")
