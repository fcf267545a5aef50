"""Read models and queries of pods, scopes, SLAs and tickets."""

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
from podgraph.kernel.roles import Area
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
    """Column of the pod's proposal; null if there is none."""

    def derive(source: ReadModelAlias) -> ColumnElement[Any]:
        proposal = POD_PROPOSALS.source()
        of_the_pod = (
            proposal["organization_id"] == source["organization_id"],
            proposal["pod_id"] == source["id"],
        )
        return select(proposal[column]).where(*of_the_pod).scalar_subquery()

    return derive


def _sla_in_force(pod: ReadModelAlias) -> ColumnElement[Any]:
    """Id of the SLA terms in force in the current month; null if there are none."""
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
    """Items of the previous revision; null for the first one."""
    before = POD_SCOPE_REVISIONS.source()
    one_before = (
        before["organization_id"] == source["organization_id"],
        before["pod_scope_id"] == source["pod_scope_id"],
        before["number"] == source["number"] - 1,
    )
    return select(before["items"]).where(*one_before).scalar_subquery()


def breaches(source: ReadModelAlias, metric: SlaMetricKind) -> ColumnElement[bool]:
    """Whether a report lists a metric as breached. The JSON list is searched as text."""
    return cast(source["breached"], Text).contains(f'"{metric}"', autoescape=True)


def _priority_rank(source: ReadModelAlias) -> ColumnElement[int]:
    """Priority as a number; URGENT is the highest."""
    ranks = {str(priority): rank for rank, priority in enumerate(TicketPriority)}
    return case(ranks, value=source["priority"])


def _pod_status(source: ReadModelAlias) -> ColumnElement[Any]:
    """Status of the ticket's pod."""
    pod = PODS.source()
    of_the_ticket = (pod["organization_id"] == source["organization_id"], pod["id"] == source["pod_id"])
    return select(pod["status"]).where(*of_the_ticket).scalar_subquery()


PODS = ReadModel[PodRecord](
    models.Pod,
    "POD",
    area=Area.CONTRACTS,
    # The transition confirmPod depends on the proposal.
    computed={
        "proposed_at": _proposed("proposed_at"),
        "proposal_expires_at": _proposed("expires_at"),
        "sla_id": _sla_in_force,
    },
)
POD_PROJECTS = ReadModel[PodProjectRecord](
    models.PodProject, identity="project_id", area=Area.CONTRACTS, parent="pod_id"
)
POD_MEMBERS = ReadModel[PodMemberRecord](models.PodMember, identity="position", parent="pod_id")
POD_PROPOSALS = ReadModel[PodProposalRecord](models.PodProposal, identity="pod_id", area=Area.MONEY, parent="pod_id")
POD_SCOPES = ReadModel[PodScopeRecord](
    models.PodScope,
    "MSCOPE",
    parent="pod_id",
    # The version of a scope is the number of its current revision.
    computed={"version": lambda source: source["current_number"]},
)
POD_SCOPE_REVISIONS = ReadModel[PodScopeRevisionRecord](
    models.PodScopeRevision, identity="number", parent="pod_scope_id", computed={"previous_items": _previous_items}
)
SLA_TERMS = ReadModel[SlaTermsRecord](models.SlaTerms, "SLA", parent="pod_id")
SLA_REPORTS = ReadModel[SlaReportRecord](
    models.SlaReport,
    "SLAR",
    parent="pod_id",
    computed={"has_breach": lambda source: cast(source["breached"], Text) != "[]"},
)
SLA_METRIC_RESULTS = ReadModel[SlaMetricResultRecord](
    models.SlaMetricResult, identity="position", parent="sla_report_id"
)
TICKETS = ReadModel[TicketRecord](
    models.Ticket,
    "TKT",
    parent="pod_id",
    computed={
        "month": lambda source: month_of(source["created_at"]),
        "priority_rank": _priority_rank,
        # The transition reopenTicket depends on the status of the pod.
        "pod_status": _pod_status,
    },
)
TICKET_COMMENTS = ReadModel[TicketCommentRecord](models.TicketComment, "TKC", parent="ticket_id")


def agreed_terms(sla: Any) -> tuple[SlaMetricTerm, ...]:
    """Terms of each metric in a record of SLA terms."""
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
    """Overcommitted people among some: id, committed hours and limit per week."""
    talent = TALENT.source()
    columns = [talent[name] for name in ("id", "committed_hours_per_week", "weekly_hours_limit")]
    statement = select(*columns).where(among(talent["id"], KEYS), talent["overcommitted"]).order_by(talent["id"])
    return await unit.rows(statement, keys=list(talent_ids))


async def breaches_since(unit: UnitOfWork, pod_id: str, first: Period) -> list[TermBreach]:
    """Breached metrics of a pod in published reports, from the month `first` on."""
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
    """Mean time to the first response to a pod's priority items of a month, in hours; None if there are none."""
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
    """Mean weekly hours on a service line over the weeks that start in a month; None if there are no actuals."""
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
    """Current revision of each scope."""
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
    """SLA report of each pod for one month."""
    report = SLA_REPORTS.source()
    statement = select(*report.columns).where(
        among(report["pod_id"], KEYS),
        report["period"] == bindparam("period"),
        *report.tenant_filter(reader.tenancy),
    )
    found = SLA_REPORTS.records(await reader.rows(statement, keys=keys, period=str(period)))
    return {one.pod_id: one for one in found}


async def breach_incidents(reader: Reader, keys: Sequence[str]) -> dict[str, list[Any]]:
    """SLA breach incidents of each report: opened on the pod's line in the month, or by the report."""
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
