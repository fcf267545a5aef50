"""`podgraph serve`: the API, the console and the playground."""

import ipaddress
import logging
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.engine import check_tables, read_settings, run_on, upgrade_tables
from podgraph.cli.output import fail, out
from podgraph.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


EXAMPLE = '{ pod(id: "POD-26-000008") { name status sla { currentCompliance } team { role talent { title } } } }'
FIRST_QUERY = "{ viewer { user { name } memberships { role organization { name } } } }"


def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Serve the demo data on loopback only, without tokens.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 selects a free port.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Number of worker processes.")] = 1,
) -> None:
    """Serve the API, the dashboard and the playground.

    Settings: PODGRAPH_DATABASE_URL (default: SQLite in podgraph.db), PODGRAPH_SECRET, PODGRAPH_PLAYGROUND.
    """
    if demo and not _is_loopback(host):
        raise fail(f"--demo requires no token and listens on loopback only, not on {host}. Omit --host", 2)
    settings = read_settings(demo=demo)
    if workers > 1 and settings.database_url.startswith("sqlite"):
        raise fail("SQLite supports one worker. For more, set PODGRAPH_DATABASE_URL to a PostgreSQL database", 2)
    listener = _listen(host, port)
    # The database is prepared in parallel with the import of the graph; both need the tables.
    import_module("podgraph.migrate")
    preparing = _run_in_process(lambda: _prepared(settings.database_url, demo=demo))

    import_module("podgraph.server.app")
    import uvicorn

    from podgraph.observability.logging import configure_logs
    from podgraph.observability.metrics import end_observation
    from podgraph.server.protocols import options
    from podgraph.server.workers import Supervisor, create_worker_app

    if code := preparing():
        raise typer.Exit(code)
    address = f"http://{host}:{listener.getsockname()[1]}"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            _announce(address, settings)

    config = uvicorn.Config(
        partial(create_worker_app, settings),
        factory=True,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        **options(settings.limits, settings.proxies),
        timeout_graceful_shutdown=int(settings.shutdown_timeout),
    )
    if workers == 1:
        Server(config).run(sockets=[listener])
        return
    # Connections wait until the first worker is up.
    listener.listen(config.backlog)
    configure_logs(settings.log)
    _announce(address, settings)
    with TemporaryDirectory(prefix="podgraph-") as shared:
        # The workers share their metrics in this folder.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
        Supervisor(config, listener, on_death=end_observation).run()


def _run_in_process(work: Callable[[], None]) -> Callable[[], int]:
    """Run `work` in a forked process if the platform supports it; returns a function that waits for its exit code."""
    if "fork" not in multiprocessing.get_all_start_methods():
        work()
        return lambda: 0
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()

    def finished() -> int:
        process.join()
        return process.exitcode or 0

    return finished


def _prepared(url: str, *, demo: bool) -> None:
    try:
        run_on(url, lambda engine: _prepare(engine, demo=demo))
    except typer.Exit as refused:
        sys.exit(refused.exit_code)


def _announce(address: str, settings: Settings) -> None:
    from podgraph.server.console import is_built

    if settings.demo:
        logging.getLogger("podgraph").warning(
            "DEMO: every request without a token acts as USR-26-000044, owner of ORG-26-090500. "
            "Loopback only; never for real data. The clock started at 2026-05-14T16:00Z."
        )
    if settings.playground:
        out.print(f"Playground  {address}/graphql", highlight=False, soft_wrap=True)
    if is_built():
        out.print(f"Dashboard   {address}/", highlight=False, soft_wrap=True)
    else:
        out.print("Dashboard   not built in this installation; only the API is served", highlight=False)
    out.print(f"Try         {EXAMPLE if settings.demo else FIRST_QUERY}", highlight=False, markup=False, soft_wrap=True)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise fail(f"cannot listen on {host}:{port}: {error.strerror}. Choose another with --port") from None
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _prepare(engine: "AsyncEngine", *, demo: bool) -> None:
    """Upgrade or check the tables; reload the demo data unless PODGRAPH_DATABASE_URL is set."""
    if engine.dialect.name == "sqlite" or demo:
        await upgrade_tables(engine)
    else:
        await check_tables(engine)
    if demo:
        await _load_demo(engine)


async def _load_demo(engine: "AsyncEngine") -> None:
    from podgraph.demo.load import holds_reference, is_empty, load_reference

    # A database of PODGRAPH_DATABASE_URL may hold other data, so it is only filled if it is empty.
    ours = "PODGRAPH_DATABASE_URL" not in os.environ
    if ours or await is_empty(engine):
        await load_reference(engine)
    elif not await holds_reference(engine):
        raise fail("the database of PODGRAPH_DATABASE_URL holds other data. Use an empty database, or unset it")
