"""The parts of a scope: whoever holds the scope holds its cycles, deliverables and payments with it.

Every write within a scope locks the scope before it looks at a part. The parts need no locks of their own,
and two writes that concern one scope can never wait for each other in a circle.
"""

from typing import Any

from podgraph.capacity import service as capacity
from podgraph.database.relation import Relation
from podgraph.events.service import Write
from podgraph.kernel.transitions import Transition
from podgraph.ods import lifecycle
from podgraph.ods.repository import CYCLES, DELIVERABLES, PAYMENTS, SCOPES

SOURCE = "SCOPE"
"""What service lines and capacity requests call a scope that they come from."""

_CANCELLED_WITH_SCOPE = (
    (CYCLES, lifecycle.CANCEL_CYCLE, "ods.cycle.cancelled"),
    (DELIVERABLES, lifecycle.CANCEL_DELIVERABLE, "ods.deliverable.cancelled"),
    (PAYMENTS, lifecycle.DROP_PAYMENT, "payment.void"),
)


async def hold(write: Write, relation: Relation, identity: str, *path: str) -> tuple[Any, Any]:
    """A part and its scope, neither of which anybody else changes until this write ends."""
    found = await write.must_find(relation, identity, *path)
    scope = await write.must_lock(SCOPES, found.scope_id)
    return scope, await write.must_find(relation, identity, *path)


async def claim(
    write: Write, relation: Relation, identity: str, row: Transition, *path: str
) -> tuple[Any, Any]:
    """The same for `row` of the part's table: allowed, at the expected version, and not blocked."""
    scope, part = await hold(write, relation, identity, *path)
    write.permit(row, part)
    return scope, part


async def cancel(write: Write, scope: Any) -> None:
    """Cancel what a scope that is given up leaves unfinished; what is due or paid stays so."""
    await capacity.settle(write, SOURCE, scope.id, scope.organization_id)
    for relation, row, event in _CANCELLED_WITH_SCOPE:
        for part in await write.where(relation, scope_id=scope.id):
            if part.status in row.sources:
                await write.move(part, row, event)
