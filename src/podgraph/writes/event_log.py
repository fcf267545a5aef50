"""How the event log is read."""

from typing import Any

from podgraph.auth.viewer import Actor
from podgraph.database.read_model import ReadModel
from podgraph.kernel.roles import ActorType
from podgraph.records import EventRecord
from podgraph.writes import event_models as models

EVENTS = ReadModel[EventRecord](
    models.Event,
    "EVT",
    # Sequences run without gaps, so the one before is always one less; the first has zero before it.
    computed={"previous_sequence": lambda source: source["sequence"] - 1},
)


def actor(event: Any) -> Actor:
    """Who caused an event."""
    user_id = event.actor_id if event.actor_type == ActorType.USER else None
    return Actor(event.actor_type, event.actor_id, user_id)
