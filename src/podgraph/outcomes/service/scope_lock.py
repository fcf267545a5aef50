"""The parts of a scope: whoever holds the scope holds its cycles, deliverables and payments with it.

Every write within a scope locks the scope before it looks at a part. The parts need no locks of their own,
and two writes that concern one scope can never wait for each other in a circle.
"""

from typing import Any

from podgraph.capacity.service.demand import close_capacity_request
from podgraph.database.read_model import ReadModel
from podgraph.kernel.transitions import Transition
from podgraph.outcomes import lifecycle
from podgraph.outcomes.repository import CYCLES, DELIVERABLES, PAYMENTS, SCOPES
from podgraph.records import ScopeRecord
from podgraph.writes.transaction import WriteTransaction

SOURCE = "SCOPE"
"""What service lines and capacity requests call a scope that they come from."""

_CANCELLED_WITH_SCOPE: tuple[tuple[ReadModel, Transition, str], ...] = (
    (CYCLES, lifecycle.CANCEL_CYCLE, "ods.cycle.cancelled"),
    (DELIVERABLES, lifecycle.CANCEL_DELIVERABLE, "ods.deliverable.cancelled"),
    (PAYMENTS, lifecycle.DROP_PAYMENT, "payment.void"),
)


async def lock_scope(write: WriteTransaction, relation: ReadModel, identity: str, *path: str) -> tuple[Any, Any]:
    """A part and its scope, neither of which anybody else changes until this write ends."""
    found = await write.get(relation, identity, *path)
    scope = await write.get_for_update(SCOPES, found.scope_id)
    return scope, await write.get(relation, identity, *path)


async def claim(
    write: WriteTransaction, relation: ReadModel, identity: str, row: Transition, *path: str
) -> tuple[Any, Any]:
    """The same for `row` of the part's table: allowed, at the expected version, and not blocked."""
    scope, part = await lock_scope(write, relation, identity, *path)
    write.authorize(row, part)
    return scope, part


async def cancel(write: WriteTransaction, scope: ScopeRecord) -> None:
    """Cancel what a scope that is given up leaves unfinished; what is due or paid stays so."""
    await close_capacity_request(write, SOURCE, scope.id, scope.organization_id)
    for relation, row, event in _CANCELLED_WITH_SCOPE:
        for part in await write.select(relation, scope_id=scope.id):
            if part.status in row.sources:
                await write.transition(part, row, event)
