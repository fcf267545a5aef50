"""Root field of the event log."""

import strawberry

from podgraph.events.types import EventConnection
from podgraph.graphql.relationships import connection


@strawberry.type
class EventsQuery:
    events: EventConnection = connection(None, "Events of all organizations of the caller, earliest first.")
