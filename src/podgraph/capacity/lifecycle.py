"""The lives of capacity pools and of the allocations drawn from them."""

from podgraph.accounts.lifecycle import CLIENT, DELIVERY, OPERATOR, SYSTEM
from podgraph.kernel.terms import Term
from podgraph.kernel.transitions import Transition


class ResourceType(Term):
    """What a capacity pool holds."""

    TALENT_HOURS = "TALENT_HOURS", "Hours of people's work, in hours per week."
    COMPUTE = "COMPUTE", "Compute, in vCPU-hours."
    STORAGE_GB = "STORAGE_GB", "Storage, in gigabytes; a stock, not a flow."
    AGENT_CREDITS = "AGENT_CREDITS", "Runs of software agents, in credits."
    INTELLIGENCE_UNITS = "INTELLIGENCE_UNITS", "Developer intelligence, in units."


class PoolPeriod(Term):
    """The time that a pool's quantities are for."""

    HOURLY = "HOURLY", "Per hour."
    DAILY = "DAILY", "Per day."
    WEEKLY = "WEEKLY", "Per week."
    MONTHLY = "MONTHLY", "Per month of the calendar."


class PoolStatus(Term):
    """Where a pool stands. A pool has no end of its own, so there is one word only."""

    OPEN = "OPEN", "It can be drawn from as far as it reaches."


class AllocationStatus(Term):
    """Where an allocation stands."""

    ACTIVE = "ACTIVE", "Committed and delivering."
    PAUSED = "PAUSED", "Not delivering while its line is paused, but still reserved in the pool."
    CLOSED = "CLOSED", "Ended, its capacity is back in the pool. Final."


CAPACITY_POOL = (Transition("updateCapacityPool", frozenset({PoolStatus.OPEN}), None, OPERATOR | SYSTEM),)
"""What may be done to a pool."""

_ACTIVE = frozenset({AllocationStatus.ACTIVE})
_CHARGED = frozenset({AllocationStatus.ACTIVE, AllocationStatus.PAUSED})

ALLOCATION = (
    Transition("updateAllocation", _ACTIVE, None, CLIENT | OPERATOR),
    Transition("cancelAllocationChange", _ACTIVE, None, CLIENT | OPERATOR),
    # A week is measured after it has ended, when the allocation may have been closed already.
    Transition("recordAllocationActual", frozenset(AllocationStatus), None, DELIVERY | SYSTEM),
    Transition("closeAllocation", _CHARGED, AllocationStatus.CLOSED, CLIENT | OPERATOR | SYSTEM),
)
"""What may be done to an allocation.

It goes between ACTIVE and PAUSED with its line, and to CLOSED with the line or at `ends_at`.
"""
