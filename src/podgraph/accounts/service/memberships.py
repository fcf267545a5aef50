"""Service functions of memberships: roles of users in organizations and workspaces."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, bindparam, select

from podgraph.accounts import lifecycle, models
from podgraph.accounts.lifecycle import MembershipStatus, UserStatus
from podgraph.accounts.repository import MEMBERSHIPS, ORGANIZATIONS, USERS, WORKSPACES
from podgraph.accounts.service.checks import require_person, select_everywhere
from podgraph.auth.viewer import WORKSPACE_ROLES
from podgraph.database.model import table_of
from podgraph.database.read_model import KEYS, among
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.roles import Role
from podgraph.writes.transaction import WriteTransaction

_ORGANIZATION = table_of(models.Organization)
_MEMBERSHIP = table_of(models.Membership)
_USER = table_of(models.User)

_LOCKED = (
    select(_ORGANIZATION.c.id)
    .where(among(_ORGANIZATION.c.id, KEYS))
    .order_by(_ORGANIZATION.c.id)
    .with_for_update(key_share=True)
)
_OWNERS = (
    select(_MEMBERSHIP.c.organization_id, _MEMBERSHIP.c.user_id)
    .join(_USER, _USER.c.id == _MEMBERSHIP.c.user_id)
    .where(
        among(_MEMBERSHIP.c.organization_id, KEYS),
        _MEMBERSHIP.c.role == str(Role.ORG_OWNER),
        _MEMBERSHIP.c.workspace_id.is_(None),
        _MEMBERSHIP.c.status == str(MembershipStatus.ACTIVE),
        _USER.c.status == str(UserStatus.ACTIVE),
    )
)
_OF_USER = _MEMBERSHIP.c.user_id == bindparam("user_id")


async def grant_role(
    write: WriteTransaction, *, organization_id: str, user_id: str, role: Role, workspace_id: str | None = None
) -> None:
    """Grant a role to a user."""
    organization = await write.get_for_update(ORGANIZATIONS, organization_id, "organizationId")
    write.authorize(lifecycle.GRANT_ROLE, within=organization)
    require_person(write)
    await check_grant(write, organization, role, workspace_id)
    user = await write.get_for_update(USERS, user_id, "userId")
    if user.status != UserStatus.ACTIVE:
        raise rejected(ErrorCode.INVALID, f"{user_id} is {user.status}.", "userId", hint="Reactivate the user first.")
    if held := await _held(write, organization_id, user_id, role, workspace_id):
        write.return_ids(membership_id=held.id)
        write.authorize(lifecycle.GRANT_AGAIN, held)
    membership = await grant(write, organization_id, user_id, role, workspace_id)
    write.return_ids(membership_id=membership.id)


async def revoke_role(write: WriteTransaction, *, membership_id: str) -> None:
    """Revoke a user's role."""
    found = await write.get(MEMBERSHIPS, membership_id, "membershipId")
    write.authorize(lifecycle.REVOKE_ROLE, within=found)
    if found.role == Role.ORG_OWNER:
        await ensure_other_owners(write, found.user_id, [found.organization_id], "membershipId")
    membership = await write.lock_for(MEMBERSHIPS, membership_id, lifecycle.REVOKE_ROLE, "membershipId")
    await write.transition(membership, lifecycle.REVOKE_ROLE, "membership.revoked", revoked_at=write.now)
    write.return_ids(membership_id=membership_id)


async def check_grant(
    write: WriteTransaction, organization: Any, role: Role, workspace_id: str | None, *path: str
) -> None:
    """Reject a role that the caller must not grant, or that does not fit the workspace."""
    if lifecycle.beyond([role], write.roles_for(organization)):
        raise rejected(ErrorCode.FORBIDDEN, f"You cannot grant {role}.", *path, "role")
    place = (*path, "workspaceId")
    if workspace_id is not None:
        if role not in WORKSPACE_ROLES:
            raise rejected(
                ErrorCode.INVALID, f"{role} is a role in the organization.", *place, hint="Omit workspaceId."
            )
        await write.get_owned(WORKSPACES, workspace_id, organization.id, *place)
    elif role in WORKSPACE_ROLES:
        raise rejected(ErrorCode.REQUIRED, f"{role} is a role in a workspace.", *place, hint="Add workspaceId.")


async def grant(
    write: WriteTransaction, organization_id: str, user_id: str, role: Role, workspace_id: str | None
) -> Any:
    """The active membership of a user with a role; one that was revoked is granted again."""
    held = await _held(write, organization_id, user_id, role, workspace_id)
    if held is None:
        return await write.create(
            MEMBERSHIPS,
            "membership.granted",
            id=(await write.issue(MEMB=1))["MEMB"][0],
            organization_id=organization_id,
            user_id=user_id,
            workspace_id=workspace_id,
            role=str(role),
            granted_at=write.now,
        )
    if held.status == MembershipStatus.ACTIVE:
        return held
    values = {"granted_at": write.now, "revoked_at": None}
    return await write.transition(held, lifecycle.GRANT_AGAIN, "membership.granted", **values)


async def active_memberships(write: WriteTransaction, user_id: str) -> list[Any]:
    """The roles of a user in all organizations."""
    active = _MEMBERSHIP.c.status == str(MembershipStatus.ACTIVE)
    return await select_everywhere(write, MEMBERSHIPS, and_(_OF_USER, active), {"user_id": user_id})


async def ensure_other_owners(
    write: WriteTransaction, user_id: str, organization_ids: Collection[str], *path: str
) -> None:
    """Reject if the user is the only active owner of one of the organizations.

    The organizations stay locked, so that two owners cannot be removed at the same time.
    """
    keys = sorted(organization_ids)
    await write.rows(_LOCKED, keys=keys)
    owners = await write.rows(_OWNERS, keys=keys)
    for organization_id in keys:
        if {owner.user_id for owner in owners if owner.organization_id == organization_id} == {user_id}:
            raise rejected(
                ErrorCode.LAST_OWNER,
                f"{user_id} is the last owner of {organization_id}.",
                *path,
                hint="Grant ORG_OWNER to another user first.",
            )


async def _held(
    write: WriteTransaction, organization_id: str, user_id: str, role: Role, workspace_id: str | None
) -> Any:
    """The membership of a user with a role, active or revoked; None if it was never granted."""
    in_workspace = _MEMBERSHIP.c.workspace_id == bindparam("workspace_id")
    here = and_(
        _OF_USER,
        _MEMBERSHIP.c.organization_id == bindparam("organization_id"),
        _MEMBERSHIP.c.role == bindparam("role"),
        in_workspace if workspace_id else _MEMBERSHIP.c.workspace_id.is_(None),
    )
    given = {"user_id": user_id, "organization_id": organization_id, "role": str(role), "workspace_id": workspace_id}
    held = await select_everywhere(write, MEMBERSHIPS, here, given)
    return held[0] if held else None
