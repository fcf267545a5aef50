"""Service lines, which follow their pod or scope, their incidents and their usage."""

from datetime import date
from decimal import Decimal
from typing import Any

from podgraph.accounts.service.checks import acting_user, currency_of
from podgraph.database.read_model import READ_MODELS
from podgraph.kernel.errors import ErrorCode, Rejected, rejected
from podgraph.kernel.roles import OPERATOR
from podgraph.records import ServiceLineRecord
from podgraph.service_lines import lifecycle, models, rules
from podgraph.service_lines.lifecycle import IncidentSeverity, IncidentStatus, IncidentType, ServiceLineStatus
from podgraph.service_lines.repository import INCIDENTS, SERVICE_LINES, USAGE_RECORDS
from podgraph.writes.transaction import WriteTransaction

ENDED = frozenset({ServiceLineStatus.CLOSED, ServiceLineStatus.TERMINATED})

_STATUS_TRANSITIONS = {
    ServiceLineStatus.PAUSED: (lifecycle.PAUSE_LINE, "service_line.paused"),
    ServiceLineStatus.ACTIVE: (lifecycle.RESUME_LINE, "service_line.resumed"),
    ServiceLineStatus.CLOSED: (lifecycle.CLOSE_LINE, "service_line.closed"),
    ServiceLineStatus.TERMINATED: (lifecycle.TERMINATE_LINE, "service_line.terminated"),
}
"""Transition and event for each status that a service line takes over from its source."""


async def open_line(write: WriteTransaction, line_id: str, project_ids: list[str], **values: Any) -> Any:
    """Create the ACTIVE service line of a confirmed source, with the project labels of the source."""
    line = await write.create(
        SERVICE_LINES,
        "service_line.activated",
        id=line_id,
        status=str(ServiceLineStatus.ACTIVE),
        started_at=write.now,
        **values,
    )
    labels = [
        {
            "organization_id": line.organization_id,
            "service_line_id": line_id,
            "project_id": project_id,
        }
        for project_id in project_ids
    ]
    await write.insert(models.ServiceLineProject, *labels)
    return line


async def follow(write: WriteTransaction, line_id: str, status: ServiceLineStatus) -> Any:
    """Move a service line to the status that follows from the status of its source."""
    line = await write.get_for_update(SERVICE_LINES, line_id)
    row, event = _STATUS_TRANSITIONS[status]
    ended = {"ended_at": write.now} if status in ENDED else {}
    return await write.transition(line, row, event, **ended)


async def open_incident(
    write: WriteTransaction,
    incident_id: str,
    *,
    organization_id: str,
    service_line_id: str,
    type: IncidentType,
    title: str,
    severity: IncidentSeverity = IncidentSeverity.P3,
    **values: Any,
) -> Any:
    """Create an OPEN incident on a service line."""
    return await write.create(
        INCIDENTS,
        "incident.opened",
        payload={"severity": severity},
        id=incident_id,
        organization_id=organization_id,
        service_line_id=service_line_id,
        type=str(type),
        severity=str(severity),
        title=title,
        status=str(IncidentStatus.OPEN),
        opened_at=write.now,
        **values,
    )


async def raise_incident(
    write: WriteTransaction,
    *,
    service_line_id: str | None,
    pod_id: str | None,
    type: IncidentType,
    severity: IncidentSeverity,
    title: str,
    description: str | None,
    raised_by: str | None,
) -> None:
    """Report an incident on a service line or a pod. Reports by clients are unconfirmed until triaged."""
    line = await _affected_line(write, service_line_id, pod_id)
    write.authorize(lifecycle.RAISE_INCIDENT, within=line)
    write.check_version(line)
    if no := lifecycle.not_raisable(line, write.now):
        raise Rejected(no)
    person = await acting_user(write, raised_by, line.organization_id, "raisedBy")
    incident_id = (await write.issue(INC=1))["INC"][0]
    await open_incident(
        write,
        incident_id,
        organization_id=line.organization_id,
        service_line_id=line.id,
        pod_id=line.source_id if line.source_type == "POD" else None,
        type=type,
        severity=severity,
        # A report that the account team files on behalf of a client is unconfirmed too.
        suspected=not write.roles_for(line) & OPERATOR or person != write.user_id,
        title=title,
        description=description,
        raised_by=person,
    )
    write.return_ids(incident_id=incident_id)


async def acknowledge_incident(write: WriteTransaction, *, incident_id: str) -> None:
    """Acknowledge an incident."""
    row = lifecycle.ACKNOWLEDGE_INCIDENT
    incident = await write.lock_for(INCIDENTS, incident_id, row, "incidentId")
    await write.transition(incident, row, "incident.acknowledged", acknowledged_at=write.now)


