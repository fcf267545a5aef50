"""Idempotency keys: a write that is sent again under the same key has its effect once."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Field

from podgraph.database.columns import document, index, key, text
from podgraph.database.model import Model

KEPT_FOR = timedelta(hours=24)
"""How long a key is remembered."""


class IdempotencyKey(Model, table=True):
    """What a write with a key did, written in the write's own transaction.

    `digest` is of its input: another input under the same key is refused. `result` is what the payload
    is made from again.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (index("created_at"),)

    actor_id: str = key()
    mutation: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str = text()
    result: dict[str, Any] | None = document(optional=True)
    created_at: datetime
