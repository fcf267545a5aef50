"""Scheduled jobs of capacity: allocations that end and changes that take effect."""

from typing import Any

from sqlalchemy import Select, select

from podgraph.capacity import lifecycle
from podgraph.capacity.lifecycle import AllocationStatus
from podgraph.capacity.repository import ALLOCATIONS, CHANGES, is_pending
from podgraph.capacity.service.allocations import close
from podgraph.capacity.service.changes import apply_due_change, pending_change
from podgraph.capacity.service.checks import is_open, lock_allocation
from podgraph.database.read_model import NOW
from podgraph.writes.transaction import Job, WriteTransaction


def _due_to_end() -> Select[Any]:
    one = ALLOCATIONS.source()
    past = select(one["id"]).where(one["ends_at"] <= NOW, one["status"] != AllocationStatus.CLOSED)
    return past.order_by(one["ends_at"], one["id"])


async def _end(write: WriteTransaction, allocation_id: str) -> None:
    _pool, allocation = await lock_allocation(write, allocation_id)
    if is_open(allocation) and allocation.ends_at is not None and allocation.ends_at <= write.now:
        await close(write, allocation, transition=lifecycle.CLOSE_WHEN_PLANNED)


def _changes_due() -> Select[Any]:
    one = CHANGES.source()
    due = select(one["id"]).where(is_pending(one), one["effective_at"] <= NOW)
    return due.order_by(one["effective_at"], one["id"])


async def _apply_change(write: WriteTransaction, change_id: str) -> None:
    found = await write.get(CHANGES, change_id)
    pool, allocation = await lock_allocation(write, found.allocation_id)
    change = await pending_change(write, allocation)
    if change and change.id == change_id and change.effective_at <= write.now:
        await apply_due_change(write, pool, allocation, change)


JOBS = (
    # Ends come first: an allocation that ends now is not changed.
    Job("end allocations", _due_to_end(), _end),
    Job("change allocations as scheduled", _changes_due(), _apply_change),
)
"""Scheduled jobs of allocations."""
