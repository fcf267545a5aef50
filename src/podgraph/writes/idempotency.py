"""Idempotency keys: retries of a mutation with the same key take effect once."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Field

from podgraph.database.columns import document, index, key, text
from podgraph.database.model import Model

KEPT_FOR = timedelta(hours=24)
"""Retention period of a key."""


class IdempotencyKey(Model, table=True):
    """The result of a mutation with a key, written in the transaction of the mutation.

    `digest` is the hash of its input: a different input with the same key is rejected. `result` contains the
    values of the payload.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (index("created_at"),)

    actor_id: str = key()
    mutation: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str = text()
    result: dict[str, Any] | None = document(optional=True)
    created_at: datetime
