"""SLA reports of a pod by month, with the incidents of breached metrics."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from podgraph.demo import capacity
from podgraph.demo.pods import line_of
from podgraph.demo.row_builder import SYSTEM, Book, Row
from podgraph.kernel.periods import Period
from podgraph.pods import rules
from podgraph.pods.lifecycle import (
    SlaMetricKind,
    SlaMetricStatus,
    SlaReportStatus,
)

PUBLISHED_ON = timedelta(days=2, hours=6)
"""A month's report is published on the third of the next one, in the morning."""


def report(
    book: Book,
    pod: Row,
    period: Period,
    measured: Mapping[SlaMetricKind, Decimal],
    *,
    published: bool = True,
    opens_incidents: bool = True,
    settled: bool = True,
) -> Row:
    """The SLA report of a month. Publishing it opens an incident for each breached metric.

    With `settled` the incidents are resolved.
    """
    sla = next(book.where("sla_terms", pod_id=pod["id"]))
    results = [rules.metric_result(term, measured.get(term.metric)) for term in _terms(sla)]
    breached = [one.term.metric for one in results if one.status is SlaMetricStatus.BREACHED]
    compliance = rules.compliance_percent(results)
    published_at = period.end + PUBLISHED_ON
    row = book.add(
        "sla_report",
        id=book.ids.take("sla_report", published_at.year),
        pod_id=pod["id"],
        sla_terms_id=sla["id"],
        period=str(period),
        status=SlaReportStatus.PUBLISHED if published else SlaReportStatus.DRAFT,
        compliance_percent=compliance if published else None,
        compliance_formula=rules.compliance_formula(results) if published else None,
        breached=list(breached) if published else [],
        published_at=published_at if published else None,
        created_at=published_at if published else period.start,
    )
    for position, one in enumerate(results, 1):
        book.add(
            "sla_metric_result",
            sla_report_id=row["id"],
            position=position,
            metric=one.term.metric,
            target=one.term.target,
            actual=one.actual,
            attainment_percent=one.attainment_percent,
            tolerance_percent=one.term.tolerance_percent,
            weight_percent=one.term.weight_percent,
            status=one.status,
            explanation=one.explanation,
        )
    if not published:
        return row
    book.happened(published_at, SYSTEM, row, "sla_report.published", compliance_percent=compliance)
    sla["current_compliance"] = compliance
    for metric in breached:
        book.happened(published_at, SYSTEM, row, "sla.breached", metric=metric)
        if opens_incidents:
            capacity.open_incident(
                book,
                line_of(book, pod),
                f"{rules.METRICS[metric].title.capitalize()} missed its target in {period}",
                at=published_at,
                acknowledged_after=timedelta(hours=1, minutes=20) if settled else None,
                resolved_after=timedelta(days=6, hours=2) if settled else None,
                resolution="Reviewed with the client; the team's plan for the next sprint covers it.",
                sla_report_id=row["id"],
                sla_metric=metric,
            )
    return row


def measurements(
    throughput: int | str, response: str, availability: str, quality: int | str
) -> dict[SlaMetricKind, Decimal]:
    """What was measured in a month: tasks a sprint, hours, hours a week, percent."""
    return {
        SlaMetricKind.THROUGHPUT: Decimal(throughput),
        SlaMetricKind.RESPONSE_TIME: Decimal(response),
        SlaMetricKind.AVAILABILITY: Decimal(availability),
        SlaMetricKind.QUALITY_GATE: Decimal(quality),
    }


def _terms(sla: Row) -> Sequence[rules.SlaMetricTerm]:
    return rules.metric_terms(
        {
            SlaMetricKind.THROUGHPUT: Decimal(sla["throughput_tasks_per_sprint"]),
            SlaMetricKind.RESPONSE_TIME: sla["response_time_hours"],
            SlaMetricKind.AVAILABILITY: sla["availability_hours_per_week"],
            SlaMetricKind.QUALITY_GATE: sla["quality_gate_percent"],
        }
    )
