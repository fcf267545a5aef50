"""State machines of capacity pools and allocations."""

from datetime import datetime
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.roles import CLIENT, DELIVERY, OPERATOR, SYSTEM
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition


class ResourceType(DescribedEnum):
    """Resource type of a capacity pool."""

    TALENT_HOURS = "TALENT_HOURS", "Working hours of people."
    COMPUTE = "COMPUTE", "Compute, in vCPU-hours."
    STORAGE_GB = "STORAGE_GB", "Storage, in gigabytes. A level, not a rate: the quantity is the same for every period."
    AGENT_CREDITS = "AGENT_CREDITS", "AI agent usage, in credits."
    INTELLIGENCE_UNITS = "INTELLIGENCE_UNITS", "Developer intelligence usage, in units."


class PoolPeriod(DescribedEnum):
    """Period that the quantities of a capacity pool refer to."""

    HOURLY = "HOURLY", "Per hour."
    DAILY = "DAILY", "Per day."
    WEEKLY = "WEEKLY", "Per week."
    MONTHLY = "MONTHLY", "Per calendar month."


class PoolStatus(DescribedEnum):
    """Status of a capacity pool. A pool never ends, so there is only one status."""

    OPEN = "OPEN", "Open for allocation up to its total."


class AllocationStatus(DescribedEnum):
    """Status of an allocation."""

    ACTIVE = "ACTIVE", "Committed and in delivery."
    PAUSED = "PAUSED", "Not in delivery while its service line is paused; the capacity stays reserved in the pool."
    CLOSED = "CLOSED", "Ended; its capacity has been returned to the pool. Final."


def _has_pending_change(allocation: Any, _now: datetime) -> Refusal | None:
    if allocation.change_pending:
        return None
    return Refusal(ErrorCode.INVALID_TRANSITION, "The allocation has no pending change.")


CREATE_CAPACITY_POOL = Transition("createCapacityPool", CREATES, PoolStatus.OPEN, OPERATOR | SYSTEM)
UPDATE_CAPACITY_POOL = Transition("updateCapacityPool", frozenset({PoolStatus.OPEN}), None, OPERATOR | SYSTEM)

CAPACITY_POOL = (CREATE_CAPACITY_POOL, UPDATE_CAPACITY_POOL)
"""Transitions of a capacity pool."""

_ACTIVE = frozenset({AllocationStatus.ACTIVE})
_PAUSED = frozenset({AllocationStatus.PAUSED})
_CHARGED = _ACTIVE | _PAUSED

CREATE_ALLOCATION = Transition("createAllocation", CREATES, AllocationStatus.ACTIVE, OPERATOR | SYSTEM)
UPDATE_ALLOCATION = Transition("updateAllocation", _ACTIVE, None, CLIENT | OPERATOR)
CANCEL_ALLOCATION_CHANGE = Transition(
    "cancelAllocationChange", _ACTIVE, None, CLIENT | OPERATOR, (_has_pending_change,)
)
# Actuals are recorded after the week has ended, when the allocation may already be closed.
RECORD_ALLOCATION_ACTUAL = Transition("recordAllocationActual", frozenset(AllocationStatus), None, DELIVERY | SYSTEM)
CLOSE_ALLOCATION = Transition("closeAllocation", _CHARGED, AllocationStatus.CLOSED, CLIENT | OPERATOR | SYSTEM)
PAUSE_WITH_LINE = Transition("pause of its line", _ACTIVE, AllocationStatus.PAUSED, AUTOMATIC)
RESUME_WITH_LINE = Transition("resumption of its line", _PAUSED, AllocationStatus.ACTIVE, AUTOMATIC)
CLOSE_WITH_LINE = Transition("end of its line", _CHARGED, AllocationStatus.CLOSED, AUTOMATIC)
CHANGE_WHEN_SCHEDULED = Transition("tick when a change takes effect", _CHARGED, None, AUTOMATIC)
CLOSE_WHEN_PLANNED = Transition("tick at its planned end", _CHARGED, AllocationStatus.CLOSED, AUTOMATIC)

ALLOCATION = (
    Transition("activation of its line", CREATES, AllocationStatus.ACTIVE, AUTOMATIC),
    CREATE_ALLOCATION,
    UPDATE_ALLOCATION,
    CANCEL_ALLOCATION_CHANGE,
    RECORD_ALLOCATION_ACTUAL,
    CLOSE_ALLOCATION,
    PAUSE_WITH_LINE,
    RESUME_WITH_LINE,
    CLOSE_WITH_LINE,
    CHANGE_WHEN_SCHEDULED,
    CLOSE_WHEN_PLANNED,
)
"""Transitions of an allocation: by mutation, with its service line, and by the scheduler."""
