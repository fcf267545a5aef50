"""Tickets in the graph."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from podgraph.accounts.types import User
from podgraph.events.types import Entity
from podgraph.graphql.aggregates import average, count, count_where, highest
from podgraph.graphql.descriptions import computed, field, register_enums
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


@record(repository.TICKETS, "A request to a pod, with the clock of its first response.")
class Ticket(Entity):
    transitions = lifecycle.TICKET

    pod: Pod = one("pod_id", "The pod.")
    type: TicketType = field("What it asks of the pod.")
    title: str = field("What it is about: Checkout returns 502.")
    description: str = field("What is asked, in full.")
    priority: TicketPriority = field("How urgent it is.")
    status: TicketStatus = field("Where it stands.")
    submitted_by: User | None = one("submitted_by", "Who raised it.")
    response_due_at: datetime = field("By when the pod must respond; a reopened ticket has a new deadline.")
    responded_at: datetime | None = field("When the pod responded first.")
    response_sla: ResponseSla = field("Whether the deadline was kept.")
    resolved_at: datetime | None = field("When it was resolved.")
    closed_at: datetime | None = field("When it was closed.")
    escalated_at: datetime | None = field("When it was escalated last.")
    reopened_at: datetime | None = field("When it was reopened last.")
    incident: Incident | None = one("id", "The incident that a late response opened.", to="ticket_id")
    comments: "TicketCommentConnection" = connection("ticket_id", "What was said on it, the earliest first.")

    @computed("Hours until the first response, one decimal; null without one.", "response_seconds")
    def response_hours(self: Any) -> Decimal | None:
        seconds = self.response_seconds
        return None if seconds is None else half_up(rules.response_hours(seconds), 1)


@record(repository.TICKET_COMMENTS, "Something said on a ticket.")
class TicketComment(Node):
    ticket: Ticket = one("ticket_id", "The ticket.")
    author: User | None = one("author_id", "Who said it.")
    body: str = field("What was said.")
    created_at: datetime = field("When.")


class TicketOrderField(DescribedEnum):
    """What tickets can be ordered by."""

    CREATED_AT = "created_at", "When they were raised."
    RESPONSE_DUE_AT = "response_due_at", "By when the pod must respond."
    PRIORITY = "priority_rank", "The priority; LOW is the smallest, URGENT the largest."


class TicketGroupBy(DescribedEnum):
    """What tickets can be grouped by."""

    STATUS = "status", "Where they stand."
    TYPE = "type", "What they ask of the pod."
    PRIORITY = "priority", "How urgent they are."
    RESPONSE_SLA = "response_sla", "Whether they were responded to in time."
    MONTH = "month", "The month that they were raised in, in UTC."


register_enums(TicketOrderField, TicketGroupBy)


@strawberry.input(description="Which tickets.")
class TicketFilter:
    and_: list["TicketFilter"] | None = by(AND, name="and")
    or_: list["TicketFilter"] | None = by(OR, name="or")
    not_: "TicketFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("The client.")
    pod_id: IdFilter | None = by("The pod.")
    pod: PodFilter | None = by("The pod, by its own values.", related("pod", "pod_id"))
    status: Filter[TicketStatus] | None = by("Where it stands.")
    type: Filter[TicketType] | None = by("What it asks of the pod.")
    priority: Filter[TicketPriority] | None = by("How urgent it is.")
    response_sla: Filter[ResponseSla] | None = by("Whether it was responded to in time.")
    response_due_at: DateTimeFilter | None = by("By when the pod must respond.")
    created_at: DateTimeFilter | None = by("When it was raised.")


@strawberry.type(description="Tickets of one kind.")
class TicketGroup:
    status: TicketStatus | None = field("Where they stand, where grouped by it.")
    type: TicketType | None = field("What they ask of the pod, where grouped by it.")
    priority: TicketPriority | None = field("How urgent they are, where grouped by it.")
    response_sla: ResponseSla | None = field("Whether they were responded to in time, where grouped by it.")
    month: Period | None = field("The month that they were raised in, where grouped by it.")
    count: int = count("How many.")
    avg_response_hours: Decimal | None = average(
        "response_seconds", "Hours until the first response on average, one decimal.", per=3600
    )


@strawberry.type(description="Figures over all tickets that match.")
class TicketAggregate:
    count: int = count("How many.")
    avg_response_hours: Decimal | None = average(
        "response_seconds", "Hours until the first response on average, one decimal.", per=3600
    )
    max_response_hours: Decimal | None = highest(
        "response_seconds", "Hours until the slowest first response, one decimal.", places=1, per=3600
    )
    breached: int = count_where(
        lambda source: source["response_sla"] == ResponseSla.BREACHED,
        "How many were not responded to in time.",
    )
    groups: list[TicketGroup] = edge(Groups(TicketGroupBy), "The same by kind.")


@strawberry.type(description="A page of tickets.")
class TicketConnection(Connection[Ticket]):
    relation = repository.TICKETS
    filters = TicketFilter
    orders = TicketOrderField
    default_order = (("created_at", True),)
    aggregate: TicketAggregate = field("Figures over all that match, whatever the page.")


@strawberry.type(description="A page of what was said on a ticket.")
class TicketCommentConnection(Connection[TicketComment]):
    relation = repository.TICKET_COMMENTS
    default_order = (("created_at", False),)
