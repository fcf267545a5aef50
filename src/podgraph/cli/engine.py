"""The database of a command: its URL, its engine and its errors."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from podgraph.cli.output import err, fail
from podgraph.settings import DATABASE_URL, DEMO_DATABASE_URL, Settings, SettingsError, deadline

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from podgraph.execution.context import Context


STATEMENT_SECONDS = 600.0
"""Seconds that one statement of a command may take: migrations build indexes on large tables."""

T = TypeVar("T")


async def upgrade_tables(engine: "AsyncEngine") -> None:
    from podgraph.migrate import upgrade

    async with engine.begin() as connection:
        await connection.run_sync(upgrade)


async def check_tables(engine: "AsyncEngine") -> None:
    from podgraph.migrate import is_current

    async with engine.connect() as connection:
        if not await connection.run_sync(is_current):
            raise fail("the database schema is not up to date. Run: podgraph db upgrade")


@dataclass(frozen=True)
class Reading:
    """The database that a command reads, and the time that it reads it at."""

    url: str
    demo: bool

    def now(self) -> datetime:
        if not self.demo:
            return datetime.now(UTC)
        from podgraph.demo.reference import NOW

        return NOW


DemoOption = Annotated[bool, typer.Option("--demo", help="Read the demo data.")]


def database_to_read(*, demo: bool) -> Reading:
    named = os.environ.get("PODGRAPH_DATABASE_URL")
    if named and not demo:
        return Reading(named, demo=False)
    if demo or not Path(DATABASE_URL.removeprefix("sqlite:///")).exists():
        if not demo:
            reason = "PODGRAPH_DATABASE_URL is not set and podgraph.db does not exist"
            err.print(f"{reason}: reading the demo data.", style="dim", soft_wrap=True)
        return Reading(DEMO_DATABASE_URL, demo=True)
    return Reading(DATABASE_URL, demo=False)


def read_as_platform(reading: Reading, work: "Callable[[Context], Awaitable[T]]", *, seconds: float | None = None) -> T:
    """Run `work` with the access of the platform, within `seconds`."""
    from podgraph.auth.viewer import PLATFORM
    from podgraph.execution.context import Context
    from podgraph.kernel.clock import stopped_clock

    async def session(engine: "AsyncEngine") -> T:
        if reading.demo:
            await _ensure_demo(engine)
        try:
            async with asyncio.timeout(seconds) as deadline:
                if not reading.demo:
                    await check_tables(engine)
                return await work(Context(PLATFORM, engine, stopped_clock(reading.now())))
        except TimeoutError:
            if not deadline.expired():
                raise
            message = f"the database did not respond within {seconds:g} seconds. Try again, or set a longer time"
            raise fail(f"{message} in PODGRAPH_DEADLINE") from None

    return run_on(reading.url, session)


async def _ensure_demo(engine: "AsyncEngine") -> None:
    from podgraph.demo.load import is_empty, load_reference

    await upgrade_tables(engine)
    if await is_empty(engine):
        await load_reference(engine)


def run_on(url: str, work: "Callable[[AsyncEngine], Awaitable[T]]") -> T:
    """Run `work` on a database; an error of the database ends the command with one line."""
    with _database_errors(url):
        return asyncio.run(_with_engine(url, work))


def own_database() -> str:
    """URL of the database that commands write to."""
    return os.environ.get("PODGRAPH_DATABASE_URL") or DATABASE_URL


async def _with_engine(url: str, work: "Callable[[AsyncEngine], Awaitable[T]]") -> T:
    from podgraph.database.connections import dispose
    from podgraph.database.engine import create_engine

    engine = create_engine(url, statement_seconds=STATEMENT_SECONDS)
    try:
        return await work(engine)
    finally:
        await dispose(engine)


@contextmanager
def _database_errors(url: str) -> Iterator[None]:
    """Print an error of the database in one line, and exit."""
    import sqlite3

    from sqlalchemy.exc import DBAPIError

    from podgraph.database.availability import is_unreachable
    from podgraph.database.engine import DatabaseUrlError

    try:
        yield
    except DatabaseUrlError as error:
        raise fail(str(error), 2) from None
    except (DBAPIError, OSError, sqlite3.Error) as error:
        if isinstance(error, OSError) and not is_unreachable(error):
            raise
        cause = getattr(error, "orig", None) or error
        # A timeout has no message.
        reason = str(cause) or "no response in time. Try again, or check the database"
        raise fail(f"the database {without_password(url)} cannot be used: {reason}") from None


def without_password(url: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)


def read_settings(*, demo: bool) -> Settings:
    try:
        return Settings.read(demo=demo)
    except SettingsError as error:
        raise fail(str(error), 2) from None


def operation_deadline() -> float:
    """Seconds that an operation may take: PODGRAPH_DEADLINE."""
    try:
        return deadline()
    except SettingsError as error:
        raise fail(str(error), 2) from None