async def change_incident_severity(
    write: WriteTransaction, *, incident_id: str, severity: IncidentSeverity, reason: str
) -> None:
    """Change the severity of an incident."""
    row = lifecycle.CHANGE_INCIDENT_SEVERITY
    incident = await write.lock_for(INCIDENTS, incident_id, row, "incidentId")
    if incident.severity == severity:
        raise rejected(ErrorCode.ALREADY_DONE, f"{incident.id} already has severity {severity}.", "severity")
    payload = {"reason": reason}
    await write.transition(incident, row, "incident.severity_changed", payload=payload, severity=str(severity))


async def resolve_incident(write: WriteTransaction, *, incident_id: str, resolution: str) -> None:
    """Resolve an acknowledged incident."""
    row = lifecycle.RESOLVE_INCIDENT
    incident = await write.lock_for(INCIDENTS, incident_id, row, "incidentId")
    await write.transition(incident, row, "incident.resolved", resolved_at=write.now, resolution=resolution)


async def reopen_incident(write: WriteTransaction, *, incident_id: str, reason: str | None) -> None:
    """Reopen a resolved incident. The event keeps the previous resolution."""
    row = lifecycle.REOPEN_INCIDENT
    incident = await write.lock_for(INCIDENTS, incident_id, row, "incidentId")
    await write.transition(
        incident,
        row,
        "incident.reopened",
        payload={"reason": reason} if reason else None,
        acknowledged_at=None,
        resolved_at=None,
        resolution=None,
    )


async def record_usage(
    write: WriteTransaction,
    *,
    service_line_id: str,
    metric: str,
    quantity: Decimal,
    unit: str,
    cost: Decimal | None,
    currency: str | None,
    occurred_on: date,
) -> None:
    """Record the usage of a service line on one day. Records are immutable."""
    line = await write.get(SERVICE_LINES, service_line_id, "serviceLineId")
    if write.roles_for(line).isdisjoint(lifecycle.METERING):
        raise rejected(ErrorCode.FORBIDDEN, "recordUsage requires one of: DELIVERY, OPERATOR, SYSTEM.")
    write.check_version(line)
    _check_usage(write, line, metric, unit, occurred_on)
    await _check_cost(write, line, cost, currency)
    used = {
        "metric": metric,
        "quantity": quantity,
        "unit": unit,
        "cost": cost,
        "currency": currency,
        "occurred_on": occurred_on,
    }
    record_id = (await write.issue(USE=1))["USE"][0]
    await write.create(
        USAGE_RECORDS,
        None,
        id=record_id,
        organization_id=line.organization_id,
        service_line_id=line.id,
        **used,
    )
    write.emit("usage.recorded", line, {"usage_record_id": record_id, **used})


async def _affected_line(write: WriteTransaction, service_line_id: str | None, pod_id: str | None) -> Any:
    if service_line_id is None and pod_id is None:
        raise rejected(ErrorCode.REQUIRED, "Provide serviceLineId or podId.", "serviceLineId")
    if service_line_id is not None and pod_id is not None:
        raise rejected(ErrorCode.INVALID, "Provide serviceLineId or podId, not both.", "podId")
    if service_line_id is not None:
        return await write.get(SERVICE_LINES, service_line_id, "serviceLineId")
    pod = await write.get(READ_MODELS["pod"], str(pod_id), "podId")
    if pod.service_line_id is None:
        raise rejected(
            ErrorCode.INVALID_TRANSITION,
            f"{pod.id} is {pod.status} and has no service line yet; confirm the pod first.",
            "podId",
        )
    return await write.get(SERVICE_LINES, pod.service_line_id, "podId")


def _check_usage(write: WriteTransaction, line: ServiceLineRecord, metric: str, unit: str, day: date) -> None:
    if line.started_at is None:
        raise rejected(
            ErrorCode.INVALID_TRANSITION, f"{line.id} has not started; record usage after its start.", "serviceLineId"
        )
    if not rules.is_within(day, line.started_at, line.ended_at, write.now):
        raise rejected(
            ErrorCode.INVALID,
            f"{day} must be between the start of the service line and its end or today.",
            "occurredOn",
        )
    if unit != (right := rules.UNITS.get(metric, unit)):
        raise rejected(ErrorCode.INVALID, f"The unit of {metric} must be {right}, not {unit}.", "unit")


async def _check_cost(
    write: WriteTransaction, line: ServiceLineRecord, cost: Decimal | None, currency: str | None
) -> None:
    if cost is None and currency is None:
        return
    if cost is None or currency is None:
        missing = "cost" if cost is None else "currency"
        raise rejected(ErrorCode.REQUIRED, "Provide cost and currency together.", missing)
    await currency_of(write, line.organization_id, currency, "currency")
