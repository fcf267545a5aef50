"""Read model of the event log."""

from typing import Any

from podgraph.auth.viewer import Actor
from podgraph.database.read_model import ReadModel
from podgraph.kernel.roles import ActorType
from podgraph.records import EventRecord
from podgraph.writes import event_models as models

EVENTS = ReadModel[EventRecord](
    models.Event,
    "EVT",
    # Sequences have no gaps, so the previous sequence is always one less; it is 0 for the first event.
    computed={"previous_sequence": lambda source: source["sequence"] - 1},
)


def actor(event: Any) -> Actor:
    """The caller that caused an event."""
    user_id = event.actor_id if event.actor_type == ActorType.USER else None
    return Actor(event.actor_type, event.actor_id, user_id)
