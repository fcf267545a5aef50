"""Event log: one immutable row per change, written in the transaction of the change."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field

from podgraph.database.columns import Plain, document, index, one_of, text, unique
from podgraph.database.model import Model, Record
from podgraph.kernel.roles import ActorType


class Event(Record, table=True):
    """An event; `sequence` has no gaps within its organization."""

    __tablename__ = "event"
    __table_args__ = (
        one_of("actor_type", ActorType),
        unique("organization_id", "sequence"),
        index("subject_id", "sequence"),
        index("organization_id", "type"),
        index("organization_id", "occurred_at"),
    )

    sequence: int = Field(sa_type=BigInteger)
    type: str = text()
    occurred_at: datetime
    actor_type: str = text()
    actor_id: str = text()
    subject_id: str = text()
    workspace_id: str | None = text(optional=True)
    payload: dict[str, Any] = document()
    changes: list[dict[str, Any]] = document()
    correlation_id: str = text()


class EventCounter(Model, table=True):
    """The last sequence of an organization. Its row is the last lock that a transaction takes.

    `told_at` is the time of the last event: events are in order of time even if the clocks of processes differ.
    """

    __tablename__ = "event_counter"

    organization_id: str = Field(primary_key=True, foreign_key="organization.id", sa_type=Plain)
    sequence: int = Field(default=0, sa_type=BigInteger)
    told_at: datetime | None = None
