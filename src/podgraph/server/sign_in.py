"""Sign-in without an identity provider: by a one-time link, and by the acceptance of an invitation.

Callers have no token yet, so these are plain endpoints with JSON in and out next to GraphQL.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from podgraph.access.login_links import PATH, use_link
from podgraph.accounts.service.invitations import accept_as_new_user
from podgraph.auth.tokens import LIFETIME, Tokens, Unauthenticated
from podgraph.kernel.clock import Clock, system_clock
from podgraph.kernel.errors import Rejected
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.limits.policy import Policy
from podgraph.limits.rate_limiter import BucketStore, MemoryBucketStore, PostgresBucketStore, RateLimiter, TokenBucket
from podgraph.limits.value_limits import read_json
from podgraph.server.content_negotiation import check_body
from podgraph.server.cors import check_origin
from podgraph.server.middleware import error_response
from podgraph.writes.standalone import write_as
from podgraph.writes.transaction import PLATFORM, WriteTransaction

RATE = TokenBucket(30, 0.5)
"""Attempts of one client address: 30 at once, then one every 2 seconds."""
MAX_LENGTH = 255
"""Maximum length of a value in characters."""


@dataclass(frozen=True)
class SignInEndpoints:
    """`POST /sign-in` and `POST /invitations/accept`."""

    engine: AsyncEngine
    policy: Policy
    tokens: Tokens
    clock: Clock
    signs: bool
    """Whether the server signs tokens itself, and not an identity provider."""
    rates: RateLimiter = field(init=False)

    def __post_init__(self) -> None:
        shared = self.engine.dialect.name == "postgresql"
        buckets: BucketStore = PostgresBucketStore(self.engine) if shared else MemoryBucketStore()
        object.__setattr__(self, "rates", RateLimiter(RATE, buckets, {}))

    def routes(self) -> list[BaseRoute]:
        """The routes of the endpoints."""
        return [
            Route(PATH, self._answered(self.sign_in), methods=["POST"]),
            Route("/invitations/accept", self._answered(self.accept), methods=["POST"]),
        ]

    async def sign_in(self, given: Mapping[str, str]) -> Mapping[str, Any]:
        """Exchange the code of a sign-in link for a token."""
        if not self.signs:
            raise RequestError(RequestErrorCode.NOT_FOUND, "Sign in through the identity provider of this server.")
        user_id = await self._write(lambda write: use_link(write, given.get("code", "")))
        if user_id is None:
            raise Unauthenticated("LINK_INVALID", "The link is unknown, expired or already used; request a new one.")
        return self._token(user_id)

    async def accept(self, given: Mapping[str, str]) -> Mapping[str, Any]:
        """Accept an invitation as a new user, who is signed in."""
        secret, name = given.get("secret", ""), given.get("name", "").strip() or None
        user_id = await self._write(lambda write: accept_as_new_user(write, secret=secret, name=name))
        return {"userId": user_id, **(self._token(user_id) if self.signs else {})}

    def _token(self, user_id: str) -> Mapping[str, Any]:
        return {"token": self.tokens.issue(user_id), "expiresAt": _text(system_clock() + LIFETIME)}

    async def _write(self, work: Callable[[WriteTransaction], Awaitable[Any]]) -> Any:
        return await write_as(PLATFORM, self.engine, self.clock(), work, self.policy.limits.seconds)

    def _answered(
        self, endpoint: Callable[[Mapping[str, str]], Awaitable[Mapping[str, Any]]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                check_origin(request.headers, self.policy.origins)
                check_body(request.headers)
                await self._limit(request)
                return JSONResponse(await endpoint(_texts(await request.body())), headers={"Cache-Control": "no-store"})
            except RequestError as refused:
                request.state.trace.codes.append(str(refused.code))
                return error_response(refused)
            except Rejected as refused:
                request.state.trace.codes += [str(one.code) for one in refused.refusals]
                return _refused(refused)

        return answer

    async def _limit(self, request: Request) -> None:
        client = request.client.host if request.client else ""
        level = await self.rates.consume(f"sign-in {client}", (), 1)
        if level.wait:
            message = f"Too many attempts; retry after {level.wait} seconds."
            raise RequestError(RequestErrorCode.RATE_LIMITED, message, retryAfter=level.wait)


def _texts(body: bytes) -> Mapping[str, str]:
    """The JSON object of a body, whose values are short texts."""
    try:
        given = read_json(body)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(
        isinstance(value, str) and len(value) <= MAX_LENGTH and "\0" not in value for value in given.values()
    ):
        raise RequestError(
            RequestErrorCode.BAD_REQUEST, f"The body must be a JSON object of texts of at most {MAX_LENGTH} characters."
        )
    return given


def _refused(refused: Rejected) -> JSONResponse:
    """User errors, in the form of request errors."""
    errors = [
        {"message": one.reason, "extensions": {"code": str(one.code), "field": list(one.field), "hint": one.hint}}
        for one in refused.refusals
    ]
    return JSONResponse({"errors": errors}, 400)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
