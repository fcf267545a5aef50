"""GraphQL types of the event log."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from podgraph.accounts.types import (
    CommercialSubscription,
    Invitation,
    Membership,
    Organization,
    Project,
    Talent,
    User,
    Workspace,
)
from podgraph.auth import viewer
from podgraph.graphql.descriptions import computed, field, register_enums
from podgraph.graphql.filters import DateTimeFilter, IdFilter, StringFilter, by
from podgraph.graphql.nodes import Node, record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import ToNode, edge, one
from podgraph.graphql.scalars import Json
from podgraph.kernel.roles import ActorType
from podgraph.writes import event_log as repository

if TYPE_CHECKING:
    from podgraph.capacity.types import Allocation, CapacityPool
    from podgraph.outcomes.types import Cycle, Deliverable, OutcomeRequest, Payment, Scope
    from podgraph.pods.types import Pod, PodScope, SlaReport, Ticket
    from podgraph.service_lines.types import Incident, ServiceLine

register_enums(ActorType)

LINES = strawberry.lazy("podgraph.service_lines.types")
CAPACITY = strawberry.lazy("podgraph.capacity.types")
PODS = strawberry.lazy("podgraph.pods.types")
OUTCOMES = strawberry.lazy("podgraph.outcomes.types")

EventSubject = Annotated[
    Annotated["Pod", PODS]
    | Annotated["PodScope", PODS]
    | Annotated["SlaReport", PODS]
    | Annotated["Ticket", PODS]
    | Annotated["Incident", LINES]
    | Annotated["ServiceLine", LINES]
    | Annotated["OutcomeRequest", OUTCOMES]
    | Annotated["Scope", OUTCOMES]
    | Annotated["Cycle", OUTCOMES]
    | Annotated["Deliverable", OUTCOMES]
    | Annotated["Payment", OUTCOMES]
    | Annotated["CapacityPool", CAPACITY]
    | Annotated["Allocation", CAPACITY]
    | User
    | Membership
    | Invitation
    | Project
    | Talent
    | CommercialSubscription
    | Workspace
    | Organization,
    strawberry.union("EventSubject", description="Subject of an event."),
]


@strawberry.type(description="The caller that caused an event.")
class Actor:
    type: ActorType = field("Type of caller.")
    id: strawberry.ID = field("Id of the caller, e.g. USR-26-000044, or SYSTEM.")
    user: User | None = one("user_id", "The user; null if the caller was not a user.")


@strawberry.type(description="A field changed by an event.")
class FieldChange:
    path: str = field("Name of the field, e.g. status.")
    before: Json | None = field("Previous value.")
    after: Json | None = field("New value.")


@record(repository.EVENTS, "An immutable event, written in the same transaction as the change.")
class Event(Node):
    sequence: int = field("Sequence number in the organization, without gaps.")
    previous_sequence: int = field("Sequence number of the previous event; 0 for the first event.")
    type: str = field("Event type, e.g. pod.activated.")
    occurred_at: datetime = field("Time of the event.")
    subject_id: strawberry.ID = field("Id of the subject.")
    subject: EventSubject | None = edge(ToNode("subject_id"), "Subject of the event, in its current state.")
    payload: Json = field("Further data; its fields depend on the type.")
    correlation_id: str = field("Correlation id, shared by all events of one request.")

    @strawberry.field(description="The caller that caused the event.", graphql_type=Actor)
    def actor(self: Any) -> viewer.Actor:
        return repository.actor(self)

    @computed("Changed fields.", "changes")
    def changes(self: Any) -> list[FieldChange]:
        return [FieldChange(**change) for change in self.changes]


@strawberry.input(description="Filter for events.")
class EventFilter:
    type: StringFilter | None = by("Event type, e.g. pod.activated.")
    subject_id: IdFilter | None = by("Id of the subject.")
    occurred_at: DateTimeFilter | None = by("Time of the event.")


@strawberry.type(description="A page of events.")
class EventConnection(Connection[Event]):
    relation = repository.EVENTS
    filters = EventFilter
    default_order = (("occurred_at", False), ("sequence", False))
    default_first = 50
