"""Statuses of commercial subscriptions, and the transitions that create organizations and workspaces."""

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.roles import OPERATOR, SYSTEM, Role
from podgraph.kernel.transitions import CREATES, Transition


class SubscriptionStatus(DescribedEnum):
    """Status of a commercial subscription. New work requires TRIALING or ACTIVE."""

    TRIALING = "TRIALING", "In its trial period."
    ACTIVE = "ACTIVE", "Paid."
    PAST_DUE = "PAST_DUE", "A payment is late; no new work may start."
    CANCELLED = "CANCELLED", "Ended. Final."


CREATE_ORGANIZATION = Transition("createOrganization", CREATES, None, OPERATOR | SYSTEM)
CREATE_WORKSPACE = Transition("createWorkspace", CREATES, None, frozenset({Role.ORG_OWNER, Role.ORG_ADMIN}) | OPERATOR)
