"""The application, served to a client in the event loop of the test, without a network or on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn

from podgraph.auth.tokens import Tokens
from podgraph.kernel.roles import Role
from podgraph.server.app import create_app
from podgraph.server.protocols import options
from podgraph.settings import Settings

SECRET = "a secret for tests, longer than thirty-two characters"
OWNER = Tokens(SECRET).issue("USR-26-000044", ["ORG-26-090500"], [Role.ORG_OWNER])
"""A token of the demo's owner."""


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with these settings; internal errors are returned as responses."""
    app = create_app(settings)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it")
    async with app.router.lifespan_context(app), client:
        yield client


@asynccontextmanager
async def listening(settings: Settings, *, send_buffer: int | None = None) -> AsyncIterator[str]:
    """The address, `127.0.0.1:<port>`, of an application that listens on a free port.

    `send_buffer` are the bytes that the system keeps for a client who does not take them.
    """
    config = uvicorn.Config(
        create_app(settings),
        log_level="warning",
        **options(settings.limits, settings.proxies),
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    if send_buffer is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    started, startup = asyncio.Event(), server.startup

    async def report_startup(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = report_startup  # type: ignore[method-assign]
    config.load()
    serving = asyncio.create_task(server._serve([listener]))
    await started.wait()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving
