"""The mutations of tickets."""

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


@strawberry.type(description="What became of a ticket.")
class TicketPayload(Payload):
    ticket: Ticket | None = one("ticket_id", "The ticket as it is now; as it was when it was refused.")


@strawberry.type(description="What became of something said on a ticket.")
class TicketCommentPayload(Payload):
    ticket: Ticket | None = one("ticket_id", "The ticket as it is now.")
    comment: TicketComment | None = one("comment_id", "What was said.")


@strawberry.input(description="What is asked of a pod.")
class CreateTicketInput(Input):
    pod_id: strawberry.ID = input_field("The pod: POD-26-000008.", inputs.ID)
    type: TicketType = input_field("What it asks of the pod.")
    title: str = input_field("What it is about: Checkout returns 502.", inputs.TITLE)
    description: str = input_field("What is asked, in full.", inputs.DESCRIPTION)
    priority: TicketPriority = input_field("How urgent it is.", default=TicketPriority.MEDIUM)
    submitted_by: strawberry.ID | None = input_field(
        "Who asks, where the account team does so for somebody; else it is the caller.",
        inputs.ID,
        default=None,
    )


@strawberry.input(description="Which ticket.")
class TicketInput(Input):
    ticket_id: strawberry.ID = input_field("The ticket: TKT-26-000017.", inputs.ID)


@strawberry.input(description="Which ticket to take up.")
class RespondToTicketInput(TicketInput):
    pass


@strawberry.input(description="What to say on which ticket.")
class AddTicketCommentInput(TicketInput):
    body: str = input_field("What to say: reproduced under load.", inputs.DESCRIPTION)


@strawberry.input(description="Which ticket to call the account management for, and why.")
class EscalateTicketInput(TicketInput):
    reason: str | None = input_field("Why: the fix is promised for today.", inputs.REASON, default=None)


@strawberry.input(description="Which ticket is done.")
class ResolveTicketInput(TicketInput):
    pass


@strawberry.input(description="Which ticket to close.")
class CloseTicketInput(TicketInput):
    pass


@strawberry.input(description="Which ticket to ask for again, and why.")
class ReopenTicketInput(TicketInput):
    reason: str | None = input_field("Why: it happened again.", inputs.REASON, default=None)


@strawberry.type
class TicketMutation:
    create_ticket: TicketPayload = mutation(
        tickets.create_ticket,
        CreateTicketInput,
        TicketPayload,
        lifecycle.CREATE_TICKET,
        "Ask something of a pod that is ACTIVE or PAUSED; it must respond within the hours of its SLA,"
        " counted day and night.",
        codes=(ErrorCode.INVALID_TRANSITION, ErrorCode.ACTOR_MISMATCH),
        events=("ticket.created",),
    )
    respond_to_ticket: TicketPayload = mutation(
        tickets.respond_to_ticket,
        RespondToTicketInput,
        TicketPayload,
        lifecycle.RESPOND_TO_TICKET,
        "Take a ticket up, which stops its clock: MET up to the very deadline, BREACHED after it.",
        shows="ticket_id",
        events=("ticket.responded", *BREACH),
    )
    add_ticket_comment: TicketCommentPayload = mutation(
        tickets.add_ticket_comment,
        AddTicketCommentInput,
        TicketCommentPayload,
        lifecycle.ADD_TICKET_COMMENT,
        "Say something on a ticket. That is no response yet.",
        shows="ticket_id",
        events=("ticket.commented",),
    )
    escalate_ticket: TicketPayload = mutation(
        tickets.escalate_ticket,
        EscalateTicketInput,
        TicketPayload,
        lifecycle.ESCALATE_TICKET,
        "Call for the account management, once in 24 hours.",
        shows="ticket_id",
        codes=(ErrorCode.ALREADY_DONE,),
        events=("ticket.escalated",),
    )
    resolve_ticket: TicketPayload = mutation(
        tickets.resolve_ticket,
        ResolveTicketInput,
        TicketPayload,
        lifecycle.RESOLVE_TICKET,
        "Say that a ticket is done, as the pod sees it; after 7 days it is closed.",
        shows="ticket_id",
        events=("ticket.resolved",),
    )
    close_ticket: TicketPayload = mutation(
        tickets.close_ticket,
        CloseTicketInput,
        TicketPayload,
        lifecycle.CLOSE_TICKET,
        "Agree that a resolved ticket is done; its author may also withdraw one that is OPEN.",
        shows="ticket_id",
        events=("ticket.closed", *BREACH),
    )
    reopen_ticket: TicketPayload = mutation(
        tickets.reopen_ticket,
        ReopenTicketInput,
        TicketPayload,
        lifecycle.REOPEN_TICKET,
        "Ask for a ticket again within 30 days, with a new clock; its first response stays as it was.",
        shows="ticket_id",
        events=("ticket.reopened",),
    )
