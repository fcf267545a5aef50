"""Bearer tokens: verification of the JWTs with which users sign in.

A token is signed with the server's secret (HS256), or by an issuer whose public keys are configured (RS256,
ES256 or EdDSA). `sub` is the user and `exp` the expiry; both are required. What the user may do follows from
memberships in the database; the optional claims `organizations` and `roles` can only narrow it. A token with an
audience (`aud`) is valid only if the server's audience is among them (RFC 7519, 4.1.3).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cachetools import LRUCache

from podgraph.auth.jwks import READ_TIMEOUT, KeySet, KeySetError
from podgraph.kernel.clock import system_clock
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.kernel.roles import Role

ALGORITHM = "HS256"
LIFETIME = timedelta(hours=12)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = ("exp", "nbf", "iat")
TOKEN_CACHE_SIZE = 10_000
"""Verified tokens that are cached, each with its key."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The user of a token, and the organizations and roles to which the token is narrowed (None: all)."""

    user_id: str
    organizations: frozenset[str] | None = None
    roles: frozenset[Role] | None = None
    expires_at: datetime | None = field(default=None, compare=False)


class Unauthenticated(RequestError):
    """The caller is not authenticated: `reason` is TOKEN_MISSING, TOKEN_EXPIRED or TOKEN_INVALID."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(RequestErrorCode.UNAUTHENTICATED, message, reason=reason)


def bearer_token(authorization: str | None) -> str | None:
    """The token in an Authorization header of the scheme Bearer (RFC 6750); None if there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token if token and scheme.lower() == "bearer" else None


class Tokens:
    """Issues and verifies tokens with a secret, or verifies them with the public keys of `jwks`.

    A token must contain `issuer` and `audience` if they are set; clocks may differ by `leeway` seconds.
    """

    def __init__(
        self,
        secret: str,
        *,
        jwks: str | None = None,
        issuer: str | None = None,
        audience: str | None = None,
        leeway: float = 0,
    ) -> None:
        self._secret, self._keys = secret, KeySet(jwks) if jwks else None
        self._issuer, self._audience, self._leeway = issuer, audience, leeway
        self._known: LRUCache[tuple[str, Any], Claims] = LRUCache(TOKEN_CACHE_SIZE)

    def issue(
        self, user: str, organizations: Collection[str] | None = None, roles: Collection[Role] | None = None
    ) -> str:
        """A token for a user, valid for 12 hours, narrowed to organizations and roles if they are given."""
        claims: dict[str, Any] = {"sub": user, "exp": system_clock() + LIFETIME}
        named: dict[str, Any] = {
            "organizations": None if organizations is None else sorted(organizations),
            "roles": None if roles is None else sorted(roles),
            "iss": self._issuer,
            "aud": self._audience,
        }
        claims |= {name: value for name, value in named.items() if value is not None}
        return jwt.encode(claims, self._secret, ALGORITHM)

    async def verify(self, authorization: str | None) -> Claims:
        """The claims of the token in an Authorization header; Unauthenticated if it is missing or invalid."""
        token = bearer_token(authorization)
        if token is None:
            raise Unauthenticated(
                "TOKEN_MISSING", "Send an access token in the header `Authorization: Bearer <token>`."
            )
        try:
            claims = self._verified(token, *await self._key(token))
        except jwt.ExpiredSignatureError:
            raise _expired() from None
        except jwt.InvalidAudienceError:
            message = "The token is for another audience; request one whose `aud` is this server's."
            raise Unauthenticated("TOKEN_INVALID", message) from None
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise Unauthenticated(
                "TOKEN_INVALID", "The token is invalid: it is incomplete or was not issued for this server."
            ) from None
        if claims.expires_at is not None and claims.expires_at <= system_clock():
            raise _expired()
        return claims

    def _verified(self, token: str, key: Any, algorithm: str) -> Claims:
        """The claims of a token. A signature stays valid, so only the expiry is checked again."""
        if (token, key) not in self._known:
            self._known[token, key] = _parsed(self._claims(token, key, algorithm), self._leeway)
        return self._known[token, key]

    def _claims(self, token: str, key: Any, algorithm: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            # The key determines the algorithm, so that a public key is never used as a secret.
            algorithms=[algorithm],
            issuer=self._issuer,
            audience=self._audience,
            leeway=self._leeway,
            options={"require": ["sub", "exp"]},
        )
        if self._audience is None and claims.get("aud") is not None:
            raise jwt.InvalidAudienceError("no audience is ours")
        return claims

    async def _key(self, token: str) -> tuple[Any, str]:
        if self._keys is None:
            return self._secret, ALGORITHM
        key_id = jwt.get_unverified_header(token).get("kid")
        try:
            key = await self._keys.find(key_id)
        except KeySetError:
            message = "Tokens cannot be verified at the moment; retry shortly."
            raise RequestError(RequestErrorCode.UNAVAILABLE, message, retryAfter=READ_TIMEOUT) from None
        if key is None:
            raise jwt.InvalidKeyError("no such key")
        return key, key.algorithm_name


def _expired() -> Unauthenticated:
    return Unauthenticated("TOKEN_EXPIRED", "The token has expired; request a new one.")


def _parsed(claims: dict[str, Any], leeway: float) -> Claims:
    user, organizations, roles = claims["sub"], claims.get("organizations"), claims.get("roles")
    if not all(isinstance(claims[name], list) for name in ("organizations", "roles") if name in claims):
        raise TypeError("organizations and roles are lists")
    if not all(_is_name(each) for each in (user, *(organizations or ()))):
        raise TypeError("sub and each organization are ids")
    if not all(type(claims[name]) in (int, float) for name in TIMES if name in claims):
        raise TypeError("times are numbers")
    return Claims(
        user_id=user,
        organizations=None if organizations is None else frozenset(organizations),
        roles=None if roles is None else frozenset(Role[role] for role in roles),
        # `datetime` ends with the year 9999; system timestamps have other limits.
        expires_at=EPOCH + timedelta(seconds=claims["exp"] + leeway),
    )


def _is_name(claim: object) -> bool:
    """Whether a claim can be an id: text of printable characters."""
    return isinstance(claim, str) and claim != "" and claim.isprintable()
