"""Tickets of a pod: their responses, comments, escalation and closing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from podgraph.demo import capacity
from podgraph.demo.pods import line_of
from podgraph.demo.row_builder import SYSTEM, Book, Row
from podgraph.pods import rules
from podgraph.pods.lifecycle import (
    ResponseSla,
    TicketPriority,
    TicketStatus,
    TicketType,
)
from podgraph.service_lines.lifecycle import (
    IncidentSeverity,
)


@dataclass(frozen=True, slots=True)
class Handling:
    """Times from the creation of a ticket to its steps; None for steps that did not happen."""

    response: timedelta | None = None
    resolved: timedelta | None = None
    closed: timedelta | None = None
    escalated: timedelta | None = None


def raise_ticket(
    book: Book,
    pod: Row,
    title: str,
    description: str,
    *,
    at: datetime,
    handling: Handling,
    type: TicketType = TicketType.PRIORITY_ITEM,
    priority: TicketPriority = TicketPriority.HIGH,
    by: str | None = None,
    comments: Sequence[tuple[timedelta, str, str]] = (),
    incident: Mapping[str, Any] | None = None,
) -> Row:
    """A ticket and its life; `incident` overrides columns of the incident that a late response opens."""
    sla = next(book.where("sla_terms", pod_id=pod["id"]))
    by = by or book.cast.member
    due_at = rules.response_due_at(at, sla["response_time_hours"])
    ticket = book.add(
        "ticket",
        pod_id=pod["id"],
        type=type,
        title=title,
        description=description,
        priority=priority,
        status=TicketStatus.OPEN,
        submitted_by=by,
        response_due_at=due_at,
        at_risk_at=None if handling.response else rules.response_at_risk_at(at, due_at),
        response_sla=ResponseSla.PENDING,
        created_at=at,
    )
    book.happened(at, by, ticket, "ticket.created", response_due_at=due_at)
    for after, author_id, body in comments:
        book.add("ticket_comment", ticket_id=ticket["id"], author_id=author_id, body=body, created_at=at + after)
        book.happened(at + after, author_id, ticket, "ticket.commented")
    if handling.escalated:
        escalated_at = at + handling.escalated
        book.change(escalated_at, by, ticket, "ticket.escalated", {"escalated_at": escalated_at})
    if handling.response:
        _respond(book, pod, ticket, handling.response, incident or {})
    if handling.resolved:
        done = at + handling.resolved
        columns: Row = {"status": TicketStatus.RESOLVED, "resolved_at": done}
        book.change(done, book.cast.delivery, ticket, "ticket.resolved", columns)
    if handling.closed:
        shut = at + handling.closed
        book.change(shut, by, ticket, "ticket.closed", {"status": TicketStatus.CLOSED, "closed_at": shut})
    return ticket


def _respond(book: Book, pod: Row, ticket: Row, after: timedelta, incident: Mapping[str, Any]) -> None:
    due_at, responded_at = ticket["response_due_at"], ticket["created_at"] + after
    verdict = rules.response_sla(due_at, responded_at)
    if verdict is ResponseSla.BREACHED:
        book.change(due_at, SYSTEM, ticket, "ticket.response_breached", {"response_sla": verdict})
        details: Row = {
            "title": "SLA response time exceeded",
            "severity": IncidentSeverity.P2,
            "acknowledged_after": timedelta(minutes=40),
            "resolved_after": timedelta(days=1, hours=3),
            "resolution": "Responded to; the on-call rota has been changed.",
            **incident,
        }
        capacity.open_incident(
            book, line_of(book, pod), details.pop("title"), at=due_at, ticket_id=ticket["id"], **details
        )
    columns = {
        "status": TicketStatus.IN_PROGRESS,
        "responded_at": responded_at,
        "response_seconds": int(after.total_seconds()),
        "response_sla": verdict,
    }
    book.change(responded_at, book.cast.delivery, ticket, "ticket.responded", columns)
