"""Writes on API tokens."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from podgraph.access import lifecycle
from podgraph.access.repository import API_TOKENS, PREFIX, secret_hash
from podgraph.accounts.repository import ORGANIZATIONS
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.roles import ActorType, Role
from podgraph.writes.transaction import WriteTransaction

USUALLY = timedelta(days=90)
"""How long a token is valid unless told."""
LONGEST = timedelta(days=366)
"""How long it can be valid."""


async def create_token(
    write: WriteTransaction,
    *,
    organization_id: str,
    name: str,
    roles: Collection[Role],
    expires_at: datetime | None = None,
) -> None:
    """Make a token for a program; its secret is said once, and kept nowhere."""
    write.authorize(lifecycle.CREATE)
    _check_creator(write)
    await write.get(ORGANIZATIONS, organization_id, "organizationId")
    if too_much := lifecycle.beyond(roles, write.caller.roles):
        raise rejected(ErrorCode.FORBIDDEN, f"You can not grant {', '.join(too_much)}.", "roles")
    ends = expires_at or write.now + USUALLY
    if not write.now < ends <= write.now + LONGEST:
        raise rejected(ErrorCode.INVALID, f"expiresAt is not within the next {LONGEST.days} days.", "expiresAt")
    secret = PREFIX + secrets.token_urlsafe(32)
    granted = sorted(str(role) for role in set(roles))
    token = await write.create(
        API_TOKENS,
        # The event would tell every column, the hash too.
        None,
        id=(await write.issue(TOK=1))["TOK"][0],
        organization_id=organization_id,
        name=name,
        sha256=secret_hash(secret),
        roles=granted,
        created_by=write.caller.actor.id,
        expires_at=ends,
    )
    write.emit("token.created", token, {"name": name, "roles": granted, "expires_at": ends})
    write.return_ids(token_id=token.id)
    write.return_secret(secret=secret)


async def revoke_token(write: WriteTransaction, *, token_id: str) -> None:
    """Take a token back: from now on no process accepts it."""
    write.authorize(lifecycle.REVOKE)
    token = await write.lock_for(API_TOKENS, token_id, lifecycle.REVOKE, "tokenId")
    await write.change(token, "token.revoked", payload={"name": token.name}, revoked_at=write.now)
    write.return_ids(token_id=token.id)


def _check_creator(write: WriteTransaction) -> None:
    # Whoever finds a token must not be able to make others that outlive it.
    if write.caller.actor.type == ActorType.API_KEY:
        raise rejected(ErrorCode.FORBIDDEN, "A token makes no tokens: a person does.")
