"""Scope lock: the lock on a scope also covers its cycles, deliverables and payments (aggregate root).

Every write within a scope locks the scope before it reads a part. The parts need no separate locks,
and two writes within one scope cannot deadlock.
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
"""`source_type` of service lines and capacity requests for scopes."""

_CANCELLED_WITH_SCOPE: tuple[tuple[ReadModel, Transition, str], ...] = (
    (CYCLES, lifecycle.CANCEL_CYCLE, "ods.cycle.cancelled"),
    (DELIVERABLES, lifecycle.CANCEL_DELIVERABLE, "ods.deliverable.cancelled"),
    (PAYMENTS, lifecycle.DROP_PAYMENT, "payment.void"),
)


async def lock_scope(write: WriteTransaction, relation: ReadModel, identity: str, *path: str) -> tuple[Any, Any]:
    """A part and its scope, both locked until the transaction ends."""
    found = await write.get(relation, identity, *path)
    scope = await write.get_for_update(SCOPES, found.scope_id)
    return scope, await write.get(relation, identity, *path)


async def claim(
    write: WriteTransaction, relation: ReadModel, identity: str, transition: Transition, *path: str
) -> tuple[Any, Any]:
    """Like `lock`, and check that `transition` is permitted, at the expected version, and not blocked."""
    scope, part = await lock_scope(write, relation, identity, *path)
    write.authorize(transition, part)
    return scope, part


async def cancel(write: WriteTransaction, scope: ScopeRecord) -> None:
    """Cancel the unfinished parts of a scope; due and paid payments are unchanged."""
    await close_capacity_request(write, SOURCE, scope.id, scope.organization_id)
    for relation, transition, event in _CANCELLED_WITH_SCOPE:
        for part in await write.select(relation, scope_id=scope.id):
            if part.status in transition.sources:
                await write.transition(part, transition, event)
