"""Statuses and transitions of organizations, workspaces, people, talent, projects and subscriptions."""

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.roles import OPERATOR, SYSTEM, Role
from podgraph.kernel.transitions import CREATES, Transition


class SubscriptionStatus(DescribedEnum):
    """Status of a commercial subscription. New work requires TRIALING or ACTIVE."""

    TRIALING = "TRIALING", "In its trial period."
    ACTIVE = "ACTIVE", "Paid."
    PAST_DUE = "PAST_DUE", "A payment is late; no new work may start."
    CANCELLED = "CANCELLED", "Ended. Final."


class ArchivableStatus(DescribedEnum):
    """Status of an organization, workspace or project."""

    ACTIVE = "ACTIVE", "In use."
    ARCHIVED = "ARCHIVED", "Read-only, and hidden from lists unless archived records are requested."


class UserStatus(DescribedEnum):
    """Status of a user."""

    ACTIVE = "ACTIVE", "May sign in."
    DEACTIVATED = "DEACTIVATED", "May not sign in; memberships are kept for a reactivation."
    ERASED = "ERASED", "Name and email address were removed. Final."


class MembershipStatus(DescribedEnum):
    """Status of a membership."""

    ACTIVE = "ACTIVE", "The role is granted."
    REVOKED = "REVOKED", "The role was revoked; it may be granted again."


class InvitationStatus(DescribedEnum):
    """Status of an invitation."""

    PENDING = "PENDING", "Waits for the invited person to accept."
    ACCEPTED = "ACCEPTED", "Accepted: the person is a user with the invitation's roles. Final."
    REVOKED = "REVOKED", "Revoked before it was accepted. Final."
    EXPIRED = "EXPIRED", "Not accepted in time. Final."


class TalentStatus(DescribedEnum):
    """Status of a talent."""

    ACTIVE = "ACTIVE", "Available for allocations."
    ENDED = "ENDED", "No longer available. Final."


CREATE_ORGANIZATION = Transition("createOrganization", CREATES, None, OPERATOR | SYSTEM)
CREATE_WORKSPACE = Transition("createWorkspace", CREATES, None, frozenset({Role.ORG_OWNER, Role.ORG_ADMIN}) | OPERATOR)
