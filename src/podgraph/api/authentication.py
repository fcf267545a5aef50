"""Bearer tokens: the one place where a caller's word is checked.

A token is a JWT signed with HS256. `sub` is the user, `organizations` the ids that may be seen,
`roles` what the caller is there; `exp` is required.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import jwt

from podgraph.accounts.lifecycle import Role
from podgraph.api.context import Viewer
from podgraph.edge.errors import EdgeCode, Refused
from podgraph.kernel.clock import system_clock

ALGORITHM = "HS256"
LIFETIME = timedelta(hours=12)


class Unauthenticated(Refused):
    """Nobody that we know: `reason` is TOKEN_MISSING, TOKEN_EXPIRED or TOKEN_INVALID."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(EdgeCode.UNAUTHENTICATED, message, reason=reason)


class Tokens:
    """Issues and verifies tokens with one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def issue(self, user: str, organizations: Collection[str], roles: Collection[Role]) -> str:
        """A token for a user, valid for 12 hours."""
        claims = {
            "sub": user,
            "organizations": sorted(organizations),
            "roles": sorted(roles),
            "exp": system_clock() + LIFETIME,
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def viewer(self, authorization: str | None) -> Viewer:
        """Who an Authorization header speaks for; Unauthenticated where it does not say or lies."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("TOKEN_MISSING", "Send a token: Authorization: Bearer <token>")
        try:
            return _viewer(jwt.decode(token, self._secret, [ALGORITHM], options={"require": ["sub", "exp"]}))
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("TOKEN_EXPIRED", "The token has expired: ask for a new one") from None
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
            raise Unauthenticated("TOKEN_INVALID", "The token is not one of ours, or not whole") from None


def _viewer(claims: dict[str, Any]) -> Viewer:
    organizations, roles = claims["organizations"], claims["roles"]
    if not all(isinstance(part, list) for part in (organizations, roles)):
        raise TypeError("organizations and roles are lists")
    return Viewer(
        user_id=claims["sub"],
        organizations=frozenset(str(organization) for organization in organizations),
        roles=frozenset(Role[role] for role in roles),
    )
