"""The HTTP server: one GraphQL endpoint, with the playground for browsers."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from cross_web import HTTPException
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from strawberry.asgi import GraphQL

from podgraph.accounts.lifecycle import Role
from podgraph.api.authentication import Tokens, Unauthenticated
from podgraph.api.context import Context, Viewer
from podgraph.database.engine import create_engine
from podgraph.kernel.clock import Clock, clock_from, system_clock
from podgraph.schema import build_schema
from podgraph.settings import Settings

COLLECT = (50_000, 20, 50)
"""Thresholds of the garbage collector: an answer of a thousand records makes some 50,000 objects."""

DEMO_VIEWER = Viewer("USR-26-000044", frozenset({"ORG-26-090500"}), frozenset({Role.ORG_OWNER}))
"""Whom a request without a token acts as in the demo."""


class Endpoint(GraphQL[Context, None]):
    """`/graphql`: queries by POST or GET, the playground for a browser."""

    def __init__(self, settings: Settings, engine: AsyncEngine, clock: Clock) -> None:
        super().__init__(build_schema(settings.executor), subscription_protocols=())
        self._demo, self._engine, self._clock = settings.demo, engine, clock
        self._tokens = Tokens(settings.secret)

    async def get_context(self, request: Any, response: Any) -> Context:
        return Context(self._viewer(request), self._engine, self._clock, development=self._demo)

    def _viewer(self, request: Any) -> Viewer:
        authorization = request.headers.get("authorization")
        if authorization is None and self._demo:
            return DEMO_VIEWER
        return self._tokens.viewer(authorization)

    async def run(self, request: Any, *given: Any, **more: Any) -> Any:
        # The playground is a page like any other: whoever opens it shows a token with the first query.
        if self.graphql_ide and self.should_render_graphql_ide(self.request_adapter_class(request)):
            return await self.render_graphql_ide(request)
        try:
            return await super().run(request, *given, **more)
        except HTTPException as error:
            return refusal(error)

    def decode_json(self, data: str | bytes) -> object:
        # What is no UTF-8, or no JSON at all, is an error of the request like any other.
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


def refusal(error: HTTPException) -> Response:
    """A request that got no further than HTTP, told in GraphQL's shape."""
    extensions = getattr(error, "extensions", {"code": "BAD_REQUEST"})
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else None
    body = {"errors": [{"message": error.reason, "extensions": extensions}]}
    return JSONResponse(body, error.status_code, headers)


def create_app(settings: Settings, *, clock: Clock | None = None) -> Starlette:
    """The ASGI application: `/graphql`, and `/` and `/playground` lead a browser there."""
    engine = create_engine(settings.database_url)
    endpoint = Endpoint(settings, engine, clock or (demo_clock() if settings.demo else system_clock))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # What is made so far stays for good, and most of an answer is made and dropped at once: the
        # collector finds nothing in either, so it need not look often.
        gc.freeze()
        gc.set_threshold(*COLLECT)
        yield
        await engine.dispose()

    async def playground(_request: Request) -> Response:
        return RedirectResponse("/graphql")

    return Starlette(
        routes=[
            Route("/", playground),
            Route("/playground", playground),
            Route("/graphql", endpoint, methods=["GET", "POST"]),
        ],
        lifespan=lifespan,
    )


def demo_clock() -> Clock:
    """The demo's clock starts at the moment that the reference documents show."""
    from podgraph.demo.reference import NOW

    return clock_from(NOW)
