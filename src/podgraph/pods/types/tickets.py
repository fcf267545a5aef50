"""GraphQL types of tickets."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from podgraph.accounts.types import User
from podgraph.graphql.aggregates import average, count, count_where, highest
from podgraph.graphql.descriptions import computed, field, register_enums
from podgraph.graphql.entities import Entity
from podgraph.graphql.filters import (
    AND,
    NOT,
    OR,
    DateTimeFilter,
    Filter,
    IdFilter,
    by,
    related,
)
from podgraph.graphql.nodes import Node, record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import Groups, connection, edge, one
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.periods import Period
from podgraph.kernel.rounding import half_up
from podgraph.pods import lifecycle, repository, rules
from podgraph.pods.lifecycle import (
    ResponseSla,
    TicketPriority,
    TicketStatus,
    TicketType,
)
from podgraph.pods.types.pods import Pod, PodFilter
from podgraph.service_lines.types import Incident

register_enums(TicketType, TicketPriority, TicketStatus, ResponseSla)


@record(repository.TICKETS, "Request to a pod, with a deadline for the first response.")
class Ticket(Entity):
    transitions = lifecycle.TICKET

    pod: Pod = one("pod_id", "Pod that the ticket is addressed to.")
    type: TicketType = field("Ticket type.")
    title: str = field("Title, e.g. Checkout returns 502.")
    description: str = field("Full description.")
    priority: TicketPriority = field("Priority.")
    status: TicketStatus = field("Status of the ticket.")
    submitted_by: User | None = one("submitted_by", "User who created the ticket; null if a program did.")
    response_due_at: datetime = field("Deadline of the response. Reopening the ticket sets a new deadline.")
    responded_at: datetime | None = field("Time of the first response; null until then.")
    response_sla: ResponseSla = field("Whether the response met its deadline.")
    resolved_at: datetime | None = field("Time of the resolution; null until then or after a reopening.")
    closed_at: datetime | None = field("Time of closing; null until then or after a reopening.")
    escalated_at: datetime | None = field("Time of the latest escalation; null if never escalated.")
    reopened_at: datetime | None = field("Time of the latest reopening; null if never reopened.")
    incident: Incident | None = one(
        "id", "Incident opened by a missed response deadline; null if there is none.", to="ticket_id"
    )
    comments: "TicketCommentConnection" = connection("ticket_id", "Comments, oldest first.")

    @computed("Time to the first response, in hours with 1 decimal place; null until then.", "response_seconds")
    def response_hours(self: Any) -> Decimal | None:
        seconds = self.response_seconds
        return None if seconds is None else half_up(rules.response_hours(seconds), 1)


@record(repository.TICKET_COMMENTS, "Comment on a ticket.")
class TicketComment(Node):
    ticket: Ticket = one("ticket_id", "Ticket that the comment belongs to.")
    author: User | None = one("author_id", "Author; null if a program wrote the comment.")
    body: str = field("Text of the comment.")
    created_at: datetime = field("Time of creation.")


class TicketOrderField(DescribedEnum):
    """Fields that tickets can be ordered by."""

    CREATED_AT = "created_at", "Time of creation."
    RESPONSE_DUE_AT = "response_due_at", "Deadline of the response."
    PRIORITY = "priority_rank", "Priority; LOW is the lowest, URGENT the highest."


class TicketGroupBy(DescribedEnum):
    """Fields that tickets can be grouped by."""

    STATUS = "status", "Status."
    TYPE = "type", "Ticket type."
    PRIORITY = "priority", "Priority."
    RESPONSE_SLA = "response_sla", "Result of the response deadline."
    MONTH = "month", "Month of creation, in UTC."


register_enums(TicketOrderField, TicketGroupBy)


@strawberry.input(description="Filter for tickets.")
class TicketFilter:
    and_: list["TicketFilter"] | None = by(AND, name="and")
    or_: list["TicketFilter"] | None = by(OR, name="or")
    not_: "TicketFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("Id of the client organization.")
    pod_id: IdFilter | None = by("Id of the pod.")
    pod: PodFilter | None = by("Filter for the pod.", related("pod", "pod_id"))
    status: Filter[TicketStatus] | None = by("Status.")
    type: Filter[TicketType] | None = by("Ticket type.")
    priority: Filter[TicketPriority] | None = by("Priority.")
    response_sla: Filter[ResponseSla] | None = by("Result of the response deadline.")
    response_due_at: DateTimeFilter | None = by("Deadline of the response.")
    created_at: DateTimeFilter | None = by("Time of creation.")


@strawberry.type(description="Group of tickets. Fields that are not part of `by` are null.")
class TicketGroup:
    status: TicketStatus | None = field("Status of the group; null if not grouped by it.")
    type: TicketType | None = field("Ticket type of the group; null if not grouped by it.")
    priority: TicketPriority | None = field("Priority of the group; null if not grouped by it.")
    response_sla: ResponseSla | None = field("Deadline result of the group; null if not grouped by it.")
    month: Period | None = field("Month of creation, in UTC; null if not grouped by it.")
    count: int = count("Number of tickets.")
    avg_response_hours: Decimal | None = average(
        "response_seconds",
        "Mean time to the first response, in hours with 1 decimal place; null if there are no responses.",
        per=3600,
    )


@strawberry.type(description="Aggregates over all matching tickets.")
class TicketAggregate:
    count: int = count("Number of tickets.")
    avg_response_hours: Decimal | None = average(
        "response_seconds",
        "Mean time to the first response, in hours with 1 decimal place; null if there are no responses.",
        per=3600,
    )
    max_response_hours: Decimal | None = highest(
        "response_seconds",
        "Longest time to a first response, in hours with 1 decimal place; null if there are no responses.",
        places=1,
        per=3600,
    )
    breached: int = count_where(
        lambda source: source["response_sla"] == ResponseSla.BREACHED,
        "Number of tickets that missed the response deadline.",
    )
    groups: list[TicketGroup] = edge(Groups(TicketGroupBy), "Aggregates by group.")


@strawberry.type(description="A page of tickets.")
class TicketConnection(Connection[Ticket]):
    relation = repository.TICKETS
    filters = TicketFilter
    orders = TicketOrderField
    default_order = (("created_at", True),)
    aggregate: TicketAggregate = field("Aggregates over all matching records, independent of the page.")


@strawberry.type(description="A page of ticket comments.")
class TicketCommentConnection(Connection[TicketComment]):
    relation = repository.TICKET_COMMENTS
    default_order = (("created_at", False),)
