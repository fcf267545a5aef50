"""The mutations of SLA terms and reports."""

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
    """A month of the calendar, and no quarter."""

    description: ClassVar[str] = "A month of the calendar."

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
    "How a metric is judged; what is left out stays as it is.",
    metric="The metric.",
    tolerance_percent=("How far its target may be missed and still count as met.", PERCENT),
    weight_percent=("Its part in the compliance; the weights of all metrics make 100.", PERCENT),
)
register_input(
    SlaTargets,
    "SlaTargetsInput",
    "What a team is to commit to.",
    throughput_tasks_per_sprint=("Tasks completed in a sprint, at the least.", THROUGHPUT),
    response_time_hours=("Hours until a priority item has its first response, at the most.", RESPONSE),
    availability_hours_per_week=("Hours per week that the team is available, at the least.", AVAILABILITY),
    quality_gate_percent=("Test coverage in percent, at the least.", COVERAGE),
    sprint_length_days=("Days in a sprint.", SPRINT),
    max_defect_rate_percent=("Defect rate in percent, at the most; without, there is no limit.", PERCENT),
    metrics=("Metrics that are not judged as by default.", METRICS),
)


@strawberry.type(description="What became of the terms of an SLA.")
class SlaTermsPayload(Payload):
    pod: Pod | None = one("pod_id", "The pod as it is now; as it was when it was refused.")
    sla: SlaTerms | None = one("sla_id", "The terms that are agreed on from the next month on.")


@strawberry.type(description="What became of an SLA report.")
class SlaReportPayload(Payload):
    sla_report: SlaReport | None = one("sla_report_id", "The report as it is now; as it was when it was refused.")


@strawberry.input(description="Which terms of a pod's SLA are to be other ones; what is left out stays.")
class UpdateSlaTermsInput(Input):
    pod_id: strawberry.ID = input_field("The pod: POD-26-000008.", inputs.ID)
    throughput_tasks_per_sprint: strawberry.Maybe[int] = input_field("Tasks in a sprint, at the least.", THROUGHPUT)
    response_time_hours: strawberry.Maybe[Decimal] = input_field(
        "Hours until a priority item has its first response, at the most.", RESPONSE
    )
    availability_hours_per_week: strawberry.Maybe[Decimal] = input_field(
        "Hours per week that the team is available, at the least.", AVAILABILITY
    )
    quality_gate_percent: strawberry.Maybe[Decimal] = input_field("Test coverage in percent, at the least.", COVERAGE)
    sprint_length_days: strawberry.Maybe[int] = input_field("Days in a sprint.", SPRINT)
    max_defect_rate_percent: strawberry.Maybe[Decimal | None] = input_field(
        "Defect rate in percent, at the most; null takes the limit away.", PERCENT
    )
    metrics: strawberry.Maybe[list[MetricJudgement]] = input_field("Metrics that are to be judged otherwise.", METRICS)


@strawberry.input(description="What was measured in a month; what is left out stays, null takes it back.")
class RecordSlaReportInput(Input):
    pod_id: strawberry.ID = input_field("The pod: POD-26-000008.", inputs.ID)
    period: Period = input_field("The month, between the pod's start and now: 2026-04.", Month())
    throughput_tasks_per_sprint: strawberry.Maybe[Decimal | None] = input_field(
        "Tasks completed in a sprint, on the average: 19.", Number(most=9_999, places=4)
    )
    response_time_hours: strawberry.Maybe[Decimal | None] = input_field(
        "The mean of the first responses to the month's priority items, in hours: 1.8."
        " Without, publication takes it from the tickets.",
        Number(most=9_999, places=4),
    )
    availability_hours_per_week: strawberry.Maybe[Decimal | None] = input_field(
        "The mean of the weeks that start in the month, in hours: 198."
        " Without, publication takes it from the hours recorded.",
        Number(most=99_999, places=4),
    )
    quality_gate_percent: strawberry.Maybe[Decimal | None] = input_field("Test coverage in percent: 76.", PERCENT)
    defect_rate_percent: strawberry.Maybe[Decimal | None] = input_field("Defect rate in percent: 1.5.", PERCENT)


@strawberry.input(description="Which SLA report.")
class PublishSlaReportInput(Input):
    sla_report_id: strawberry.ID = input_field("The report: SLAR-26-000031.", inputs.ID)


@strawberry.type
class SlaMutation:
    update_sla_terms: SlaTermsPayload = mutation(
        sla.update_sla_terms,
        UpdateSlaTermsInput,
        SlaTermsPayload,
        lifecycle.UPDATE_SLA_TERMS,
        "Agree on other terms from the next month on; months before keep theirs.",
        shows="pod_id",
        codes=(ErrorCode.REQUIRED,),
        events=("sla_terms.changed",),
    )
    record_sla_report: SlaReportPayload = mutation(
        sla_reports.record_sla_report,
        RecordSlaReportInput,
        SlaReportPayload,
        lifecycle.RECORD_SLA_REPORT,
        "Note what was measured in a month, in its one report, until that is published.",
        codes=(ErrorCode.REQUIRED, ErrorCode.INVALID_TRANSITION, ErrorCode.REPORT_PUBLISHED),
        events=("sla_report.recorded",),
    )
    publish_sla_report: SlaReportPayload = mutation(
        sla_reports.publish_sla_report,
        PublishSlaReportInput,
        SlaReportPayload,
        lifecycle.PUBLISH_SLA_REPORT,
        "Compute a month that is over, for good; each metric that was breached opens an incident.",
        shows="sla_report_id",
        codes=(ErrorCode.INVALID_TRANSITION, ErrorCode.REPORT_PUBLISHED),
        events=("sla_report.published", "sla.breached", "incident.opened"),
    )
