"""The event log in the graph, and what every entity with a history shares."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import strawberry

from podgraph.accounts.types import Organization, User, Workspace
from podgraph.auth import viewer
from podgraph.graphql.descriptions import computed, field, register_enums, register_type
from podgraph.graphql.filters import DateTimeFilter, IdFilter, StringFilter, by
from podgraph.graphql.nodes import Node, record, type_of
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import ToNode, connection, edge, one
from podgraph.graphql.scalars import Json
from podgraph.kernel.roles import ActorType
from podgraph.kernel.transitions import AvailableAction, Transition, available_actions
from podgraph.writes import event_log as repository

if TYPE_CHECKING:
    from podgraph.capacity.types import Allocation, CapacityPool
    from podgraph.outcomes.types import Cycle, Deliverable, OutcomeRequest, Payment, Scope
    from podgraph.pods.types import Pod, PodScope, SlaReport, Ticket
    from podgraph.service_lines.types import Incident, ServiceLine

register_enums(ActorType)

LINES = strawberry.lazy("podgraph.service_lines.types")
CAPACITY = strawberry.lazy("podgraph.capacity.types")
MANAGED = strawberry.lazy("podgraph.pods.types")
ODS = strawberry.lazy("podgraph.outcomes.types")

EventSubject = Annotated[
    Annotated["Pod", MANAGED]
    | Annotated["PodScope", MANAGED]
    | Annotated["SlaReport", MANAGED]
    | Annotated["Ticket", MANAGED]
    | Annotated["Incident", LINES]
    | Annotated["ServiceLine", LINES]
    | Annotated["OutcomeRequest", ODS]
    | Annotated["Scope", ODS]
    | Annotated["Cycle", ODS]
    | Annotated["Deliverable", ODS]
    | Annotated["Payment", ODS]
    | Annotated["CapacityPool", CAPACITY]
    | Annotated["Allocation", CAPACITY]
    | Workspace
    | Organization,
    strawberry.union("EventSubject", description="What an event happened to."),
]


register_type(
    AvailableAction,
    "What a mutation would say to a record now.",
    mutation="The mutation's name: confirmPod.",
    enabled="Whether it would be taken from the caller now.",
    blocked_by="The code that it would be refused with.",
    reason="Why it would be refused, in a sentence.",
)


@strawberry.interface(description="A record with a life: versions, a history, and actions that are open now.")
class Entity(Node):
    transitions: ClassVar[Sequence[Transition]] = ()

    version: int = field("Grows by one with every change.")
    created_at: datetime = field("When it came to be.")
    updated_at: datetime = field("When it changed last.")
    history: "EventConnection" = connection("subject_id", "What happened to it, the earliest first.")

    @strawberry.field(description="Every mutation of it: whether the caller could use it now, or why not.")
    def available_actions(self, info: strawberry.Info) -> list[AvailableAction]:
        context = info.context
        viewer = context.viewer
        return available_actions(type_of(self).transitions, self, viewer.roles, context.now, viewer.user_id)


@strawberry.type(description="Who caused an event.")
class Actor:
    type: ActorType = field("What kind of caller.")
    id: strawberry.ID = field("The caller's id: USR-26-000044, or SYSTEM.")
    user: User | None = one("user_id", "The person, where it was one.")


@strawberry.type(description="A value that an event changed.")
class FieldChange:
    path: str = field("Which value: status.")
    before: Json | None = field("What it was.")
    after: Json | None = field("What it became.")


@record(repository.EVENTS, "Something that happened. Written with the change itself, never changed.")
class Event(Node):
    sequence: int = field("Its number in its organization, without gaps.")
    previous_sequence: int = field("The number before it; 0 before the first.")
    type: str = field("What happened: pod.activated.")
    occurred_at: datetime = field("When.")
    subject_id: strawberry.ID = field("The id of what it happened to.")
    subject: EventSubject | None = edge(ToNode("subject_id"), "What it happened to, as it is now.")
    payload: Json = field("More about it, by type.")
    correlation_id: str = field("The same on all events of one request.")

    @strawberry.field(description="Who caused it.", graphql_type=Actor)
    def actor(self: Any) -> viewer.Actor:
        return repository.actor(self)

    @computed("The values that it changed.", "changes")
    def changes(self: Any) -> list[FieldChange]:
        return [FieldChange(**change) for change in self.changes]


@strawberry.input(description="Which events.")
class EventFilter:
    type: StringFilter | None = by("What happened: pod.activated.")
    subject_id: IdFilter | None = by("What it happened to.")
    occurred_at: DateTimeFilter | None = by("When.")


@strawberry.type(description="A page of events.")
class EventConnection(Connection[Event]):
    relation = repository.EVENTS
    filters = EventFilter
    default_order = (("occurred_at", False), ("sequence", False))
    default_first = 50
