"""Authentication of requests: from an Authorization header to the viewer with the roles that hold now."""

from datetime import datetime

from cachetools import TTLCache
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.access.repository import PREFIX, find_token
from podgraph.accounts.lifecycle import UserStatus
from podgraph.accounts.repository import find_sign_in
from podgraph.auth.tokens import Claims, Tokens, Unauthenticated, bearer_token
from podgraph.auth.viewer import Grants, Viewer
from podgraph.kernel.clock import Clock, system_clock
from podgraph.kernel.roles import Role

ROLES_TTL = 1
"""Seconds for which a user's roles are not read again."""
ROLES_CACHE_SIZE = 10_000


class Authenticator:
    """Finds the viewer of a request: a user by a signed token, a program by the secret of an API token.

    A token identifies a user; the roles are those of the user's memberships, read at most `ROLES_TTL` seconds
    ago, and at once after a mutation in this process. `anonymous` is the viewer of requests without a token,
    None if they are rejected.
    """

    def __init__(self, engine: AsyncEngine, tokens: Tokens, clock: Clock, anonymous: Viewer | None) -> None:
        self._engine, self._tokens, self._clock, self._anonymous = engine, tokens, clock, anonymous
        self._roles: TTLCache[Claims, Grants] = TTLCache(ROLES_CACHE_SIZE, ROLES_TTL)

    async def viewer(self, authorization: str | None) -> Viewer:
        """The viewer that an Authorization header identifies; raises Unauthenticated."""
        if authorization is None and self._anonymous is not None:
            return self._anonymous
        if secret := _secret_of(authorization):
            return await _program(self._engine, secret, self._clock())
        claims = await self._tokens.verify(authorization)
        if claims not in self._roles:
            self._roles[claims] = await self._grants(claims)
        grants = self._roles[claims]
        organizations = frozenset(grants.organizations)
        return Viewer(claims.user_id, organizations, grants.roles, expires_at=claims.expires_at, granted=grants)

    def forget_roles(self) -> None:
        """Read roles again from now on, because a mutation may have changed them."""
        self._roles.clear()

    async def _grants(self, claims: Claims) -> Grants:
        found = await find_sign_in(self._engine, claims.user_id)
        if found is None:
            raise Unauthenticated(
                "USER_UNKNOWN",
                f"No user '{claims.user_id[:60]}' exists here; ask an owner of your organization for an invitation.",
            )
        if found.status != UserStatus.ACTIVE:
            raise Unauthenticated(
                "USER_DEACTIVATED", "Your account is deactivated; ask an owner of your organization to reactivate it."
            )
        return found.grants.narrowed(claims.organizations, claims.roles)


def _secret_of(authorization: str | None) -> str | None:
    """The secret of an API token, if that is what an Authorization header contains."""
    token = bearer_token(authorization)
    return token if token and token.startswith(PREFIX) else None


async def _program(engine: AsyncEngine, secret: str, now: datetime) -> Viewer:
    found = await find_token(engine, secret, now)
    if found is None:
        raise Unauthenticated("TOKEN_INVALID", "The token is unknown, expired or revoked; create a new one.")
    roles = frozenset(Role[role] for role in found.roles)
    limited = found.workspace_id and Grants(workspaces={(found.organization_id, found.workspace_id): roles})
    return Viewer(
        user_id=None,
        organizations=frozenset({found.organization_id}),
        roles=roles,
        granted=limited or None,
        read_only=found.read_only,
        token_id=found.id,
        expires_at=system_clock() + (found.expires_at - now),
    )
