"""Tickets: created, answered, resolved and closed, with a deadline for the first response."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.accounts.service.checks import acting_user
from podgraph.database.model import table_of
from podgraph.database.read_model import NOW
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.pods import lifecycle, models, rules
from podgraph.pods.lifecycle import ResponseSla, TicketPriority, TicketStatus, TicketType
from podgraph.pods.repository import PODS, SLA_TERMS, TICKET_COMMENTS, TICKETS
from podgraph.records import PodRecord, TicketRecord
from podgraph.service_lines import service as lines
from podgraph.service_lines.lifecycle import IncidentSeverity, IncidentType
from podgraph.service_lines.repository import INCIDENTS
from podgraph.writes.transaction import Job, WriteTransaction


async def create_ticket(
    write: WriteTransaction,
    *,
    pod_id: str,
    type: TicketType,
    title: str,
    description: str,
    priority: TicketPriority,
    submitted_by: str | None,
) -> None:
    """Create a ticket. Its response deadline follows from the SLA terms in force."""
    pod = await write.get_for_update(PODS, pod_id, "podId")
    write.authorize(lifecycle.CREATE_TICKET, within=pod)
    write.check_version(pod)
    if pod.status not in lifecycle.TICKETED:
        raise rejected(
            ErrorCode.INVALID_TRANSITION,
            f"{pod.id} is {pod.status}; tickets can be created for pods that are ACTIVE or PAUSED.",
            "podId",
        )
    person = await acting_user(write, submitted_by, pod.organization_id, "submittedBy")
    clock = await _response_deadline(write, pod)
    ticket_id = (await write.issue(TKT=1))["TKT"][0]
    await write.create(
        TICKETS,
        "ticket.created",
        payload={"response_due_at": clock["response_due_at"]},
        id=ticket_id,
        organization_id=pod.organization_id,
        pod_id=pod.id,
        type=str(type),
        title=title,
        description=description,
        priority=str(priority),
        status=str(TicketStatus.OPEN),
        submitted_by=person,
        **clock,
    )
    write.return_ids(ticket_id=ticket_id)


async def respond_to_ticket(write: WriteTransaction, *, ticket_id: str) -> None:
    """Respond to a ticket: MET up to the deadline, BREACHED after it."""
    row = lifecycle.RESPOND_TO_TICKET
    ticket = await _with_deadline_result(write, await write.lock_for(TICKETS, ticket_id, row, "ticketId"))
    kept = ticket.response_sla == ResponseSla.PENDING
    await write.transition(
        ticket,
        row,
        "ticket.responded",
        response_sla=str(ResponseSla.MET) if kept else ticket.response_sla,
        at_risk_at=None,
        **_first_response(write, ticket),
    )


async def add_ticket_comment(write: WriteTransaction, *, ticket_id: str, body: str) -> None:
    """Comment on a ticket. A comment does not count as a response."""
    row = lifecycle.ADD_TICKET_COMMENT
    ticket = await write.lock_for(TICKETS, ticket_id, row, "ticketId")
    comment_id = (await write.issue(TKC=1))["TKC"][0]
    await write.create(
        TICKET_COMMENTS,
        None,
        id=comment_id,
        organization_id=ticket.organization_id,
        ticket_id=ticket.id,
        author_id=write.user_id,
        body=body,
    )
    await write.transition(ticket, row, "ticket.commented", payload={"comment_id": comment_id})
    write.return_ids(comment_id=comment_id)


async def escalate_ticket(write: WriteTransaction, *, ticket_id: str, reason: str | None) -> None:
    """Escalate a ticket to account management, which receives the event."""
    row = lifecycle.ESCALATE_TICKET
    ticket = await write.lock_for(TICKETS, ticket_id, row, "ticketId")
    await write.transition(ticket, row, "ticket.escalated", payload=_reason_payload(reason), escalated_at=write.now)


async def resolve_ticket(write: WriteTransaction, *, ticket_id: str) -> None:
    """Resolve a ticket on behalf of the pod."""
    row = lifecycle.RESOLVE_TICKET
    ticket = await write.lock_for(TICKETS, ticket_id, row, "ticketId")
    await write.transition(ticket, row, "ticket.resolved", resolved_at=write.now)


async def close_ticket(write: WriteTransaction, *, ticket_id: str) -> None:
    """Close a resolved ticket, or withdraw a ticket without a response as its author."""
    row = lifecycle.CLOSE_TICKET
    ticket = await write.lock_for(TICKETS, ticket_id, row, "ticketId")
    if ticket.status == TicketStatus.OPEN:
        # A withdrawal after the deadline does not undo the breach.
        ticket = await _with_deadline_result(write, ticket)
    await write.transition(ticket, row, "ticket.closed", closed_at=write.now, at_risk_at=None)


async def reopen_ticket(write: WriteTransaction, *, ticket_id: str, reason: str | None) -> None:
    """Reopen a ticket with a new response deadline. The first response stays unchanged."""
    row = lifecycle.REOPEN_TICKET
    ticket = await write.lock_for(TICKETS, ticket_id, row, "ticketId")
    clock = await _response_deadline(write, await write.get(PODS, ticket.pod_id))
    await write.transition(
        ticket,
        row,
        "ticket.reopened",
        payload=_reason_payload(reason),
        resolved_at=None,
        closed_at=None,
        reopened_at=write.now,
        **clock,
    )


async def _response_deadline(write: WriteTransaction, pod: PodRecord) -> dict[str, Any]:
    """Columns of a response deadline that starts now."""
    if pod.sla_id is None:
        raise rejected(ErrorCode.INVALID_TRANSITION, f"{pod.id} has no SLA in force this month.")
    terms = await write.get(SLA_TERMS, pod.sla_id)
    due_at = rules.response_due_at(write.now, terms.response_time_hours)
    return {
        "response_due_at": due_at,
        "at_risk_at": rules.response_at_risk_at(write.now, due_at),
        "response_sla": str(ResponseSla.PENDING),
    }


def _first_response(write: WriteTransaction, ticket: TicketRecord) -> dict[str, Any]:
    """Columns of the first response; empty for a reopened ticket, which keeps its own."""
    if ticket.responded_at is not None:
        return {}
    # The scheduler may have judged the deadline while this transaction waited: the response is not earlier.
    responded_at = max(write.now, ticket.updated_at)
    waited = responded_at - (ticket.reopened_at or ticket.created_at)
    return {"responded_at": responded_at, "response_seconds": int(waited.total_seconds())}


async def _with_deadline_result(write: WriteTransaction, ticket: TicketRecord) -> Any:
    """Mark an OPEN ticket BREACHED and open an incident if its response deadline has passed.

    A ticket has at most one incident, even if it is reopened several times.
    """
    in_time = rules.response_sla(ticket.response_due_at, write.now) is ResponseSla.MET
    if in_time or ticket.response_sla != ResponseSla.PENDING:
        return ticket
    pod = await write.get(PODS, ticket.pod_id)
    ticket = await write.transition(
        ticket,
        lifecycle.BREACH_TICKET,
        "ticket.response_breached",
        response_sla=str(ResponseSla.BREACHED),
        at_risk_at=None,
    )
    if not await write.select(INCIDENTS, ticket_id=ticket.id):
        incident_id = (await write.issue(INC=1))["INC"][0]
        await lines.open_incident(
            write,
            incident_id,
            organization_id=ticket.organization_id,
            service_line_id=pod.service_line_id,
            pod_id=pod.id,
            ticket_id=ticket.id,
            type=IncidentType.SLA_BREACH,
            severity=IncidentSeverity.P2,
            title="SLA response time exceeded",
            description=f"No response by {ticket.response_due_at:%Y-%m-%d %H:%M} UTC: {ticket.title}",
        )
    return ticket


async def _warn_at_risk(write: WriteTransaction, ticket_id: str) -> None:
    ticket = await write.get_for_update(TICKETS, ticket_id)
    if ticket.at_risk_at is not None and ticket.at_risk_at <= write.now <= ticket.response_due_at:
        await write.transition(ticket, lifecycle.WARN_OF_TICKET, "ticket.response_at_risk", at_risk_at=None)


async def _breach(write: WriteTransaction, ticket_id: str) -> None:
    ticket = await write.get_for_update(TICKETS, ticket_id)
    if ticket.status == TicketStatus.OPEN:
        await _with_deadline_result(write, ticket)


async def _close_resolved(write: WriteTransaction, ticket_id: str) -> None:
    row = lifecycle.CLOSE_RESOLVED_TICKET
    ticket = await write.get_for_update(TICKETS, ticket_id)
    if ticket.status in row.sources and ticket.resolved_at <= write.now - lifecycle.CLOSED_AFTER:
        await write.transition(ticket, row, "ticket.closed", closed_at=write.now)


def _reason_payload(reason: str | None) -> dict[str, str] | None:
    return {"reason": reason} if reason else None


_TICKET = table_of(models.Ticket)
_SETTLED_BEFORE = bindparam("settled_before", type_=UTCDateTime())


_AT_RISK = (
    select(_TICKET.c.id)
    .where(_TICKET.c.at_risk_at <= NOW, _TICKET.c.response_due_at >= NOW)
    .order_by(_TICKET.c.at_risk_at, _TICKET.c.id)
)
_MISSED = (
    select(_TICKET.c.id)
    .where(
        _TICKET.c.response_sla == ResponseSla.PENDING,
        _TICKET.c.status == TicketStatus.OPEN,
        _TICKET.c.response_due_at < NOW,
    )
    .order_by(_TICKET.c.response_due_at, _TICKET.c.id)
)
_DUE_TO_CLOSE = (
    select(_TICKET.c.id)
    .where(_TICKET.c.status == TicketStatus.RESOLVED, _TICKET.c.resolved_at <= _SETTLED_BEFORE)
    .order_by(_TICKET.c.resolved_at, _TICKET.c.id)
)

JOBS = (
    Job("warn of responses at risk", _AT_RISK, _warn_at_risk),
    Job("judge responses that are missing", _MISSED, _breach),
    Job(
        "close resolved tickets",
        _DUE_TO_CLOSE,
        _close_resolved,
        lambda now: {"settled_before": now - lifecycle.CLOSED_AFTER},
    ),
)
"""Scheduled jobs of tickets."""
