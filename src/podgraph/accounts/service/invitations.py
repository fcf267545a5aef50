"""Service functions of invitations. Their secret is passed on by the inviting user; no message is sent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, text

from podgraph.accounts import lifecycle, models
from podgraph.accounts.lifecycle import InvitationStatus, MembershipStatus
from podgraph.accounts.repository import INVITATIONS, MEMBERSHIPS, ORGANIZATIONS, USERS
from podgraph.accounts.rules import email_key
from podgraph.accounts.service.checks import require_person, select_everywhere
from podgraph.accounts.service.memberships import check_grant, grant
from podgraph.database.model import table_of
from podgraph.database.read_model import NOW
from podgraph.kernel.errors import ErrorCode, Rejected, rejected
from podgraph.kernel.roles import Role
from podgraph.kernel.secrets import new_secret, secret_hash
from podgraph.writes.transaction import Job, WriteTransaction

PREFIX = "pgi_"
"""Prefix of the secrets of invitations."""
VALID_FOR = timedelta(days=14)
"""Time within which an invitation can be accepted."""

_INVITATION = table_of(models.Invitation)
_USER = table_of(models.User)
_LOCK_ADDRESS = text("SELECT pg_advisory_xact_lock(hashtextextended(:address, 0))")

_UNKNOWN = "The secret is not that of an invitation."
_CLOSED = {
    InvitationStatus.ACCEPTED: "The invitation has already been accepted.",
    InvitationStatus.REVOKED: "The invitation was revoked.",
    InvitationStatus.EXPIRED: "The invitation has expired.",
}
_ASK_AGAIN = "Ask an administrator of the organization for a new invitation."


async def invite_user(
    write: WriteTransaction, *, organization_id: str, email: str, name: str | None = None, grants: Sequence[Any]
) -> None:
    """Invite a person by email address; the secret with which the person accepts is returned once."""
    organization = await write.get_for_update(ORGANIZATIONS, organization_id, "organizationId")
    write.authorize(lifecycle.INVITE_USER, within=organization)
    require_person(write)
    for place, one in enumerate(grants):
        await check_grant(write, organization, one.role, one.workspace_id, "grants", str(place))
    await _ensure_free(write, organization_id, email_key(email))
    secret = new_secret(PREFIX)
    invitation = await write.create(
        INVITATIONS,
        # By default, the event would contain every column, including the hash and the email address.
        None,
        id=(await write.issue(IVT=1))["IVT"][0],
        organization_id=organization_id,
        name=name,
        email=email,
        email_key=email_key(email),
        grants=_distinct(grants),
        status=str(InvitationStatus.PENDING),
        sha256=secret_hash(secret),
        invited_by=write.user_id,
        expires_at=write.now + VALID_FOR,
    )
    write.emit("invitation.created", invitation, {"grants": invitation.grants, "expires_at": invitation.expires_at})
    write.return_ids(invitation_id=invitation.id)
    write.return_secret(secret=secret)


async def revoke_invitation(write: WriteTransaction, *, invitation_id: str) -> None:
    """Revoke an invitation that was not accepted yet."""
    invitation = await write.lock_for(INVITATIONS, invitation_id, lifecycle.REVOKE_INVITATION, "invitationId")
    await write.transition(invitation, lifecycle.REVOKE_INVITATION, "invitation.revoked", revoked_at=write.now)
    write.return_ids(invitation_id=invitation_id)


async def accept_invitation(write: WriteTransaction, *, secret: str) -> None:
    """Accept an invitation as the signed-in user, whose email address must be the invited one."""
    if write.user_id is None:
        raise rejected(ErrorCode.FORBIDDEN, "Only users accept invitations. Sign in as the invited user.")
    await write.check_user()
    invitation = await _claim(write, secret)
    [user] = await select_everywhere(write, USERS, _USER.c.id == bindparam("id"), {"id": write.user_id})
    if user.email_key != invitation.email_key:
        raise _invalid("The invitation is for another email address.", "Sign in as the invited user.")
    await _accept(write, invitation, user.id)


async def accept_as_new_user(write: WriteTransaction, *, secret: str, name: str | None = None) -> str:
    """Accept an invitation as a new user, whose id is returned.

    An existing user has to sign in for it, because the sender of the invitation knows its secret as well.
    """
    invitation = await _claim(write, secret)
    chosen = name or invitation.name
    if not chosen:
        raise rejected(ErrorCode.REQUIRED, "The name is missing.", "name")
    if write.connection.dialect.name == "postgresql":
        # Two invitations of one address, accepted at the same time, must not create two users.
        await write.run(_LOCK_ADDRESS, {"address": invitation.email_key})
    if await _users(write, invitation.email_key):
        raise rejected(
            ErrorCode.EMAIL_EXISTS,
            "A user with this email address exists.",
            hint="Sign in as this user, and accept the invitation with `acceptInvitation`.",
        )
    user = await create_user(write, invitation.organization_id, invitation.email, chosen)
    await _accept(write, invitation, user.id)
    return str(user.id)


async def create_user(write: WriteTransaction, organization_id: str, email: str, name: str) -> Any:
    """Create a user, who is employed by the organization."""
    user = await write.create(
        USERS,
        # By default, the event would contain the address twice.
        None,
        id=(await write.issue(USR=1))["USR"][0],
        organization_id=organization_id,
        name=name,
        email=email,
        email_key=email_key(email),
    )
    write.emit("user.created", user, {"name": name, "email": email})
    # Memberships refer to the user, and are written in another statement.
    await write.flush()
    return user


async def _claim(write: WriteTransaction, secret: str) -> Any:
    """The pending invitation with this secret, locked together with its organization."""
    by_secret = _INVITATION.c.sha256 == bindparam("sha256")
    given: dict[str, str | None] = {"sha256": secret_hash(secret)}
    found = await select_everywhere(write, INVITATIONS, by_secret, given)
    if not found:
        raise _invalid(_UNKNOWN, _ASK_AGAIN)
    organization = table_of(models.Organization).c.id == bindparam("id")
    await select_everywhere(write, ORGANIZATIONS, organization, {"id": found[0].organization_id}, lock=True)
    [invitation] = await select_everywhere(write, INVITATIONS, by_secret, given, lock=True)
    if invitation.status != InvitationStatus.PENDING:
        raise _invalid(_CLOSED[InvitationStatus[invitation.status]], _ASK_AGAIN)
    if invitation.expires_at <= write.now:
        raise _invalid(_CLOSED[InvitationStatus.EXPIRED], _ASK_AGAIN)
    return invitation


async def _accept(write: WriteTransaction, invitation: Any, user_id: str) -> None:
    for one in invitation.grants:
        await grant(write, invitation.organization_id, user_id, Role[one["role"]], one["workspace_id"])
    values = {"accepted_at": write.now, "user_id": user_id}
    await write.transition(invitation, lifecycle.ACCEPT_INVITATION, "invitation.accepted", **values)
    write.return_ids(user_id=user_id, organization_id=invitation.organization_id)


async def _ensure_free(write: WriteTransaction, organization_id: str, key: str) -> None:
    """Reject an email address that has a pending invitation or a role in the organization."""
    pending = await write.select(
        INVITATIONS, organization_id=organization_id, email_key=key, status=str(InvitationStatus.PENDING)
    )
    for one in pending:
        if one.expires_at > write.now:
            write.return_ids(invitation_id=one.id)
            hint = "Revoke it before you send another one."
            raise rejected(
                ErrorCode.EMAIL_EXISTS, f"The address has a pending invitation, {one.id}.", "email", hint=hint
            )
        await _expire(write, one)
        # The index of pending invitations would reject the next one.
        await write.flush()
    for user in await _users(write, key):
        active = str(MembershipStatus.ACTIVE)
        if await write.select(MEMBERSHIPS, organization_id=organization_id, user_id=user.id, status=active):
            hint = "Grant further roles with `grantRole`."
            raise rejected(ErrorCode.EMAIL_EXISTS, f"{user.id} has this address.", "email", hint=hint)


async def _users(write: WriteTransaction, key: str) -> list[Any]:
    return await select_everywhere(write, USERS, _USER.c.email_key == bindparam("email_key"), {"email_key": key})


async def _expire(write: WriteTransaction, invitation: Any) -> None:
    await write.transition(invitation, lifecycle.EXPIRE_INVITATION, "invitation.expired")


async def _expire_if_pending(write: WriteTransaction, invitation_id: str) -> None:
    invitation = await write.lock(INVITATIONS, invitation_id)
    if invitation is not None and invitation.status == InvitationStatus.PENDING:
        await _expire(write, invitation)


def _distinct(grants: Sequence[Any]) -> list[dict[str, str | None]]:
    pairs = dict.fromkeys((str(one.role), one.workspace_id) for one in grants)
    return [{"role": role, "workspace_id": workspace_id} for role, workspace_id in pairs]


def _invalid(reason: str, hint: str) -> Rejected:
    return rejected(ErrorCode.INVITATION_INVALID, reason, "secret", hint=hint)


_EXPIRED = (
    select(_INVITATION.c.id)
    .where(_INVITATION.c.status == str(InvitationStatus.PENDING), _INVITATION.c.expires_at <= NOW)
    .order_by(_INVITATION.c.expires_at, _INVITATION.c.id)
)

JOBS = (Job("expire invitations", _EXPIRED, _expire_if_pending),)
"""Scheduled jobs of invitations."""
