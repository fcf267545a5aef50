"""The lives of capacity pools and of the allocations drawn from them."""

from datetime import datetime
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.roles import CLIENT, DELIVERY, OPERATOR, SYSTEM
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition


class ResourceType(DescribedEnum):
    """What a capacity pool holds."""

    TALENT_HOURS = "TALENT_HOURS", "Hours of people's work, in hours per week."
    COMPUTE = "COMPUTE", "Compute, in vCPU-hours."
    STORAGE_GB = "STORAGE_GB", "Storage, in gigabytes; a stock, not a flow."
    AGENT_CREDITS = "AGENT_CREDITS", "Runs of software agents, in credits."
    INTELLIGENCE_UNITS = "INTELLIGENCE_UNITS", "Developer intelligence, in units."


class PoolPeriod(DescribedEnum):
    """The time that a pool's quantities are for."""

    HOURLY = "HOURLY", "Per hour."
    DAILY = "DAILY", "Per day."
    WEEKLY = "WEEKLY", "Per week."
    MONTHLY = "MONTHLY", "Per month of the calendar."


class PoolStatus(DescribedEnum):
    """Where a pool stands. A pool has no end of its own, so there is one word only."""

    OPEN = "OPEN", "It can be drawn from as far as it reaches."


class AllocationStatus(DescribedEnum):
    """Where an allocation stands."""

    ACTIVE = "ACTIVE", "Committed and delivering."
    PAUSED = "PAUSED", "Not delivering while its line is paused, but still reserved in the pool."
    CLOSED = "CLOSED", "Ended, its capacity is back in the pool. Final."


def _has_a_change_to_come(allocation: Any, _now: datetime) -> Refusal | None:
    if allocation.change_pending:
        return None
    return Refusal(ErrorCode.INVALID_TRANSITION, "No change of it is scheduled any more.")


CREATE_CAPACITY_POOL = Transition("createCapacityPool", CREATES, PoolStatus.OPEN, OPERATOR | SYSTEM)
UPDATE_CAPACITY_POOL = Transition("updateCapacityPool", frozenset({PoolStatus.OPEN}), None, OPERATOR | SYSTEM)

CAPACITY_POOL = (CREATE_CAPACITY_POOL, UPDATE_CAPACITY_POOL)
"""What may be done to a pool."""

_ACTIVE = frozenset({AllocationStatus.ACTIVE})
_PAUSED = frozenset({AllocationStatus.PAUSED})
_CHARGED = _ACTIVE | _PAUSED

CREATE_ALLOCATION = Transition("createAllocation", CREATES, AllocationStatus.ACTIVE, OPERATOR | SYSTEM)
UPDATE_ALLOCATION = Transition("updateAllocation", _ACTIVE, None, CLIENT | OPERATOR)
CANCEL_ALLOCATION_CHANGE = Transition(
    "cancelAllocationChange", _ACTIVE, None, CLIENT | OPERATOR, (_has_a_change_to_come,)
)
# A week is measured after it has ended, when the allocation may have been closed already.
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
"""What may be done to an allocation, and how it follows its line and the clock."""
