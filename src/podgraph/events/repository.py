"""How the event log is read."""

from typing import Any, NamedTuple

from podgraph.database.relation import Relation
from podgraph.events import models
from podgraph.events.lifecycle import ActorType

EVENTS = Relation(
    models.Event,
    "EVT",
    # Sequences run without gaps, so the one before is always one less; the first has zero before it.
    derived={"previous_sequence": lambda source: source["sequence"] - 1},
)


class Actor(NamedTuple):
    """Who caused an event; `user_id` is set where it was a person."""

    type: str
    id: str
    user_id: str | None


def actor(event: Any) -> Actor:
    """Who caused an event."""
    user_id = event.actor_id if event.actor_type == ActorType.USER else None
    return Actor(event.actor_type, event.actor_id, user_id)
