"""Service functions of API tokens."""

from collections.abc import Collection
from datetime import datetime, timedelta

from podgraph.access import lifecycle
from podgraph.access.repository import API_TOKENS, PREFIX
from podgraph.accounts.lifecycle import beyond
from podgraph.accounts.repository import ORGANIZATIONS, WORKSPACES
from podgraph.auth.viewer import WORKSPACE_ROLES
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.roles import ActorType, Role
from podgraph.kernel.secrets import new_secret, secret_hash
from podgraph.writes.transaction import WriteTransaction

USUALLY = timedelta(days=90)
"""Default validity of a token."""
LONGEST = timedelta(days=366)
"""Maximum validity of a token."""


async def create_token(
    write: WriteTransaction,
    *,
    organization_id: str,
    name: str,
    roles: Collection[Role],
    workspace_id: str | None = None,
    read_only: bool = False,
    expires_at: datetime | None = None,
) -> None:
    """Create an API token; its secret is returned once and not stored."""
    write.authorize(lifecycle.CREATE)
    _check_creator(write)
    organization = await write.get(ORGANIZATIONS, organization_id, "organizationId")
    write.authorize(lifecycle.CREATE, within=organization)
    if too_much := beyond(roles, write.roles_for(organization)):
        raise rejected(ErrorCode.FORBIDDEN, f"You cannot grant {', '.join(too_much)}.", "roles")
    if workspace_id is not None:
        await write.get_owned(WORKSPACES, workspace_id, organization_id, "workspaceId")
        if wider := sorted(set(roles) - WORKSPACE_ROLES):
            message = f"{', '.join(wider)} cannot be limited to a workspace."
            raise rejected(ErrorCode.INVALID, message, "roles", hint="Grant WORKSPACE_ADMIN, MEMBER or VIEWER.")
    ends = expires_at or write.now + USUALLY
    if not write.now < ends <= write.now + LONGEST:
        raise rejected(ErrorCode.INVALID, f"expiresAt must be within the next {LONGEST.days} days.", "expiresAt")
    secret = new_secret(PREFIX)
    granted = sorted(str(role) for role in set(roles))
    token = await write.create(
        API_TOKENS,
        # By default, the event would contain every column, including the hash.
        None,
        id=(await write.issue(TOK=1))["TOK"][0],
        organization_id=organization_id,
        name=name,
        sha256=secret_hash(secret),
        roles=granted,
        workspace_id=workspace_id,
        read_only=read_only,
        created_by=write.caller.actor.id,
        expires_at=ends,
    )
    write.emit("token.created", token, {"name": name, "roles": granted, "read_only": read_only, "expires_at": ends})
    write.return_ids(token_id=token.id)
    write.return_secret(secret=secret)


async def revoke_token(write: WriteTransaction, *, token_id: str) -> None:
    """Revoke an API token; no process accepts it any more."""
    write.authorize(lifecycle.REVOKE)
    token = await write.lock_for(API_TOKENS, token_id, lifecycle.REVOKE, "tokenId")
    await write.change(token, "token.revoked", payload={"name": token.name}, revoked_at=write.now)
    write.return_ids(token_id=token.id)


def _check_creator(write: WriteTransaction) -> None:
    # A leaked token must not be able to create further tokens.
    if write.caller.actor.type == ActorType.API_KEY:
        raise rejected(ErrorCode.FORBIDDEN, "API tokens cannot create tokens. Sign in as a user.")
