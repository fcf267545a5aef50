"""Read models of API tokens and the audit log."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Dialect, bindparam, case, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.access import models
from podgraph.access.lifecycle import TokenStatus
from podgraph.database.compiled import CompiledStatement
from podgraph.database.engine import fetch_autocommit
from podgraph.database.model import table_of
from podgraph.database.read_model import NOW, ReadModel, ReadModelAlias
from podgraph.kernel.roles import Area
from podgraph.kernel.secrets import secret_hash
from podgraph.records import ApiTokenRecord, AuditEntryRecord
from podgraph.writes.audit_models import AuditEntry

PREFIX = "pgt_"
"""Prefix of every secret, by which secret scanners recognize a leaked one."""


def _status(source: ReadModelAlias) -> ColumnElement[Any]:
    return case(
        (source["revoked_at"].is_not(None), str(TokenStatus.REVOKED)),
        (source["expires_at"] <= NOW, str(TokenStatus.EXPIRED)),
        else_=str(TokenStatus.ACTIVE),
    )


API_TOKENS = ReadModel[ApiTokenRecord](models.ApiToken, "TOK", computed={"status": _status}, area=Area.ADMINISTRATION)
AUDIT = ReadModel[AuditEntryRecord](AuditEntry, area=Area.AUDIT)


_TABLE = table_of(models.ApiToken)


_OPENING = [_TABLE.c[name] for name in ("id", "organization_id", "workspace_id", "roles", "read_only", "expires_at")]
_BY_SECRET = select(*_OPENING).where(
    _TABLE.c.sha256 == bindparam("sha256"),
    _TABLE.c.revoked_at.is_(None),
    _TABLE.c.expires_at > bindparam("now", type_=UTCDateTime()),
)


class OpenToken(NamedTuple):
    """An API token that is valid now."""

    id: str
    organization_id: str
    workspace_id: str | None
    roles: list[str]
    read_only: bool
    expires_at: datetime


@lru_cache(maxsize=4)
def _by_secret(dialect: Dialect) -> CompiledStatement:
    return CompiledStatement(_BY_SECRET, dialect)


async def find_token(engine: AsyncEngine, secret: str, now: datetime) -> OpenToken | None:
    """The valid API token with this secret, or None.

    Looked up for every request, so that a revocation takes effect immediately in all processes.
    """
    prepared = _by_secret(engine.dialect)
    rows = await fetch_autocommit(engine, prepared, {"sha256": secret_hash(secret), "now": now})
    return next((OpenToken(*row) for row in prepared.rows(rows)), None)
