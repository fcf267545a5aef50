"""Read models and queries of service lines."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, Subquery, and_, func, or_, select

from podgraph.accounts.repository import ORGANIZATIONS
from podgraph.database.read_model import KEYS, READ_MODELS, Reader, ReadModel, ReadModelAlias, among
from podgraph.database.tenancy import Tenancy
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.money import Money
from podgraph.kernel.roles import Area
from podgraph.records import IncidentRecord, ServiceLineProjectRecord, ServiceLineRecord, UsageRecordRecord
from podgraph.service_lines import models, rules
from podgraph.service_lines.lifecycle import IncidentSeverity, IncidentStatus, RiskLevel, ServiceLineStatus

SERVICE_LINES = ReadModel[ServiceLineRecord](models.ServiceLine, "LIN", area=Area.CONTRACTS)
SERVICE_LINE_PROJECTS = ReadModel[ServiceLineProjectRecord](
    models.ServiceLineProject, identity="project_id", area=Area.CONTRACTS, parent="service_line_id"
)
INCIDENTS = ReadModel[IncidentRecord](models.Incident, "INC", parent="service_line_id")
USAGE_RECORDS = ReadModel[UsageRecordRecord](models.UsageRecord, area=Area.CONTRACTS, parent="service_line_id")

RECENT = timedelta(days=30)
"""Time for which incidents count against the health of a line."""


async def health(reader: Reader, keys: Sequence[str]) -> Mapping[str, rules.ServiceLineHealth]:
    """Health of service lines, in one statement."""
    line = SERVICE_LINES.source()
    return {row.id: found for row, found in await _healths(reader, keys, line, among(line["id"], KEYS))}


async def workspace_risk(reader: Reader, keys: Sequence[str]) -> Mapping[str, RiskLevel]:
    """Highest risk among the active and paused lines of each workspace; LOW if there are none."""
    line = SERVICE_LINES.source()
    at_work = line["status"].in_((ServiceLineStatus.ACTIVE, ServiceLineStatus.PAUSED))
    risks: dict[str, list[RiskLevel]] = defaultdict(list)
    for row, found in await _healths(reader, keys, line, and_(among(line["workspace_id"], KEYS), at_work)):
        risks[row.workspace_id].append(found.risk)
    return {key: rules.worst_risk(risks[key]) for key in keys}


async def usage(reader: Reader, keys: Sequence[str], *, from_: date, to: date) -> Mapping[str, rules.UsageSummary]:
    """Usage and cost of service lines between two days, both inclusive.

    The monthly price is prorated up to today at the latest.
    """
    if from_ > to:
        raise BadUserInput(f"from ({from_}) must not be after to ({to})")
    line, organization, record = SERVICE_LINES.source(), ORGANIZATIONS.source(), USAGE_RECORDS.source()
    owner = organization["id"] == line["organization_id"]
    used = and_(
        record["service_line_id"] == line["id"],
        record["occurred_on"].between(from_, to),
        *record.tenant_filter(reader.tenancy),
    )
    contract = [line[name] for name in ("id", "started_at", "ended_at", "monthly_price")]
    each = [*contract, organization["currency"], record["metric"], record["unit"]]
    sums = [func.sum(record[name]).label(name) for name in ("quantity", "cost")]
    statement = (
        select(*each, *sums)
        .select_from(line.table.join(organization.table, owner).outerjoin(record.table, used))
        .where(among(line["id"], KEYS), *line.tenant_filter(reader.tenancy))
        .group_by(*each)
    )
    rows_of: dict[str, list[Any]] = defaultdict(list)
    for row in await reader.rows(statement, keys=keys):
        rows_of[row.id].append(row)
    today = reader.now.date()
    return {key: _used(rows, from_, to, today) for key, rows in rows_of.items()}


def _used(rows: Sequence[Any], first: date, last: date, today: date) -> rules.UsageSummary:
    """Usage of one line, from one row per metric, or one row without a metric."""
    line = rows[0]
    life = tuple(at and at.date() for at in (line.started_at, line.ended_at))
    charge = rules.subscription_charge(line.monthly_price, life, first, min(last, today))
    recorded = [
        rules.UsageMetric(
            row.metric, row.quantity, row.unit, None if row.cost is None else Money(row.cost, row.currency)
        )
        for row in rows
        if row.metric is not None
    ]
    return rules.usage(recorded, charge, line.currency, first, last)


async def _healths(
    reader: Reader, keys: Sequence[str], line: ReadModelAlias, chosen: ColumnElement[bool]
) -> list[tuple[Any, rules.ServiceLineHealth]]:
    """The selected lines, each with its health."""
    statement = _facts(reader, line, chosen)
    return [(row, _health(row, reader)) for row in await reader.rows(statement, keys=keys)]


def _health(row: Any, reader: Reader) -> rules.ServiceLineHealth:
    still_open = {severity: getattr(row, severity) or 0 for severity in IncidentSeverity}
    late = 0 if row.planned_end is None else ((row.completed_at or reader.now).date() - row.planned_end).days
    facts = rules.HealthFacts(
        committed=row.committed,
        actual_last_week=row.actual_last_week,
        utilisation_percent=rules.mean_percent(row.utilisation, row.utilised),
        compliance=row.compliance,
        open_incidents=still_open,
        incidents_in_30_days=row.recent or 0,
        deliverables_accepted=row.accepted or 0,
        deliverables=row.deliverables or 0,
        days_late=max(late, 0),
    )
    return rules.health(facts, reader.now)


def _facts(reader: Reader, line: ReadModelAlias, chosen: ColumnElement[bool]) -> Select[Any]:
    """Facts about the selected lines, one row each.

    Each kind of fact is aggregated for all lines before it is joined, so that the cost grows with the rows,
    not with lines times kinds of facts.
    """
    lines = select(line["id"], line["workspace_id"]).where(chosen, *line.tenant_filter(reader.tenancy)).cte("lines")
    table: Any = lines
    columns: list[ColumnElement[Any]] = [*lines.c, _compliance(lines, reader.tenancy).label("compliance")]
    for known in (_held(lines, reader), _raised(lines, reader), _delivered(lines, reader)):
        owner, *facts = known.c
        table = table.outerjoin(known, owner == lines.c.id)
        columns += facts
    return select(*columns).select_from(table)


def _held(lines: CTE, reader: Reader) -> Subquery:
    """Capacity of lines: working hours of last week and the utilisation of allocations."""
    allocation = READ_MODELS["allocation"].source()
    hours = and_(allocation["resource_type"] == "TALENT_HOURS", allocation["actual_last_week"].is_not(None))
    return (
        select(
            allocation["service_line_id"],
            func.sum(allocation["committed_per_week"]).filter(hours).label("committed"),
            func.sum(allocation["actual_last_week"]).filter(hours).label("actual_last_week"),
            func.sum(allocation["utilisation_percent"]).label("utilisation"),
            func.count(allocation["utilisation_percent"]).label("utilised"),
        )
        .where(allocation["service_line_id"].in_(select(lines.c.id)), allocation["status"] != "CLOSED")
        .where(*allocation.tenant_filter(reader.tenancy))
        .group_by(allocation["service_line_id"])
        .subquery()
    )


def _raised(lines: CTE, reader: Reader) -> Subquery:
    """Incidents of lines: open ones by severity, and recent ones of any status."""
    incident = INCIDENTS.source()
    still_open = incident["status"] != IncidentStatus.RESOLVED
    recent = incident["opened_at"] > reader.now - RECENT
    return (
        select(
            incident["service_line_id"],
            func.count().filter(recent).label("recent"),
            *(
                func.count().filter(still_open, incident["severity"] == severity).label(severity)
                for severity in IncidentSeverity
            ),
        )
        .where(incident["service_line_id"].in_(select(lines.c.id)), or_(still_open, recent))
        .where(*incident.tenant_filter(reader.tenancy))
        .group_by(incident["service_line_id"])
        .subquery()
    )


def _delivered(lines: CTE, reader: Reader) -> Subquery:
    """Outcomes of lines: deliverables, the last planned day, and the time of completion."""
    scope, deliverable = READ_MODELS["scope"].source(), READ_MODELS["deliverable"].source()
    cycle = READ_MODELS["cycle"].source()
    promised = and_(cycle["scope_id"] == scope["id"], cycle["kind"] == "DELIVERY")
    each = [scope["service_line_id"], scope["completed_at"]]
    return (
        select(
            *each,
            select(func.max(cycle["planned_end"])).where(promised).scalar_subquery().label("planned_end"),
            func.count().label("deliverables"),
            func.count().filter(deliverable["status"] == "ACCEPTED").label("accepted"),
        )
        .select_from(scope.table.join(deliverable.table, deliverable["scope_id"] == scope["id"]))
        .where(scope["service_line_id"].in_(select(lines.c.id)), scope["status"].in_(("ACTIVE", "COMPLETED")))
        .where(*scope.tenant_filter(reader.tenancy))
        .group_by(scope["id"], *each)
        .subquery()
    )


def _compliance(lines: CTE, tenancy: Tenancy) -> ScalarSelect[Any]:
    """Compliance in the latest published report of the line's pod."""
    pod, report = READ_MODELS["pod"].source(), READ_MODELS["sla_report"].source()
    return (
        select(report["compliance_percent"])
        .select_from(pod.table.join(report.table, report["pod_id"] == pod["id"]))
        .where(pod["service_line_id"] == lines.c.id, report["status"] == "PUBLISHED")
        .where(*report.tenant_filter(tenancy))
        .order_by(report["period"].desc())
        .limit(1)
        .scalar_subquery()
    )
