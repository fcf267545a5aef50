"""Statuses and transitions of organizations, workspaces, people, talent, projects and subscriptions."""

from collections.abc import Collection, Mapping
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.roles import ADMINISTRATORS, DELIVERY, MEMBERS, OPERATOR, SYSTEM, Role
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition


class SubscriptionStatus(DescribedEnum):
    """Status of a commercial subscription. New work requires TRIALING or ACTIVE."""

    TRIALING = "TRIALING", "In its trial period."
    ACTIVE = "ACTIVE", "Paid."
    PAST_DUE = "PAST_DUE", "A payment is late or the trial ended: no new work and no renewals; running work continues."
    CANCELLED = (
        "CANCELLED",
        "Cancelled: no new work and no renewals; running work continues to the end of its term. Final.",
    )


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

    PENDING = "PENDING", "Awaiting acceptance by the invited person."
    ACCEPTED = "ACCEPTED", "Accepted: the person is a user with the invitation's roles. Final."
    REVOKED = "REVOKED", "Revoked before it was accepted. Final."
    EXPIRED = "EXPIRED", "Not accepted in time. Final."


class TalentStatus(DescribedEnum):
    """Status of a talent."""

    ACTIVE = "ACTIVE", "Available for allocations."
    ENDED = "ENDED", "No longer available. Final."


_IN_USE = frozenset({ArchivableStatus.ACTIVE})
_ARCHIVED = frozenset({ArchivableStatus.ARCHIVED})
_WORKSPACE_ADMINISTRATORS = ADMINISTRATORS | {Role.WORKSPACE_ADMIN}

CREATE_ORGANIZATION = Transition("createOrganization", CREATES, ArchivableStatus.ACTIVE, OPERATOR | SYSTEM)
UPDATE_ORGANIZATION = Transition("updateOrganization", _IN_USE, None, ADMINISTRATORS)
ARCHIVE_ORGANIZATION = Transition("archiveOrganization", _IN_USE, ArchivableStatus.ARCHIVED, OPERATOR)
UNARCHIVE_ORGANIZATION = Transition("unarchiveOrganization", _ARCHIVED, ArchivableStatus.ACTIVE, OPERATOR)

ORGANIZATION = (CREATE_ORGANIZATION, UPDATE_ORGANIZATION, ARCHIVE_ORGANIZATION, UNARCHIVE_ORGANIZATION)
"""Transitions of an organization."""

CREATE_WORKSPACE = Transition("createWorkspace", CREATES, ArchivableStatus.ACTIVE, ADMINISTRATORS)
RENAME_WORKSPACE = Transition("renameWorkspace", _IN_USE, None, _WORKSPACE_ADMINISTRATORS)
ARCHIVE_WORKSPACE = Transition("archiveWorkspace", _IN_USE, ArchivableStatus.ARCHIVED, ADMINISTRATORS)
UNARCHIVE_WORKSPACE = Transition("unarchiveWorkspace", _ARCHIVED, ArchivableStatus.ACTIVE, ADMINISTRATORS)

WORKSPACE = (CREATE_WORKSPACE, RENAME_WORKSPACE, ARCHIVE_WORKSPACE, UNARCHIVE_WORKSPACE)
"""Transitions of a workspace."""

_LABELLERS = MEMBERS | OPERATOR

CREATE_PROJECT = Transition("createProject", CREATES, ArchivableStatus.ACTIVE, _LABELLERS)
RENAME_PROJECT = Transition("renameProject", _IN_USE, None, _LABELLERS)
ARCHIVE_PROJECT = Transition("archiveProject", _IN_USE, ArchivableStatus.ARCHIVED, _LABELLERS)
UNARCHIVE_PROJECT = Transition("unarchiveProject", _ARCHIVED, ArchivableStatus.ACTIVE, _LABELLERS)
TAG_WITH_PROJECT = Transition("tagWithProject", _IN_USE, None, _LABELLERS)
UNTAG_FROM_PROJECT = Transition("untagFromProject", _IN_USE, None, _LABELLERS)

PROJECT = (CREATE_PROJECT, RENAME_PROJECT, TAG_WITH_PROJECT, UNTAG_FROM_PROJECT, ARCHIVE_PROJECT, UNARCHIVE_PROJECT)
"""Transitions of a project."""

_WORKING = frozenset({TalentStatus.ACTIVE})

REGISTER_TALENT = Transition("registerTalent", CREATES, TalentStatus.ACTIVE, OPERATOR)
UPDATE_TALENT = Transition("updateTalent", _WORKING, None, OPERATOR)
END_TALENT = Transition("endTalent", _WORKING, TalentStatus.ENDED, OPERATOR)

TALENT = (REGISTER_TALENT, UPDATE_TALENT, END_TALENT)
"""Transitions of a talent."""

_TRIALING = frozenset({SubscriptionStatus.TRIALING})
_LATE = frozenset({SubscriptionStatus.PAST_DUE})
_CARRYING = _TRIALING | {SubscriptionStatus.ACTIVE}

