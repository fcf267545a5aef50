"""The status of a commercial subscription, and who may open organizations and workspaces."""

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.roles import OPERATOR, SYSTEM, Role
from podgraph.kernel.transitions import CREATES, Transition


class SubscriptionStatus(DescribedEnum):
    """Where a commercial subscription stands; only a TRIALING or ACTIVE one carries new work."""

    TRIALING = "TRIALING", "Not paid for yet, within its trial."
    ACTIVE = "ACTIVE", "Paid for and usable."
    PAST_DUE = "PAST_DUE", "A payment for it is late; nothing new may start on it."
    CANCELLED = "CANCELLED", "Ended for good."


CREATE_ORGANIZATION = Transition("createOrganization", CREATES, None, OPERATOR | SYSTEM)
CREATE_WORKSPACE = Transition("createWorkspace", CREATES, None, frozenset({Role.ORG_OWNER, Role.ORG_ADMIN}) | OPERATOR)
