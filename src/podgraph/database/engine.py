"""Engines for the two databases, and the snapshot that one operation reads."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from types import TracebackType
from typing import Any, Self

import orjson
from sqlalchemy import Connection, Dialect, Executable, Row, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from podgraph.database.alphabet import alphabetical
from podgraph.database.prepared import Prepared, fetch, fetch_from, proxied

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


# Statements are written to be led by indexes, whatever they are given: to plan a nested one again for
# each execution, or to compile it, takes PostgreSQL longer than to answer it.
PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
# The API has some hundred statements: all of them stay prepared, SQLAlchemy's and those handed to the driver.
REMEMBERED = {"prepared_statement_cache_size": 1000, "statement_cache_size": 1000}
CONNECT: Mapping[str, Mapping[str, Any]] = {
    DRIVERS["sqlite"]: {},
    # A server that is cut off should be told of within two seconds.
    DRIVERS["postgresql"]: {"timeout": 1.5, "server_settings": PLANNED_ONCE, **REMEMBERED},
}
"""What drivers are told of each connection."""


class DatabaseUrlError(ValueError):
    """The database's address can not be used; the message says what to write instead."""


def database_url(text: str) -> URL:
    """Read `sqlite:///file.db` or `postgresql://user@host/name`, and name the driver for it."""
    try:
        url = make_url(text)
        driver = DRIVERS[url.get_backend_name()]
    except (ArgumentError, KeyError, ValueError) as error:
        raise DatabaseUrlError(
            f"PODGRAPH_DATABASE_URL is '{text}': write sqlite:///podgraph.db or postgresql://user@host/name"
        ) from error
    if driver == DRIVERS["sqlite"] and url.database in (None, "", ":memory:"):
        raise DatabaseUrlError(
            "PODGRAPH_DATABASE_URL names SQLite in memory: name a file, as in sqlite:///podgraph.db"
        )
    return url.set(drivername=driver)


def create_engine(url: str, *, pool_size: int = 10, patience: float = 5.0) -> AsyncEngine:
    """An engine whose transactions are real snapshots on both databases.

    Who finds all of the pool's connections in use waits `patience` seconds for one, and then gets an error.
    """
    address = database_url(url)
    if address.drivername == DRIVERS["sqlite"]:
        # The driver would tell of a file that can not be opened from a thread that outlives its loop.
        sqlite3.connect(str(address.database)).close()
    engine = create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        # What was asked for is nobody's business who reads the log of what went wrong.
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode(),
        connect_args=dict(CONNECT[address.drivername]),
    )
    if engine.dialect.name == "postgresql":
        event.listen(engine.sync_engine, "checkout", _still_open)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _still_open(connection: Any, _record: Any, _proxy: Any) -> None:
    # The database may have been away since. The driver knows it without asking, and the pool connects anew.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Python's driver would begin a transaction only before a write: a reader would have no snapshot.
    connection.isolation_level = None
    connection.create_function("alphabetical", 1, alphabetical, deterministic=True)
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at the start: one that reads first and writes later could never wait its turn.
    reading = connection.get_execution_options().get("snapshot", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@cache
def reading(engine: AsyncEngine) -> AsyncEngine:
    """The same engine, whose transactions only read."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(snapshot=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


async def fetch_at_once(
    engine: AsyncEngine, prepared: Prepared, parameters: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """All rows of a prepared statement that is a transaction in itself, in one round trip."""
    taken = await engine.raw_connection()
    try:
        return await fetch_from(taken.driver_connection, prepared, parameters)
    finally:
        await _give_back(taken)


async def _give_back(taken: PoolProxiedConnection) -> None:
    # As SQLAlchemy gives back a connection of its own: the pool may wait for the driver.
    await greenlet_spawn(taken.close)


class SnapshotClosed(RuntimeError):
    """A statement came after the end of the operation that it belongs to."""


class Snapshot:
    """One read-only transaction: everything that an operation reads, it reads as of one moment.

    It begins with the first statement, so that an operation that reads nothing takes no
    connection, and runs one statement at a time, whoever asks. Given a transaction that is under way,
    it shows what that one would leave behind, and rolls it back at the end.

    A statement of which nothing but the answer is made is a snapshot in itself: to begin and end a
    transaction round it would take two more round trips.
    """

    def __init__(self, engine: AsyncEngine, transaction: AsyncConnection | None = None) -> None:
        self._engine = engine
        self._connection = transaction
        self._alone: PoolProxiedConnection | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        self._runner: asyncio.Task[Any] | None = None
        self.statements = 0

    async def rows(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """All rows of one statement."""
        async with self._statement() as connection:
            return (await connection.execute(statement, parameters)).all()

    async def fetch(
        self, prepared: Prepared, parameters: Mapping[str, Any], *, alone: bool = False
    ) -> Sequence[Sequence[Any]]:
        """All rows of a prepared statement, as the driver has them; `alone` if no other is read with it."""
        if alone and self._connection is None:
            return await self._fetch_alone(prepared, parameters)
        async with self._statement() as connection:
            return await fetch(connection, prepared, parameters)

    async def _fetch_alone(
        self, prepared: Prepared, parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        async with self._turn:
            self._runner = asyncio.current_task()
            try:
                self._count()
                self._alone = await (await self._readable()).raw_connection()
                return await fetch_from(self._alone.driver_connection, prepared, parameters)
            finally:
                self._runner = None
                if self._alone is not None:
                    await _give_back(self._alone)
                    self._alone = None

    @property
    def dialect(self) -> Dialect:
        return self._engine.dialect

    @asynccontextmanager
    async def _statement(self) -> AsyncIterator[AsyncConnection]:
        """The connection, for one statement that `close` may end."""
        async with self._turn:
            self._runner = asyncio.current_task()
            try:
                yield await self._counted()
            finally:
                self._runner = None

    async def _counted(self) -> AsyncConnection:
        """The connection, for one more statement."""
        self._count()
        if self._connection is None:
            self._connection = await reading(await self._readable()).connect()
        return self._connection

    def _count(self) -> None:
        if self._closed:
            # A field that nobody waits for any more may come late: it must not take a connection again.
            raise SnapshotClosed("the operation has ended")
        self.statements += 1

    async def _readable(self) -> AsyncEngine:
        """The engine to read from."""
        return self._engine

    async def _interrupt(self) -> None:
        """End the statement that runs, in the database too."""
        if self._runner is None:
            return
        taken = proxied(self._connection) if self._connection is not None else self._alone
        if self.dialect.name == "sqlite" and taken is not None:
            # It runs in a thread, which would not notice that nobody waits any longer.
            driver: Any = taken.driver_connection
            await driver.interrupt()
        else:
            self._runner.cancel()

    async def close(self) -> None:
        """End the transaction and give the connection back, for good; a statement still running is ended."""
        # If one runs, then for somebody who has stopped waiting: the operation is over, or out of time.
        await self._interrupt()
        async with self._turn:
            self._closed = True
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
