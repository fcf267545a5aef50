"""How pods, their scopes, SLAs and tickets are read."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Text, bindparam, case, cast, func, or_, select
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.accounts.repository import TALENT
from podgraph.capacity.lifecycle import ResourceType
from podgraph.capacity.repository import ACTUALS, ALLOCATIONS
from podgraph.database.functions import month_of
from podgraph.database.read_model import KEYS, NOW, Derive, Reader, ReadModel, ReadModelAlias, among
from podgraph.kernel.periods import Period
from podgraph.kernel.rounding import half_up, trimmed
from podgraph.pods import models
from podgraph.pods.lifecycle import (
    SlaMetricKind,
    SlaMetricStatus,
    SlaReportStatus,
    TicketPriority,
    TicketType,
)
from podgraph.pods.rules import SlaMetricTerm, TermBreach, mean, metric_terms
from podgraph.records import (
    PodMemberRecord,
    PodProjectRecord,
    PodProposalRecord,
    PodRecord,
    PodScopeRecord,
    PodScopeRevisionRecord,
    SlaMetricResultRecord,
    SlaReportRecord,
    SlaTermsRecord,
    TicketCommentRecord,
    TicketRecord,
)
from podgraph.service_lines.lifecycle import IncidentType
from podgraph.service_lines.repository import INCIDENTS
from podgraph.writes.unit_of_work import UnitOfWork


def _proposed(column: str) -> Derive:
    """A value of the pod's proposal, null without one."""

    def derive(source: ReadModelAlias) -> ColumnElement[Any]:
        proposal = POD_PROPOSALS.source()
        of_the_pod = (
            proposal["organization_id"] == source["organization_id"],
            proposal["pod_id"] == source["id"],
        )
        return select(proposal[column]).where(*of_the_pod).scalar_subquery()

    return derive


def _sla_in_force(pod: ReadModelAlias) -> ColumnElement[Any]:
    """The terms that measure the present month; null without any."""
    terms = SLA_TERMS.source()
    of_the_pod = (terms["organization_id"] == pod["organization_id"], terms["pod_id"] == pod["id"])
    return (
        select(terms["id"])
        .where(*of_the_pod, terms["effective_from"] <= month_of(NOW))
        .order_by(terms["effective_from"].desc())
        .limit(1)
        .scalar_subquery()
    )


def _previous_items(source: ReadModelAlias) -> ColumnElement[Any]:
    """The items of the revision before, null for the first."""
    before = POD_SCOPE_REVISIONS.source()
    one_before = (
        before["organization_id"] == source["organization_id"],
        before["pod_scope_id"] == source["pod_scope_id"],
        before["number"] == source["number"] - 1,
    )
    return select(before["items"]).where(*one_before).scalar_subquery()


def breaches(source: ReadModelAlias, metric: SlaMetricKind) -> ColumnElement[bool]:
    """A report lists the metric as breached. The list is JSON, looked into as text."""
    return cast(source["breached"], Text).contains(f'"{metric}"', autoescape=True)


def _priority_rank(source: ReadModelAlias) -> ColumnElement[int]:
    """Priorities as numbers, the most urgent the largest."""
    ranks = {str(priority): rank for rank, priority in enumerate(TicketPriority)}
    return case(ranks, value=source["priority"])


def _pod_status(source: ReadModelAlias) -> ColumnElement[Any]:
    """Where the ticket's pod stands."""
    pod = PODS.source()
    of_the_ticket = (pod["organization_id"] == source["organization_id"], pod["id"] == source["pod_id"])
    return select(pod["status"]).where(*of_the_ticket).scalar_subquery()


PODS = ReadModel[PodRecord](
    models.Pod,
    "POD",
    # Whether a pod can be confirmed is a matter of its proposal.
    computed={
        "proposed_at": _proposed("proposed_at"),
        "proposal_expires_at": _proposed("expires_at"),
        "sla_id": _sla_in_force,
    },
)
POD_PROJECTS = ReadModel[PodProjectRecord](models.PodProject, identity="project_id")
POD_MEMBERS = ReadModel[PodMemberRecord](models.PodMember, identity="position")
POD_PROPOSALS = ReadModel[PodProposalRecord](models.PodProposal, identity="pod_id")
POD_SCOPES = ReadModel[PodScopeRecord](
    models.PodScope,
    "MSCOPE",
    # Whoever revises a scope has read one of its revisions: that is the version to name.
    computed={"version": lambda source: source["current_number"]},
)
POD_SCOPE_REVISIONS = ReadModel[PodScopeRevisionRecord](
    models.PodScopeRevision, identity="number", computed={"previous_items": _previous_items}
)
SLA_TERMS = ReadModel[SlaTermsRecord](models.SlaTerms, "SLA")
SLA_REPORTS = ReadModel[SlaReportRecord](
    models.SlaReport,
    "SLAR",
    computed={"has_breach": lambda source: cast(source["breached"], Text) != "[]"},
)
SLA_METRIC_RESULTS = ReadModel[SlaMetricResultRecord](models.SlaMetricResult, identity="position")
TICKETS = ReadModel[TicketRecord](
    models.Ticket,
    "TKT",
    computed={
        "month": lambda source: month_of(source["created_at"]),
        "priority_rank": _priority_rank,
        # Whether a ticket can be reopened is a matter of its pod.
        "pod_status": _pod_status,
    },
)
TICKET_COMMENTS = ReadModel[TicketCommentRecord](models.TicketComment, "TKC")


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


