"""Audit log: records rejected and failed mutations with caller, address and result."""

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
"""Maximum characters of an id or action in an entry; both may be arbitrary text from the client."""
CANCELLED = "CANCELLED"
"""Outcome of a call that was cancelled by its deadline, its client or the shutdown of the server."""
CANCELLED_SECONDS = 0.25
"""Timeout in seconds for the entry of a cancelled call."""
MAX_ENTRIES = Limits().mutations
"""Maximum entries per operation."""


async def audit(context: Context, action: str, values: Mapping[str, Any], outcome: str) -> None:
    """Add a rejected or failed call to the audit trail, in a separate transaction.

    If the database is unavailable, the entry is logged without the input.
    """
    if outcome in OUTAGES:
        # Another attempt to connect would delay the response.
        _log_entry(context, action, outcome)
        return
    actor, resource = context.viewer.caller.actor, _resource_id(values)
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
        # A cancelled call has no time left, and the database may be the cause.
        seconds = CANCELLED_SECONDS if outcome == CANCELLED else None
        async with asyncio.timeout(seconds), begin_write(context.engine) as connection:
            unit = UnitOfWork(connection, context.viewer.tenancy, context.now)
            entry["organization_id"] = await _organization_id(unit, context.viewer, resource)
            await unit.insert(AuditEntry, entry)
            await unit.flush()
            await connection.commit()
    except FAILURES:
        _log_entry(context, action, outcome)


def _log_entry(context: Context, action: str, outcome: str) -> None:
    entry = {"action": action, "outcome": outcome, "actor": context.viewer.caller.actor.id}
    log.error("Could not write audit entry", extra={**entry, "trace_id": context.request_id})


def error_code_of(error: BaseException) -> str:
    """Error code of an exception that ended a mutation."""
    if isinstance(error, asyncio.CancelledError):
        return CANCELLED
    if refused := database_error(error):
        return str(refused.code)
    return "BAD_USER_INPUT" if isinstance(error, BadUserInput) else "INTERNAL"


def requested_mutations(
    operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The mutations of an operation, at most MAX_ENTRIES, each with the values of its input."""
    fields = [one for one in operation.selection_set.selections if isinstance(one, FieldNode)]
    for node in fields[:MAX_ENTRIES]:
        argument = next((one.value for one in node.arguments or () if one.name.value == "input"), None)
        values = _resolve_value(argument, variables)
        if isinstance(argument, ObjectValueNode):
            values = {one.name.value: _resolve_value(one.value, variables) for one in argument.fields}
        yield node.name.value[:MAX_NAME_LENGTH], values if isinstance(values, Mapping) else {}


def _resolve_value(node: ValueNode | None, variables: Mapping[str, Any]) -> Any:
    """The value of a variable or a string literal."""
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    return node.value if isinstance(node, StringValueNode) else None


def _resource_id(values: Mapping[str, Any]) -> str | None:
    """The first id of an input, which is the id of the record that the mutation changes."""
    ids = (one for name, one in values.items() if name.endswith(("_id", "Id")) and isinstance(one, str))
    found = next(ids, None)
    return found and "".join(filter(str.isprintable, found))[:MAX_NAME_LENGTH]


async def _organization_id(unit: UnitOfWork, viewer: Viewer, resource: str | None) -> str | None:
    """The organization of the entry: that of the record if it is visible to the caller, else the caller's."""
    relation = BY_PREFIX.get(prefix_of(resource or ""))
    record = await unit.find(relation, resource) if relation and resource else None
    if record is not None:
        return str(getattr(record, "organization_id", record.id))
    return next(iter(viewer.organizations)) if len(viewer.organizations) == 1 else None
