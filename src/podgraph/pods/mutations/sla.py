"""Mutations of SLA terms and reports."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import ListOf, Number, input_field, register_input
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode
from podgraph.kernel.periods import Period
from podgraph.pods import lifecycle
from podgraph.pods.rules import MetricJudgement, SlaTargets
from podgraph.pods.service import sla, sla_reports
from podgraph.pods.types import Pod, SlaReport, SlaTerms


@dataclass(frozen=True)
class Month:
    """Rule: a calendar month, not a quarter."""

    description: ClassVar[str] = "A calendar month."

    def error(self, value: Period) -> str | None:
        return None if value.months == 1 else f"is {value}: write a month as 2026-04"


THROUGHPUT = Number(most=9_999, above=True)
SPRINT = Number(1, 365)
RESPONSE = Number(most=9_999, places=4, above=True)
AVAILABILITY = Number(most=99_999, places=4, above=True)
COVERAGE = Number(most=100, places=1, above=True)
PERCENT = Number(most=100, places=1)
METRICS = ListOf(4)

register_input(
    MetricJudgement,
    "MetricJudgementInput",
    "Tolerance and weight of a metric. Omitted values stay unchanged.",
    metric="Metric.",
    tolerance_percent=("Tolerance in percent: a target missed by no more than this still counts as met.", PERCENT),
    weight_percent=("Weight in the compliance, in percent. The weights of all metrics must add up to 100.", PERCENT),
)
register_input(
    SlaTargets,
    "SlaTargetsInput",
    "SLA targets that a team commits to.",
    throughput_tasks_per_sprint=("Minimum number of tasks completed per sprint.", THROUGHPUT),
    response_time_hours=("Maximum time to the first response to a priority item, in hours.", RESPONSE),
    availability_hours_per_week=("Minimum availability of the team, in hours per week.", AVAILABILITY),
    quality_gate_percent=("Minimum test coverage, in percent.", COVERAGE),
    sprint_length_days=("Length of a sprint, in days.", SPRINT),
    max_defect_rate_percent=("Maximum defect rate, in percent; no limit if omitted.", PERCENT),
    metrics=("Metrics whose tolerance or weight differs from the default.", METRICS),
)


@strawberry.type(description="Result of `updateSlaTerms`.")
class SlaTermsPayload(Payload):
    pod: Pod | None = one("pod_id", "The pod after the mutation; unchanged if `userErrors` is not empty.")
    sla: SlaTerms | None = one("sla_id", "SLA terms in force from next month; null if `userErrors` is not empty.")


@strawberry.type(description="Result of an SLA report mutation.")
class SlaReportPayload(Payload):
    sla_report: SlaReport | None = one(
        "sla_report_id", "The SLA report after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.input(description="Input for `updateSlaTerms`. Omitted values stay unchanged.")
class UpdateSlaTermsInput(Input):
    pod_id: strawberry.ID = input_field("Pod id, e.g. POD-26-000008.", inputs.ID)
    throughput_tasks_per_sprint: strawberry.Maybe[int] = input_field(
        "Minimum number of tasks completed per sprint.", THROUGHPUT
    )
    response_time_hours: strawberry.Maybe[Decimal] = input_field(
        "Maximum time to the first response to a priority item, in hours.", RESPONSE
    )
    availability_hours_per_week: strawberry.Maybe[Decimal] = input_field(
        "Minimum availability of the team, in hours per week.", AVAILABILITY
    )
    quality_gate_percent: strawberry.Maybe[Decimal] = input_field("Minimum test coverage, in percent.", COVERAGE)
    sprint_length_days: strawberry.Maybe[int] = input_field("Length of a sprint, in days.", SPRINT)
    max_defect_rate_percent: strawberry.Maybe[Decimal | None] = input_field(
        "Maximum defect rate, in percent; null removes the limit.", PERCENT
    )
    metrics: strawberry.Maybe[list[MetricJudgement]] = input_field(
        "Metrics whose tolerance or weight changes.", METRICS
    )


@strawberry.input(description="Input for `recordSlaReport`. Omitted values stay unchanged; null removes a measurement.")
class RecordSlaReportInput(Input):
    pod_id: strawberry.ID = input_field("Pod id, e.g. POD-26-000008.", inputs.ID)
    period: Period = input_field("Month between the start of the pod and now, e.g. 2026-04.", Month())
    throughput_tasks_per_sprint: strawberry.Maybe[Decimal | None] = input_field(
        "Mean number of tasks completed per sprint, e.g. 19.", Number(most=9_999, places=4)
    )
    response_time_hours: strawberry.Maybe[Decimal | None] = input_field(
        "Mean time to the first response to the month's priority items, in hours, e.g. 1.8."
        " If missing, publication derives it from the tickets.",
        Number(most=9_999, places=4),
    )
    availability_hours_per_week: strawberry.Maybe[Decimal | None] = input_field(
        "Mean weekly availability over the weeks that start in the month, in hours, e.g. 198."
        " If missing, publication derives it from the recorded actuals.",
        Number(most=99_999, places=4),
    )
    quality_gate_percent: strawberry.Maybe[Decimal | None] = input_field("Test coverage in percent: 76.", PERCENT)
    defect_rate_percent: strawberry.Maybe[Decimal | None] = input_field("Defect rate in percent, e.g. 1.5.", PERCENT)


@strawberry.input(description="Input for `publishSlaReport`.")
class PublishSlaReportInput(Input):
    sla_report_id: strawberry.ID = input_field("SLA report id, e.g. SLAR-26-000031.", inputs.ID)


@strawberry.type
class SlaMutation:
    update_sla_terms: SlaTermsPayload = mutation(
        sla.update_sla_terms,
        UpdateSlaTermsInput,
        SlaTermsPayload,
        lifecycle.UPDATE_SLA_TERMS,
        "Change the SLA terms from next month on. Earlier months keep their terms.",
        shows="pod_id",
        codes=(ErrorCode.REQUIRED,),
        events=("sla_terms.changed",),
    )
    record_sla_report: SlaReportPayload = mutation(
        sla_reports.record_sla_report,
        RecordSlaReportInput,
        SlaReportPayload,
        lifecycle.RECORD_SLA_REPORT,
        "Record the measurements of a month in its report. Possible until the report is published.",
        codes=(ErrorCode.REQUIRED, ErrorCode.INVALID_TRANSITION, ErrorCode.REPORT_PUBLISHED),
        events=("sla_report.recorded",),
    )
    publish_sla_report: SlaReportPayload = mutation(
        sla_reports.publish_sla_report,
        PublishSlaReportInput,
        SlaReportPayload,
        lifecycle.PUBLISH_SLA_REPORT,
        "Compute and publish the report of a month that has ended. Final; each breached metric opens an incident.",
        shows="sla_report_id",
        codes=(ErrorCode.INVALID_TRANSITION, ErrorCode.REPORT_PUBLISHED),
        events=("sla_report.published", "sla.breached", "incident.opened"),
    )
