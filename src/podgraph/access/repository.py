"""How API tokens and the audit trail are read."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.access import models
from podgraph.access.lifecycle import TokenStatus
from podgraph.database.audit import AuditEntry
from podgraph.database.relation import NOW, Relation, Source

PREFIX = "pgt_"
"""What every secret begins with, so that one is recognized wherever it turns up."""


def _status(source: Source) -> ColumnElement[Any]:
    return case(
        (source["revoked_at"].is_not(None), str(TokenStatus.REVOKED)),
        (source["expires_at"] <= NOW, str(TokenStatus.EXPIRED)),
        else_=str(TokenStatus.ACTIVE),
    )


API_TOKENS = Relation(models.ApiToken, "TOK", derived={"status": _status}, work=False)
AUDIT = Relation(AuditEntry, work=False)


def hash_of(secret: str) -> str:
    """What is kept of a secret. It is as random as a hash itself, so that nothing slower is needed."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


_TABLE: Any = models.ApiToken.__table__  # type: ignore[attr-defined]


async def find_token(engine: AsyncEngine, secret: str, now: datetime) -> Any | None:
    """The token with this secret, None where there is none that opens anything now.

    It is asked for with every request, so that one that was revoked is of no use at once, anywhere.
    """
    asked = select(_TABLE).where(
        _TABLE.c.sha256 == hash_of(secret), _TABLE.c.revoked_at.is_(None), _TABLE.c.expires_at > now
    )
    async with engine.connect() as connection:
        await connection.execution_options(snapshot=True)
        return (await connection.execute(asked)).one_or_none()
