"""SLA reports: measurements recorded for a month, and the month published."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, select

from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.periods import Period
from podgraph.kernel.transitions import Transition
from podgraph.pods import lifecycle, rules
from podgraph.pods.lifecycle import SlaMetricKind, SlaMetricStatus, SlaReportStatus
from podgraph.pods.repository import (
    PODS,
    SLA_METRIC_RESULTS,
    SLA_REPORTS,
    SLA_TERMS,
    agreed_terms,
    mean_response_hours,
    mean_weekly_hours,
)
from podgraph.pods.rules import TARGETS, SlaMetricResult
from podgraph.pods.service.sla import terms_in_month
from podgraph.records import PodRecord, SlaReportRecord, SlaTermsRecord
from podgraph.service_lines import service as lines
from podgraph.service_lines.lifecycle import IncidentType
from podgraph.writes.transaction import Job, WriteTransaction


async def record_sla_report(write: WriteTransaction, *, pod_id: str, period: Period, **measured: Any) -> None:
    """Record the measurements of a month; omitted values stay as recorded before."""
    pod = await write.get_for_update(PODS, pod_id, "podId")
    write.authorize(lifecycle.OPEN_SLA_REPORT, within=pod)
    _check_month(write, pod, period)
    found = await write.select(SLA_REPORTS, lock=True, pod_id=pod.id, period=str(period))
    report = found[0] if found else None
    if report is not None:
        write.return_ids(sla_report_id=report.id)
        write.authorize(lifecycle.RECORD_SLA_REPORT, report)
    if not measured:
        raise rejected(ErrorCode.REQUIRED, "Provide at least one measurement.")
    terms = await terms_in_month(write, pod, period)
    known = {"sla_terms_id": terms.id}
    if "defect_rate_percent" in measured:
        known["defect_rate_percent"] = measured["defect_rate_percent"]
    if report is None:
        report = await write.create(
            SLA_REPORTS,
            "sla_report.recorded",
            payload={"measured": measured},
            id=(await write.issue(SLAR=1))["SLAR"][0],
            organization_id=pod.organization_id,
            pod_id=pod.id,
            period=str(period),
            status=str(SlaReportStatus.DRAFT),
            breached=[],
            **known,
        )
    else:
        payload = {"measured": measured}
        report = await write.transition(
            report, lifecycle.RECORD_SLA_REPORT, "sla_report.recorded", payload=payload, **known
        )
    given = {kind: measured[name] for kind, name in TARGETS.items() if name in measured}
    await _judge(write, report, terms, await _actuals(write, report) | given)
    write.return_ids(sla_report_id=report.id)


async def publish_sla_report(write: WriteTransaction, *, sla_report_id: str) -> None:
    """Publish the report of a month. Final; each breached metric opens an incident."""
    found = await write.get(SLA_REPORTS, sla_report_id, "slaReportId")
    write.authorize(lifecycle.PUBLISH_SLA_REPORT)
    pod = await write.get_for_update(PODS, found.pod_id)
    report = await write.lock_for(SLA_REPORTS, found.id, lifecycle.PUBLISH_SLA_REPORT, "slaReportId")
    await _publish(write, pod, report, lifecycle.PUBLISH_SLA_REPORT)


async def _publish(write: WriteTransaction, pod: PodRecord, report: SlaReportRecord, transition: Transition) -> None:
    period = Period.parse(report.period)
    terms = await terms_in_month(write, pod, period)
    actuals = await _actuals(write, report)
    # Derive missing measurements from tickets and weekly actuals.
    if actuals.get(SlaMetricKind.RESPONSE_TIME) is None:
        actuals[SlaMetricKind.RESPONSE_TIME] = await mean_response_hours(write, pod.id, period)
    if actuals.get(SlaMetricKind.AVAILABILITY) is None:
        actuals[SlaMetricKind.AVAILABILITY] = await mean_weekly_hours(write, pod.service_line_id, period)
    results = await _judge(write, report, terms, actuals)
    compliance = rules.compliance_percent(results)
    breached = [one.term.metric for one in results if one.status is SlaMetricStatus.BREACHED]
    issued = await write.issue(INC=len(breached))
    published = await write.transition(
        report,
        transition,
        "sla_report.published",
        payload={"compliance_percent": compliance},
        sla_terms_id=terms.id,
        compliance_percent=compliance,
        compliance_formula=rules.compliance_formula(results),
        breached=list(map(str, breached)),
        published_at=write.now,
    )
    for metric, incident_id in zip(breached, issued.get("INC", ()), strict=True):
        write.emit("sla.breached", published, {"metric": metric, "incident_id": incident_id})
        await lines.open_incident(
            write,
            incident_id,
            organization_id=pod.organization_id,
            service_line_id=pod.service_line_id,
            type=IncidentType.SLA_BREACH,
            title=f"{rules.METRICS[metric].title.capitalize()} missed its target in {period}",
            description=next(one.explanation for one in results if one.term.metric is metric),
            pod_id=pod.id,
            sla_report_id=report.id,
            sla_metric=str(metric),
        )
    await _update_compliance(write, pod)


async def _judge(
    write: WriteTransaction,
    report: SlaReportRecord,
    terms: SlaTermsRecord,
    actuals: Mapping[SlaMetricKind, Decimal | None],
) -> list[SlaMetricResult]:
    """Store the result of each metric, with a copy of its target, tolerance and weight."""
    limits = {"defect_rate": report.defect_rate_percent, "max_defect_rate": terms.max_defect_rate_percent}
    results = [
        rules.metric_result(
            term,
            actuals.get(term.metric),
            **(limits if term.metric is SlaMetricKind.QUALITY_GATE else {}),
        )
        for term in agreed_terms(terms)
    ]
    written = {one.position: one for one in await write.select(SLA_METRIC_RESULTS, sla_report_id=report.id)}
    for position, one in enumerate(results, 1):
        columns = _columns(one)
        if position in written:
            await write.change(written[position], None, **columns)
            continue
        key = {
            "organization_id": report.organization_id,
            "sla_report_id": report.id,
            "position": position,
        }
        await write.create(SLA_METRIC_RESULTS, None, **key, **columns)
    return results


def _columns(result: SlaMetricResult) -> dict[str, Any]:
    return {
        "metric": str(result.term.metric),
        "target": result.term.target,
        "actual": result.actual,
        "attainment_percent": result.attainment_percent,
        "tolerance_percent": result.term.tolerance_percent,
        "weight_percent": result.term.weight_percent,
        "status": str(result.status),
        "explanation": result.explanation,
    }


async def _actuals(write: WriteTransaction, report: SlaReportRecord) -> dict[SlaMetricKind, Decimal | None]:
    """Recorded measurements of a month."""
    rows = await write.select(SLA_METRIC_RESULTS, sla_report_id=report.id)
    return {SlaMetricKind[one.metric]: one.actual for one in rows}


async def _update_compliance(write: WriteTransaction, pod: PodRecord) -> None:
    """Set the current compliance of a pod to that of its latest published report."""
    published = await write.select(SLA_REPORTS, pod_id=pod.id, status=str(SlaReportStatus.PUBLISHED))
    latest = max(published, key=lambda one: str(one.period))
    for terms in await write.select(SLA_TERMS, lock=True, pod_id=pod.id):
        await write.change(terms, None, current_compliance=latest.compliance_percent)


def _check_month(write: WriteTransaction, pod: PodRecord, month: Period) -> None:
    if pod.started_at is None:
        raise rejected(
            ErrorCode.INVALID_TRANSITION,
            f"{pod.id} is {pod.status} and has no SLA yet; confirm the pod first.",
            "podId",
        )
    first, last = Period.of(pod.started_at.date()), Period.of((pod.ended_at or write.now).date())
    if not first <= month <= last:
        raise rejected(
            ErrorCode.INVALID, f"{month} is not between {first} and {last}, the lifetime of the pod.", "period"
        )


def _due_reports() -> Select[Any]:
    report = SLA_REPORTS.source()
    return (
        select(report["id"])
        .where(report["status"] == SlaReportStatus.DRAFT, report["period"] <= bindparam("last"))
        .order_by(report["period"], report["id"])
    )


async def _publish_when_due(write: WriteTransaction, report_id: str) -> None:
    transition = lifecycle.PUBLISH_WHEN_DUE
    found = await write.get(SLA_REPORTS, report_id)
    pod = await write.get_for_update(PODS, found.pod_id)
    report = await write.get_for_update(SLA_REPORTS, report_id)
    # The report may have been published since the query.
    if report.status in transition.sources:
        await _publish(write, pod, report, transition)


JOBS = (
    Job(
        "publish SLA reports on the third of the next month",
        _due_reports(),
        _publish_when_due,
        lambda now: {"last": str(rules.last_month_to_publish(now))},
    ),
)
"""Scheduled jobs of SLA reports."""
