"""Writes down what was refused or failed: who wanted what, from where, and what became of it."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy.exc import SQLAlchemyError

from podgraph.api.context import Context, Viewer
from podgraph.database.audit import AuditEntry
from podgraph.database.relation import BY_PREFIX
from podgraph.database.unit import Unit, writing
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.ids import prefix_of

log = logging.getLogger("podgraph")

LONGEST = 100
"""Characters of an id that are written down: it may be anything that somebody made up."""


async def audit(context: Context, action: str, values: Mapping[str, Any], outcome: str) -> None:
    """Add a refused or failed call to the audit trail, in a transaction of its own.

    What can not be written, because the database is what failed, is logged.
    """
    actor, resource = context.viewer.caller.actor, _resource(values)
    entry: dict[str, Any] = {
        "id": uuid4().hex,
        "occurred_at": context.now,
        "actor_type": str(actor.type),
        "actor_id": actor.id,
        "action": action,
        "resource": resource,
        "outcome": outcome,
        "address": context.address,
        "trace_id": context.request_id,
    }
    try:
        async with writing(context.engine) as connection:
            unit = Unit(connection, context.viewer.tenancy, context.now)
            entry["organization_id"] = await _organization(unit, context.viewer, resource)
            await unit.insert(AuditEntry, entry)
            await connection.commit()
    except (OSError, TimeoutError, SQLAlchemyError):
        log.exception("Not in the audit trail: %s", entry)


def failure(error: BaseException) -> str:
    """The code of what ended a write from outside of its rules."""
    if isinstance(error, asyncio.CancelledError):
        return "CANCELLED"
    return "BAD_USER_INPUT" if isinstance(error, BadUserInput) else "INTERNAL"


def _resource(values: Mapping[str, Any]) -> str | None:
    """The first id that an input names: inputs name the record that they are about before all others."""
    ids = (one for name, one in values.items() if name.endswith("_id") and isinstance(one, str))
    found = next(ids, None)
    return found and "".join(filter(str.isprintable, found))[:LONGEST]


async def _organization(unit: Unit, viewer: Viewer, resource: str | None) -> str | None:
    """Whose trail it is: that of the record, where the caller may see it, or else the caller's own."""
    relation = BY_PREFIX.get(prefix_of(resource or ""))
    record = await unit.find(relation, resource) if relation and resource else None
    if record is not None:
        return str(getattr(record, "organization_id", record.id))
    return next(iter(viewer.organizations)) if len(viewer.organizations) == 1 else None