async def overcommitted(unit: UnitOfWork, talent_ids: Sequence[str]) -> Sequence[Any]:
    """Of some people those who are promised for more hours than they work: id, hours and limit per week."""
    talent = TALENT.source()
    told = [talent[name] for name in ("id", "committed_hours_per_week", "weekly_hours_limit")]
    statement = select(*told).where(among(talent["id"], KEYS), talent["overcommitted"]).order_by(talent["id"])
    return await unit.rows(statement, keys=list(talent_ids))


async def breaches_since(unit: UnitOfWork, pod_id: str, first: Period) -> list[TermBreach]:
    """The metrics of a pod that missed their targets in the published months from `first` on."""
    report, result = SLA_REPORTS.source(), SLA_METRIC_RESULTS.source()
    statement = (
        select(report["period"], result["metric"], result["explanation"])
        .select_from(report.table.join(result.table, result["sla_report_id"] == report["id"]))
        .where(report["pod_id"] == bindparam("pod_id"), report["period"] >= bindparam("first"))
        .where(report["status"] == SlaReportStatus.PUBLISHED, result["status"] == SlaMetricStatus.BREACHED)
        .where(*report.tenant_filter(unit.tenancy), *result.tenant_filter(unit.tenancy))
        .order_by(report["period"], result["position"])
    )
    rows = await unit.rows(statement, pod_id=pod_id, first=str(first))
    return [TermBreach(Period.parse(row.period), SlaMetricKind[row.metric], row.explanation) for row in rows]


async def mean_response_hours(unit: UnitOfWork, pod_id: str, period: Period) -> Decimal | None:
    """The mean of the first responses to a pod's priority items of a month, in hours; None of none."""
    ticket = TICKETS.source()
    statement = select(ticket["response_seconds"]).where(
        ticket["pod_id"] == bindparam("pod_id"),
        ticket["type"] == TicketType.PRIORITY_ITEM,
        ticket["created_at"] >= bindparam("start", type_=UTCDateTime()),
        ticket["created_at"] < bindparam("end", type_=UTCDateTime()),
        ticket["response_seconds"].is_not(None),
    )
    rows = await unit.rows(statement, pod_id=pod_id, start=period.start, end=period.end)
    return mean([Decimal(seconds) / 3600 for (seconds,) in rows])


async def mean_weekly_hours(unit: UnitOfWork, service_line_id: str, period: Period) -> Decimal | None:
    """The mean of the hours worked on a line in the weeks that start in a month; None of none."""
    actual, allocation = ACTUALS.source(), ALLOCATIONS.source()
    statement = (
        select(func.sum(actual["actual"], type_=actual["actual"].type))
        .select_from(actual.table.join(allocation.table, allocation["id"] == actual["allocation_id"]))
        .where(allocation["service_line_id"] == bindparam("line_id"))
        .where(allocation["resource_type"] == ResourceType.TALENT_HOURS)
        .where(actual["week_start"] >= bindparam("first", type_=Date()))
        .where(actual["week_start"] < bindparam("end", type_=Date()))
        .group_by(actual["week_start"])
    )
    days = {"first": period.first_day, "end": period.next.first_day}
    rows = await unit.rows(statement, line_id=service_line_id, **days)
    return mean([hours for (hours,) in rows])


async def current_revisions(reader: Reader, keys: Sequence[str]) -> dict[str, Any]:
    """The revision that each scope is at."""
    scope, revision = POD_SCOPES.source(), POD_SCOPE_REVISIONS.source()
    current = (revision["pod_scope_id"] == scope["id"]) & (revision["number"] == scope["current_number"])
    statement = (
        select(*revision.columns)
        .select_from(scope.table.join(revision.table, current))
        .where(among(scope["id"], KEYS), *revision.tenant_filter(reader.tenancy))
    )
    found = POD_SCOPE_REVISIONS.records(await reader.rows(statement, keys=keys))
    return {one.pod_scope_id: one for one in found}


async def sla_reports_of(reader: Reader, keys: Sequence[str], *, period: Any) -> dict[str, Any]:
    """Each pod's report of one month."""
    report = SLA_REPORTS.source()
    statement = select(*report.columns).where(
        among(report["pod_id"], KEYS),
        report["period"] == bindparam("period"),
        *report.tenant_filter(reader.tenancy),
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
            *report.tenant_filter(reader.tenancy),
            *incident.tenant_filter(reader.tenancy),
        )
        .order_by(incident["opened_at"], incident["id"])
    )
    rows = await reader.rows(statement, keys=keys)
    listed: dict[str, list[Any]] = {key: [] for key in keys}
    for row, one in zip(rows, INCIDENTS.records(rows), strict=True):
        listed[row[-1]].append(one)
    return listed