START_TRIAL = Transition("openSubscription", CREATES, SubscriptionStatus.TRIALING, OPERATOR)
OPEN_SUBSCRIPTION = Transition("openSubscription", CREATES, SubscriptionStatus.ACTIVE, OPERATOR)
ACTIVATE_SUBSCRIPTION = Transition("activateSubscription", _TRIALING | _LATE, SubscriptionStatus.ACTIVE, OPERATOR)
MARK_SUBSCRIPTION_PAST_DUE = Transition("markSubscriptionPastDue", _CARRYING, SubscriptionStatus.PAST_DUE, OPERATOR)
END_TRIAL = Transition("tick at the end of the trial", _TRIALING, SubscriptionStatus.PAST_DUE, AUTOMATIC)
CANCEL_SUBSCRIPTION = Transition(
    "cancelSubscription", _CARRYING | _LATE, SubscriptionStatus.CANCELLED, OPERATOR | {Role.ORG_OWNER}
)

SUBSCRIPTION = (
    START_TRIAL,
    OPEN_SUBSCRIPTION,
    ACTIVATE_SUBSCRIPTION,
    MARK_SUBSCRIPTION_PAST_DUE,
    END_TRIAL,
    CANCEL_SUBSCRIPTION,
)
"""Transitions of a commercial subscription. The scheduler ends trials."""

SEES_TALENT_NAMES = ADMINISTRATORS | DELIVERY | {Role.WORKSPACE_ADMIN}
"""Roles that read the names of talent."""

_CLIENTS = frozenset(Role) - {Role.OPERATOR, Role.DELIVERY, Role.SYSTEM}

GRANTS: Mapping[Role, frozenset[Role]] = {
    Role.ORG_OWNER: _CLIENTS,
    Role.ORG_ADMIN: _CLIENTS - {Role.ORG_OWNER},
    Role.OPERATOR: _CLIENTS | {Role.OPERATOR, Role.DELIVERY},
}
"""The roles that each role may grant to a user or an API token: never more than its own permissions."""


def beyond(roles: Collection[str], granter: Collection[str]) -> list[str]:
    """The subset of `roles` that a caller with the roles `granter` must not grant or revoke."""
    granted = frozenset[Role]().union(*(GRANTS.get(Role[role], frozenset()) for role in granter))
    return sorted(set(roles) - granted)


def _outranked(record: Any, roles: Collection[str], _user_id: str | None) -> Refusal | None:
    """A role is granted and revoked by callers who may grant it."""
    if beyond([record.role], roles):
        return Refusal(ErrorCode.FORBIDDEN, f"You cannot grant or revoke {record.role}.")
    return None


def _other_person(record: Any, roles: Collection[str], user_id: str | None) -> Refusal | None:
    """Users are renamed by themselves and by administrators."""
    if record.id == user_id or not ADMINISTRATORS.isdisjoint(roles):
        return None
    return Refusal(ErrorCode.FORBIDDEN, "Only administrators can rename other users.")


_PENDING = frozenset({InvitationStatus.PENDING})

INVITE_USER = Transition("inviteUser", CREATES, InvitationStatus.PENDING, ADMINISTRATORS)
REVOKE_INVITATION = Transition("revokeInvitation", _PENDING, InvitationStatus.REVOKED, ADMINISTRATORS)
ACCEPT_INVITATION = Transition("acceptInvitation", _PENDING, InvitationStatus.ACCEPTED, AUTOMATIC)
EXPIRE_INVITATION = Transition("tick after 14 days", _PENDING, InvitationStatus.EXPIRED, AUTOMATIC)

INVITATION = (INVITE_USER, REVOKE_INVITATION, ACCEPT_INVITATION, EXPIRE_INVITATION)
"""Transitions of an invitation. The holder of its secret accepts it; the scheduler lets it expire."""

_SIGNS_IN = frozenset({UserStatus.ACTIVE})
_KNOWN = _SIGNS_IN | {UserStatus.DEACTIVATED}

CREATE_USER = Transition("acceptInvitation", CREATES, UserStatus.ACTIVE, AUTOMATIC)
RENAME_USER = Transition("renameUser", _KNOWN, None, frozenset(Role) - SYSTEM, persons=(_other_person,))
DEACTIVATE_USER = Transition("deactivateUser", _SIGNS_IN, UserStatus.DEACTIVATED, ADMINISTRATORS)
REACTIVATE_USER = Transition("reactivateUser", frozenset({UserStatus.DEACTIVATED}), UserStatus.ACTIVE, ADMINISTRATORS)
ERASE_USER = Transition("eraseUser", _KNOWN, UserStatus.ERASED, OPERATOR | {Role.ORG_OWNER})

USER = (CREATE_USER, RENAME_USER, DEACTIVATE_USER, REACTIVATE_USER, ERASE_USER)
"""Transitions of a user. Roles are those in the organization that employs the user."""

_GRANTED = frozenset({MembershipStatus.ACTIVE})
_REVOKED = frozenset({MembershipStatus.REVOKED})

GRANT_ROLE = Transition("grantRole", CREATES, MembershipStatus.ACTIVE, ADMINISTRATORS)
GRANT_AGAIN = Transition("grantRole", _REVOKED, MembershipStatus.ACTIVE, ADMINISTRATORS, persons=(_outranked,))
REVOKE_ROLE = Transition("revokeRole", _GRANTED, MembershipStatus.REVOKED, ADMINISTRATORS, persons=(_outranked,))

MEMBERSHIP = (GRANT_ROLE, GRANT_AGAIN, REVOKE_ROLE)
"""Transitions of a membership."""
