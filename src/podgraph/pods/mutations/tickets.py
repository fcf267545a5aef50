"""Mutations of tickets."""

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import input_field
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode
from podgraph.pods import lifecycle
from podgraph.pods.lifecycle import TicketPriority, TicketType
from podgraph.pods.service import tickets
from podgraph.pods.types import Ticket, TicketComment

BREACH = ("ticket.response_breached", "incident.opened")


@strawberry.type(description="Result of a ticket mutation.")
class TicketPayload(Payload):
    ticket: Ticket | None = one("ticket_id", "The ticket after the mutation; unchanged if `userErrors` is not empty.")


@strawberry.type(description="Result of `addTicketComment`.")
class TicketCommentPayload(Payload):
    ticket: Ticket | None = one("ticket_id", "The ticket after the mutation; unchanged if `userErrors` is not empty.")
    comment: TicketComment | None = one("comment_id", "The new comment; null if `userErrors` is not empty.")


@strawberry.input(description="Input for `createTicket`.")
class CreateTicketInput(Input):
    pod_id: strawberry.ID = input_field("Pod id, e.g. POD-26-000008.", inputs.ID)
    type: TicketType = input_field("Ticket type.")
    title: str = input_field("Title, e.g. Checkout returns 502.", inputs.TITLE)
    description: str = input_field("Full description.", inputs.DESCRIPTION)
    priority: TicketPriority = input_field("Priority.", default=TicketPriority.MEDIUM)
    submitted_by: strawberry.ID | None = input_field(
        "Id of the user on whose behalf the account team creates the ticket. Defaults to the caller.",
        inputs.ID,
        default=None,
    )


@strawberry.input(description="Input for a mutation of one ticket.")
class TicketInput(Input):
    ticket_id: strawberry.ID = input_field("Ticket id, e.g. TKT-26-000017.", inputs.ID)


@strawberry.input(description="Input for `respondToTicket`.")
class RespondToTicketInput(TicketInput):
    pass


@strawberry.input(description="Input for `addTicketComment`.")
class AddTicketCommentInput(TicketInput):
    body: str = input_field("Text of the comment, e.g. reproduced under load.", inputs.DESCRIPTION)


@strawberry.input(description="Input for `escalateTicket`.")
class EscalateTicketInput(TicketInput):
    reason: str | None = input_field("Reason, e.g. the fix is promised for today.", inputs.REASON, default=None)


@strawberry.input(description="Input for `resolveTicket`.")
class ResolveTicketInput(TicketInput):
    pass


@strawberry.input(description="Input for `closeTicket`.")
class CloseTicketInput(TicketInput):
    pass


@strawberry.input(description="Input for `reopenTicket`.")
class ReopenTicketInput(TicketInput):
    reason: str | None = input_field("Reason, e.g. it happened again.", inputs.REASON, default=None)


@strawberry.type
class TicketMutation:
    create_ticket: TicketPayload = mutation(
        tickets.create_ticket,
        CreateTicketInput,
        TicketPayload,
        lifecycle.CREATE_TICKET,
        "Create a ticket for an ACTIVE or PAUSED pod. The pod must respond within the response time of its SLA,"
        " counted around the clock.",
        codes=(ErrorCode.INVALID_TRANSITION, ErrorCode.ACTOR_MISMATCH),
        events=("ticket.created",),
    )
    respond_to_ticket: TicketPayload = mutation(
        tickets.respond_to_ticket,
        RespondToTicketInput,
        TicketPayload,
        lifecycle.RESPOND_TO_TICKET,
        "Respond to a ticket. The response is MET up to and including the deadline, BREACHED after it.",
        shows="ticket_id",
        events=("ticket.responded", *BREACH),
    )
    add_ticket_comment: TicketCommentPayload = mutation(
        tickets.add_ticket_comment,
        AddTicketCommentInput,
        TicketCommentPayload,
        lifecycle.ADD_TICKET_COMMENT,
        "Comment on a ticket. A comment does not count as a response.",
        shows="ticket_id",
        events=("ticket.commented",),
    )
    escalate_ticket: TicketPayload = mutation(
        tickets.escalate_ticket,
        EscalateTicketInput,
        TicketPayload,
        lifecycle.ESCALATE_TICKET,
        "Escalate a ticket to account management. Possible once in 24 hours.",
        shows="ticket_id",
        codes=(ErrorCode.ALREADY_DONE,),
        events=("ticket.escalated",),
    )
    resolve_ticket: TicketPayload = mutation(
        tickets.resolve_ticket,
        ResolveTicketInput,
        TicketPayload,
        lifecycle.RESOLVE_TICKET,
        "Resolve a ticket. It is closed automatically after 7 days.",
        shows="ticket_id",
        events=("ticket.resolved",),
    )
    close_ticket: TicketPayload = mutation(
        tickets.close_ticket,
        CloseTicketInput,
        TicketPayload,
        lifecycle.CLOSE_TICKET,
        "Close a resolved ticket. The author can also withdraw an OPEN ticket.",
        shows="ticket_id",
        events=("ticket.closed", *BREACH),
    )
    reopen_ticket: TicketPayload = mutation(
        tickets.reopen_ticket,
        ReopenTicketInput,
        TicketPayload,
        lifecycle.REOPEN_TICKET,
        "Reopen a ticket within 30 days, with a new response deadline. The first response stays unchanged.",
        shows="ticket_id",
        events=("ticket.reopened",),
    )
