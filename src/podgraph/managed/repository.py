"""How pods, their scopes, SLAs and tickets are read."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, case, cast, or_, select

from podgraph.database.functions import month_of
from podgraph.database.relation import KEYS, Derive, Reader, Relation, Source, among
from podgraph.kernel.rounding import half_up, trimmed
from podgraph.lines.lifecycle import IncidentType
from podgraph.lines.repository import INCIDENTS
from podgraph.managed import models
from podgraph.managed.lifecycle import SlaMetricKind, TicketPriority
from podgraph.managed.rules import SlaMetricTerm, metric_terms


def _proposed(column: str) -> Derive:
    """A value of the pod's proposal, null without one."""

    def derive(source: Source) -> ColumnElement[Any]:
        proposal = POD_PROPOSALS.source()
        of_the_pod = (
            proposal["organization_id"] == source["organization_id"],
            proposal["pod_id"] == source["id"],
        )
        return select(proposal[column]).where(*of_the_pod).scalar_subquery()

    return derive


def _previous_items(source: Source) -> ColumnElement[Any]:
    """The items of the revision before, null for the first."""
    before = POD_SCOPE_REVISIONS.source()
    one_before = (
        before["organization_id"] == source["organization_id"],
        before["pod_scope_id"] == source["pod_scope_id"],
        before["number"] == source["number"] - 1,
    )
    return select(before["items"]).where(*one_before).scalar_subquery()


def breaches(source: Source, metric: SlaMetricKind) -> ColumnElement[bool]:
    """A report lists the metric as breached. The list is JSON, looked into as text."""
    return cast(source["breached"], Text).contains(f'"{metric}"', autoescape=True)


def _priority_rank(source: Source) -> ColumnElement[int]:
    """Priorities as numbers, the most urgent the largest."""
    ranks = {str(priority): rank for rank, priority in enumerate(TicketPriority)}
    return case(ranks, value=source["priority"])


PODS = Relation(
    models.Pod,
    "POD",
    # Whether a pod can be confirmed is a matter of its proposal.
    derived={"proposed_at": _proposed("proposed_at"), "proposal_expires_at": _proposed("expires_at")},
)
POD_PROJECTS = Relation(models.PodProject, identity="project_id")
POD_MEMBERS = Relation(models.PodMember, identity="position")
POD_PROPOSALS = Relation(models.PodProposal, identity="pod_id")
POD_SCOPES = Relation(models.PodScope, "MSCOPE")
POD_SCOPE_REVISIONS = Relation(
    models.PodScopeRevision, identity="number", derived={"previous_items": _previous_items}
)
SLA_TERMS = Relation(models.SlaTerms, "SLA")
SLA_REPORTS = Relation(
    models.SlaReport,
    "SLAR",
    derived={"has_breach": lambda source: cast(source["breached"], Text) != "[]"},
)
SLA_METRIC_RESULTS = Relation(models.SlaMetricResult, identity="position")
TICKETS = Relation(
    models.Ticket,
    "TKT",
    derived={
        "month": lambda source: month_of(source["created_at"]),
        "priority_rank": _priority_rank,
    },
)
TICKET_COMMENTS = Relation(models.TicketComment, "TKC")


def agreed_terms(sla: Any) -> tuple[SlaMetricTerm, ...]:
    """What a row of SLA terms says about each metric."""
    targets = {
        SlaMetricKind.THROUGHPUT: Decimal(sla.throughput_tasks_per_sprint),
        SlaMetricKind.RESPONSE_TIME: sla.response_time_hours,
        SlaMetricKind.AVAILABILITY: sla.availability_hours_per_week,
        SlaMetricKind.QUALITY_GATE: trimmed(sla.quality_gate_percent),
    }
    return metric_terms(targets, tolerances=_percentages(sla.tolerances), weights=_percentages(sla.weights))


def _percentages(stored: Mapping[str, Any]) -> dict[SlaMetricKind, Decimal]:
    return {SlaMetricKind[metric]: half_up(Decimal(str(percent)), 1) for metric, percent in stored.items()}


async def current_revisions(reader: Reader, keys: Sequence[str]) -> dict[str, Any]:
    """The revision that each scope is at."""
    scope, revision = POD_SCOPES.source(), POD_SCOPE_REVISIONS.source()
    current = (revision["pod_scope_id"] == scope["id"]) & (revision["number"] == scope["current_number"])
    statement = (
        select(*revision.columns)
        .select_from(scope.table.join(revision.table, current))
        .where(among(scope["id"], KEYS), *revision.visible(reader.tenancy))
    )
    found = POD_SCOPE_REVISIONS.records(await reader.rows(statement, keys=keys))
    return {one.pod_scope_id: one for one in found}


async def sla_reports_of(reader: Reader, keys: Sequence[str], *, period: Any) -> dict[str, Any]:
    """Each pod's report of one month."""
    report = SLA_REPORTS.source()
    statement = select(*report.columns).where(
        among(report["pod_id"], KEYS),
        report["period"] == bindparam("period"),
        *report.visible(reader.tenancy),
    )
    found = SLA_REPORTS.records(await reader.rows(statement, keys=keys, period=str(period)))
    return {one.pod_id: one for one in found}


async def breach_incidents(reader: Reader, keys: Sequence[str]) -> dict[str, list[Any]]:
    """The SLA breaches of each report: those opened on the pod's line in its month, and its own."""
    report, pod, incident = SLA_REPORTS.source(), PODS.source(), INCIDENTS.source()
    in_the_month = month_of(incident["opened_at"]) == report["period"]
    statement = (
        select(*incident.columns, report["id"])
        .select_from(
            report.table.join(pod.table, pod["id"] == report["pod_id"]).join(
                incident.table, incident["service_line_id"] == pod["service_line_id"]
            )
        )
        .where(
            among(report["id"], KEYS),
            incident["type"] == IncidentType.SLA_BREACH,
            or_(in_the_month, incident["sla_report_id"] == report["id"]),
            *report.visible(reader.tenancy),
            *incident.visible(reader.tenancy),
        )
        .order_by(incident["opened_at"], incident["id"])
    )
    rows = await reader.rows(statement, keys=keys)
    listed: dict[str, list[Any]] = {key: [] for key in keys}
    for row, one in zip(rows, INCIDENTS.records(rows), strict=True):
        listed[row[-1]].append(one)
    return listed
