"""The transition `tick`: roles that may run the scheduler."""

from podgraph.kernel.roles import SYSTEM
from podgraph.kernel.transitions import CREATES, Transition

TICK = Transition("tick", CREATES, None, SYSTEM)
