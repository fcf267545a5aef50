"""Writes down what was refused or failed: who wanted what, from where, and what became of it."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from graphql.language import ValueNode

from graphql import FieldNode, ObjectValueNode, OperationDefinitionNode, StringValueNode, VariableNode
from podgraph.auth.viewer import Viewer
from podgraph.database.availability import FAILURES
from podgraph.database.outages import OUTAGES, database_error
from podgraph.database.read_model import BY_PREFIX
from podgraph.execution.context import Context
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.ids import prefix_of
from podgraph.limits.limits import Limits
from podgraph.writes.audit_models import AuditEntry
from podgraph.writes.unit_of_work import UnitOfWork, begin_write

log = logging.getLogger("podgraph")

MAX_NAME_LENGTH = 100
"""Characters of an id that are written down: it may be anything that somebody made up."""
CANCELLED = "CANCELLED"
"""The outcome of a call that was ended by its deadline, its client or the end of the server."""
CANCELLED_SECONDS = 0.25
"""Seconds that writing down a cancelled call may take."""
MAX_ENTRIES = Limits().mutations
"""Entries for one operation."""


async def audit(context: Context, action: str, values: Mapping[str, Any], outcome: str) -> None:
    """Add a refused or failed call to the audit trail, in a transaction of its own.

    What can not be written, because the database is what failed, is logged, but for what the caller said.
    """
    if outcome in OUTAGES:
        # To find out once more that there is no connection would keep the caller waiting.
        _log(context, action, outcome)
        return
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
        # A call that was ended has no time left, and the database may be what took it.
        seconds = CANCELLED_SECONDS if outcome == CANCELLED else None
        async with asyncio.timeout(seconds), begin_write(context.engine) as connection:
            unit = UnitOfWork(connection, context.viewer.tenancy, context.now)
            entry["organization_id"] = await _organization(unit, context.viewer, resource)
            await unit.insert(AuditEntry, entry)
            await unit.flush()
            await connection.commit()
    except FAILURES:
        _log(context, action, outcome)


def _log(context: Context, action: str, outcome: str) -> None:
    told = {"action": action, "outcome": outcome, "actor": context.viewer.caller.actor.id}
    log.error("Could not write audit entry", extra={**told, "trace_id": context.request_id})


def failure(error: BaseException) -> str:
    """The code of what ended a write from outside of its rules."""
    if isinstance(error, asyncio.CancelledError):
        return CANCELLED
    if refused := database_error(error):
        return str(refused.code)
    return "BAD_USER_INPUT" if isinstance(error, BadUserInput) else "INTERNAL"


def asked_for(
    operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The mutations that an operation names, as many as may be in one, each with what its input says."""
    fields = [one for one in operation.selection_set.selections if isinstance(one, FieldNode)]
    for node in fields[:MAX_ENTRIES]:
        said = next((one.value for one in node.arguments or () if one.name.value == "input"), None)
        given = _given(said, variables)
        if isinstance(said, ObjectValueNode):
            given = {one.name.value: _given(one.value, variables) for one in said.fields}
        yield node.name.value[:MAX_NAME_LENGTH], given if isinstance(given, Mapping) else {}


def _given(node: ValueNode | None, variables: Mapping[str, Any]) -> Any:
    """What a variable or a literal text stands for."""
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    return node.value if isinstance(node, StringValueNode) else None


def _resource(values: Mapping[str, Any]) -> str | None:
    """The first id that an input names: inputs name the record that they are about before all others."""
    ids = (one for name, one in values.items() if name.endswith(("_id", "Id")) and isinstance(one, str))
    found = next(ids, None)
    return found and "".join(filter(str.isprintable, found))[:MAX_NAME_LENGTH]


async def _organization(unit: UnitOfWork, viewer: Viewer, resource: str | None) -> str | None:
    """Whose trail it is: that of the record, where the caller may see it, or else the caller's own."""
    relation = BY_PREFIX.get(prefix_of(resource or ""))
    record = await unit.find(relation, resource) if relation and resource else None
    if record is not None:
        return str(getattr(record, "organization_id", record.id))
    return next(iter(viewer.organizations)) if len(viewer.organizations) == 1 else None
