"""Checks of pods, their teams, scopes and SLA reports."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    and_,
    case,
    func,
    or_,
    select,
)

from podgraph.doctor.check import METRIC, POD, REPORT, SLA, Check, T, count_of, rows_of
from podgraph.doctor.service_lines import PODS
from podgraph.pods import rules
from podgraph.pods.lifecycle import PodStatus, ResponseSla, SlaMetricKind, SlaMetricStatus, SlaReportStatus


def sla_missing() -> Select[Any]:
    # One row for each agreement of terms, at most one per month.
    agreed, status = count_of(SLA.c.pod_id == POD.c.id), POD.c.status
    wrong = or_(and_(status.in_(PODS.started), agreed == 0), and_(status == PODS.before, agreed > 0))
    return rows_of(POD, status, agreed.label("agreed")).where(wrong)


def team_sizes() -> Select[Any]:
    member = T["pod_member"]
    active = count_of(member.c.pod_id == POD.c.id, member.c.left_at.is_(None))
    current = POD.c.status.in_((PodStatus.SCOPING, PodStatus.ACTIVE, PodStatus.PAUSED))
    return rows_of(POD, POD.c.team_size, active.label("active")).where(current, POD.c.team_size != active)


def compare_revisions() -> Select[Any]:
    scope, revision = T["pod_scope"], T["pod_scope_revision"]
    number, current = revision.c.number, scope.c.current_number
    written = func.count(number)
    # The count equals the highest number and the lowest is 1, so there is no gap.
    wrong = or_(written != current, func.min(number) != 1, func.max(number) != current)
    return (
        rows_of(scope, current, written.label("written"))
        .outerjoin(revision, revision.c.pod_scope_id == scope.c.id)
        .group_by(scope.c.organization_id, scope.c.id, current)
        .having(wrong)
    )


PUBLISHED = REPORT.c.status == SlaReportStatus.PUBLISHED


def metrics_missing() -> Select[Any]:
    measured = (
        select(func.count(METRIC.c.metric.distinct())).where(METRIC.c.sla_report_id == REPORT.c.id).scalar_subquery()
    )
    return rows_of(REPORT, measured.label("measured")).where(PUBLISHED, measured != len(rules.METRICS))


def compare_metrics() -> Select[Any]:
    reported = ("compliance_percent", "breached")
    measured = ("metric", "target", "actual", "attainment_percent", "tolerance_percent", "weight_percent")
    judged = ("status", "explanation")
    return (
        rows_of(REPORT, *(REPORT.c[name] for name in reported), *(METRIC.c[name] for name in measured + judged))
        .join(METRIC, METRIC.c.sla_report_id == REPORT.c.id)
        .where(PUBLISHED)
        .order_by(REPORT.c.id, METRIC.c.position)
    )


def _term(row: Row[Any]) -> rules.SlaMetricTerm:
    return rules.SlaMetricTerm(SlaMetricKind[row.metric], row.target, row.tolerance_percent, row.weight_percent)


def misjudged_metrics(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    for row in rows:
        right = rules.metric_result(_term(row), row.actual)
        stored, computed = row.attainment_percent, right.attainment_percent
        # A defect rate above its limit lowers the attainment of the quality gate.
        if row.metric == SlaMetricKind.QUALITY_GATE and None not in (stored, computed) and stored < computed:
            continue
        if (stored, row.status) != (computed, right.status):
            yield row


def misjudged_reports(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    for _, group in groupby(rows, lambda row: row.id):
        metrics = list(group)
        if len(metrics) != len(rules.METRICS):
            continue  # Found by metrics_missing.
        results = [
            rules.SlaMetricResult(
                _term(row), row.actual, row.attainment_percent, SlaMetricStatus[row.status], row.explanation
            )
            for row in metrics
        ]
        breached = {row.metric for row in metrics if row.status == SlaMetricStatus.BREACHED}
        report = metrics[0]
        right = (rules.compliance_percent(results), sorted(breached))
        if (report.compliance_percent, sorted(report.breached)) != right:
            yield report


def compare_compliance() -> Select[Any]:
    latest = (
        select(REPORT.c.compliance_percent)
        .where(REPORT.c.pod_id == SLA.c.pod_id, PUBLISHED)
        .order_by(REPORT.c.period.desc())
        .limit(1)
        .scalar_subquery()
    )
    current = SLA.c.current_compliance
    return rows_of(SLA, current, latest.label("latest")).where(current.is_distinct_from(latest))


def response_verdicts() -> Select[Any]:
    ticket = T["ticket"]
    verdict, responded_at, due_at = (ticket.c[name] for name in ("response_sla", "responded_at", "response_due_at"))
    right = case(
        (responded_at <= due_at, verdict == ResponseSla.MET),
        (responded_at > due_at, verdict == ResponseSla.BREACHED),
        else_=verdict != ResponseSla.MET,
    )
    # A reopened ticket has a new deadline, which does not apply to its first response.
    reopened_at = ticket.c.reopened_at
    responded_since = or_(reopened_at.is_(None), responded_at > reopened_at)
    return rows_of(ticket, verdict, responded_at, due_at).where(responded_since, ~right)


CHECKS = (
    Check("I4", "A started pod has exactly one SLA.", sla_missing(), "It is {status} and has {agreed}."),
    Check(
        "I12",
        "The revisions of a pod's scope are numbered from 1 to the current one without gaps.",
        compare_revisions(),
        "Revisions: {written}; current revision: {current_number}.",
    ),
    Check(
        "I13",
        "A published report has all four metrics.",
        metrics_missing(),
        "It has {measured}.",
    ),
    Check(
        "I13",
        "The status of a published metric follows from its actual, target and tolerance.",
        compare_metrics(),
        "{metric} is {status} at {attainment_percent} %: {actual} against {target}.",
        misjudged_metrics,
    ),
    Check(
        "I13",
        "The compliance and the breaches of a published report follow from its metrics.",
        compare_metrics(),
        "It has {compliance_percent} % and {breached}.",
        misjudged_reports,
    ),
    Check(
        "I13",
        "An SLA's current compliance is the compliance of the pod's latest published report.",
        compare_compliance(),
        "It is {current_compliance} instead of {latest}.",
    ),
    Check(
        "I19",
        "A ticket's response SLA follows from its response time and deadline.",
        response_verdicts(),
        "It is {response_sla}: responded at {responded_at}, due at {response_due_at}.",
    ),
    Check(
        "Derived",
        "The size of a pod's team is the number of its active members.",
        team_sizes(),
        "It is {team_size} instead of {active}.",
    ),
)
