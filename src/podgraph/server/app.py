"""The ASGI application: middleware, the GraphQL endpoint, and the console."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import Route, WebSocketRoute

from podgraph.auth.tokens import Tokens
from podgraph.auth.viewer import ANONYMOUS, Viewer
from podgraph.database.compiled import CompiledStatement
from podgraph.database.connections import dispose
from podgraph.database.engine import create_engine, fetch_autocommit
from podgraph.database.notifier import EventNotifier
from podgraph.database.replica import Replica
from podgraph.database.sql_json import RawJson
from podgraph.execution.context import Context
from podgraph.kernel.clock import Clock, clock_from, system_clock
from podgraph.kernel.roles import Role
from podgraph.limits.persisted_documents import PersistedDocumentMode, PersistedDocuments
from podgraph.limits.policy import Introspection, Policy
from podgraph.limits.rate_limiter import MemoryBucketStore, PostgresBucketStore, RateLimiter, TokenBucket
from podgraph.migrate import has_current_tables
from podgraph.observability.logging import configure_logs
from podgraph.observability.metrics import end_observation, metrics, observe_pool
from podgraph.observability.spans import configure_tracing
from podgraph.observability.trace import Trace
from podgraph.scheduler.service import run_scheduler
from podgraph.schema import build_schema
from podgraph.server import health
from podgraph.server.authenticator import Authenticator
from podgraph.server.console import page, routes
from podgraph.server.cors import cors_middleware
from podgraph.server.graphql_http import GraphQLEndpoint
from podgraph.server.middleware import RequestLimits, RequestLog, http_exception_handler
from podgraph.server.sign_in import SignInEndpoints
from podgraph.server.tuning import tune_server
from podgraph.settings import Settings

DEMO_VIEWER = Viewer("USR-26-000044", frozenset({"ORG-26-090500"}), frozenset({Role.ORG_OWNER}))
"""The viewer of requests without a token in the demo."""


def create_app(settings: Settings, *, clock: Clock | None = None, keeps_time: bool = False) -> Starlette:
    """The ASGI application: `/graphql`, and the console at `/` and `/playground`.

    With `keeps_time` it also runs due jobs every minute; several such processes may run together.
    """
    engine = engine_of(settings, settings.database_url, "primary")
    replica = Replica(engine, engine_of(settings, settings.replica_url, "replica")) if settings.replica_url else None
    now = clock or (demo_clock() if settings.demo else system_clock)
    policy = policy_of(settings, engine)
    tokens = tokens_of(settings)
    authenticator = Authenticator(engine, tokens, now, anonymous_viewer(settings))
    playground = partial(page, "playground") if settings.playground else None
    notifier = EventNotifier(engine, policy.limits.seconds)

    async def context(connection: HTTPConnection, authorization: str | None) -> Context:
        asking = await authenticator.viewer(authorization)
        trace: Trace = getattr(connection.state, "trace", None) or Trace()
        trace.actor = asking.caller.actor.id
        return Context(
            asking,
            engine,
            now,
            development=settings.demo,
            policy=policy,
            embed_json=RawJson,
            notifier=notifier,
            revalidate=lambda: authenticator.viewer(authorization),
            written=authenticator.forget_roles,
            address=connection.client.host if connection.client else None,
            request_id=connection.scope.get("state", {}).get("request_id"),
            base_url=base_url_of(connection),
            trace=trace,
            replica=replica,
        )

    async def reachable() -> bool:
        return bool(await fetch_autocommit(engine, CompiledStatement(text("SELECT 1"), engine.dialect), {}))

    async def migrated() -> bool:
        return await has_current_tables(engine)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        ticking = asyncio.create_task(run_scheduler(engine, now)) if keeps_time else None
        yield
        if ticking:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
        await dispose(engine)
        if replica is not None:
            await dispose(replica.engine)
        end_observation()

    endpoint = GraphQLEndpoint(build_schema(settings.executor), policy, context, playground)
    app = Starlette(
        routes=[
            Route("/graphql", endpoint),
            WebSocketRoute("/graphql", endpoint),
            Route("/health", health.health),
            Route("/ready", health.ready({"database": reachable, "migrations": migrated})),
            Route("/metrics", metrics),
            *SignInEndpoints(engine, policy, tokens, now, settings.tokens.jwks is None).routes(),
            *routes(settings, tokens, now),
        ],
        # CORS headers also apply to errors of RequestLimits, so that other origins can read them.
        middleware=[Middleware(RequestLog), *cors_middleware(policy.origins), Middleware(RequestLimits, policy.limits)],
        exception_handlers={HTTPException: http_exception_handler},
        lifespan=lifespan,
    )
    app.state.end = endpoint.shutdown
    return app


def create_server_app(settings: Settings) -> Starlette:
    """The application of a server process, with its log, tracing and garbage collector configured."""
    configure_logs(settings.log)
    if settings.tracing:
        configure_tracing()
    app = create_app(settings, keeps_time=True)
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Any]:
        async with inner(app) as state:
            # By now uvicorn has installed its own signal handlers.
            _call_before_exit(app.state.end)
            yield state

    app.router.lifespan_context = lifespan
    tune_server()
    return app


def _call_before_exit(end: Callable[[], None]) -> None:
    """Call `end` on SIGTERM and SIGINT, before the server waits for requests in flight."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before: Any = signal.getsignal(number)

        def handle(*given: Any, before: Any = before) -> None:
            loop.call_soon_threadsafe(end)
            if callable(before):
                before(*given)

        signal.signal(number, handle)


def base_url_of(connection: HTTPConnection) -> str:
    """The address of this server as the client knows it, over HTTP also for a WebSocket: `https://host`."""
    url = connection.base_url
    return str(url.replace(scheme=url.scheme.replace("ws", "http"))).rstrip("/")


def engine_of(settings: Settings, url: str, name: str) -> AsyncEngine:
    """An engine with the pool size of the settings, whose metrics have a name."""
    engine = create_engine(url, pool_size=settings.pool_size, pool_timeout=settings.pool_timeout)
    observe_pool(engine, name)
    return engine


def policy_of(settings: Settings, engine: AsyncEngine) -> Policy:
    """The policy that the settings configure."""
    rates = None
    if settings.rate_limit:
        shared = engine.dialect.name == "postgresql"
        buckets = PostgresBucketStore(engine) if shared else MemoryBucketStore()
        rates = RateLimiter(TokenBucket(*settings.rate_limit), buckets, settings.rate_factors)
    documents = PersistedDocuments(engine, PersistedDocumentMode(settings.persisted_documents))
    introspection = Introspection(settings.introspection)
    return Policy(settings.limits, settings.cors_origins, introspection, rates, documents)


def tokens_of(settings: Settings) -> Tokens:
    """The verification of tokens that the settings configure."""
    given = settings.tokens
    return Tokens(given.secret, jwks=given.jwks, issuer=given.issuer, audience=given.audience, leeway=given.leeway)


def anonymous_viewer(settings: Settings) -> Viewer | None:
    """The viewer of requests without a token; None if they are rejected."""
    if settings.demo:
        return DEMO_VIEWER
    return ANONYMOUS if settings.introspection == Introspection.PUBLIC else None


def demo_clock() -> Clock:
    """The demo's clock, which starts at the time of the reference documents."""
    from podgraph.demo.reference import NOW

    return clock_from(NOW)
