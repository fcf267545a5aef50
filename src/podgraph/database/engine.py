"""Engines for the two databases, and the snapshot that one operation reads."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self

import orjson
from sqlalchemy import Connection, Dialect, Executable, Row, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from podgraph.database.alphabet import alphabetical
from podgraph.database.connections import OWN_TRANSACTIONS, BoundedConnection, PooledConnection, connect
from podgraph.database.prepared import Prepared, fetch

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


# Statements are written to be led by indexes, whatever they are given: to plan a nested one again for
# each execution, or to compile it, takes PostgreSQL longer than to answer it.
PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
# The API has some hundred statements: all of them stay prepared, SQLAlchemy's and those handed to the driver.
REMEMBERED = {"prepared_statement_cache_size": 1000, "statement_cache_size": 1000}
# PgBouncer in transaction mode gives each transaction another server: no statement keeps a name, and no
# session is set up, since it refuses what it does not know in a startup message.
POOLED = {
    "prepared_statement_cache_size": 0,
    "statement_cache_size": 0,
    "prepared_statement_name_func": str,
    "server_settings": {},
}
POOLER = "pgbouncer"
"""The parameter of a database's address, and the engine's option, for a transaction pooler in between."""
CONNECT: Mapping[str, Mapping[str, Any]] = {
    DRIVERS["sqlite"]: {},
    # A server that is cut off should be told of within two seconds.
    DRIVERS["postgresql"]: {
        "timeout": 1.5,
        "connection_class": BoundedConnection,
        "server_settings": PLANNED_ONCE,
        **REMEMBERED,
    },
}
"""What drivers are told of each connection."""


class DatabaseUrlError(ValueError):
    """The database's address can not be used; the message says what to write instead."""


def database_url(text: str | URL) -> URL:
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


def _without_pooler(url: URL) -> tuple[URL, bool]:
    """The address without the parameter that only we read, and whether it is `pgbouncer=true`."""
    given = url.query.get(POOLER, "false")
    if given not in ("true", "false"):
        raise DatabaseUrlError(f"The database's address has {POOLER}={given}: write {POOLER}=true")
    return url.difference_update_query([POOLER]), given == "true"


def create_engine(
    url: str | URL, *, pool_size: int = 10, patience: float = 5.0, statement_seconds: float | None = None
) -> AsyncEngine:
    """An engine whose transactions are real snapshots on both databases.

    Who finds all of the pool's connections in use waits `patience` seconds for one, and then gets an error.
    With a `pool_size` of 0 there is no pool: each connection is made when it is asked for, and closed after.
    A statement that PostgreSQL does not answer within `statement_seconds` is cancelled: TimeoutError.
    """
    address, pooler = _without_pooler(database_url(url))
    if address.drivername == DRIVERS["sqlite"]:
        # The driver would tell of a file that can not be opened from a thread that outlives its loop.
        sqlite3.connect(str(address.database)).close()
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pool_size:
        pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": patience}
    arguments = {**CONNECT[address.drivername], **(POOLED if pooler else {})}
    if statement_seconds and address.drivername == DRIVERS["postgresql"]:
        arguments["command_timeout"] = statement_seconds
    engine = create_async_engine(
        address,
        **pool,
        # What was asked for is nobody's business who reads the log of what went wrong.
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode(),
        connect_args=arguments,
        execution_options={POOLER: pooler},
    )
    if engine.dialect.name == "postgresql":
        event.listen(engine.sync_engine, "checkout", _still_open)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "connect", partial(_note_file, str(address.database)))
        event.listen(engine.sync_engine, "checkout", partial(_same_file, str(address.database)))
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


def _note_file(path: str, _connection: Any, record: Any) -> None:
    record.info["file"] = file_identity(path)


def _same_file(path: str, _connection: Any, record: Any, _proxy: Any) -> None:
    # A backup may have taken the file's place: what is written to the old one would be lost.
    if record.info["file"] != file_identity(path):
        raise DisconnectionError


def file_identity(path: str) -> tuple[int, int] | None:
    """What tells a file from another one at the same path; None where there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at the start: one that reads first and writes later could never wait its turn.
    options = connection.get_execution_options()
    if not options.get(OWN_TRANSACTIONS):
        connection.exec_driver_sql("BEGIN" if options.get("snapshot") else "BEGIN IMMEDIATE")


async def fetch_at_once(
    engine: AsyncEngine, prepared: Prepared, parameters: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """All rows of a prepared statement that is a transaction in itself, in one round trip."""
    connection = await connect(engine, driver_only=True)
    try:
        return await fetch(connection, prepared, parameters)
    finally:
        await connection.release()


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

    def __init__(self, engine: AsyncEngine, transaction: PooledConnection | None = None) -> None:
        self._engine = engine
        self._connection = transaction
        self._is_borrowed = transaction is not None
        self._turn = asyncio.Lock()
        self._closed = False
        self._runner: asyncio.Task[Any] | None = None
        self.statements = 0

    async def rows(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """All rows of one statement."""
        async with self._statement():
            return (await (await self._begun()).execute(statement, parameters)).all()

    async def fetch(
        self, prepared: Prepared, parameters: Mapping[str, Any], *, alone: bool = False
    ) -> Sequence[Sequence[Any]]:
        """All rows of a prepared statement, as the driver has them; `alone` if no other is read with it."""
        async with self._statement():
            if alone and self._connection is None:
                return await fetch_at_once(await self._readable(), prepared, parameters)
            return await fetch(await self._begun(), prepared, parameters)

    @property
    def dialect(self) -> Dialect:
        return self._engine.dialect

    @asynccontextmanager
    async def _statement(self) -> AsyncIterator[None]:
        """The turn of one statement, which `close` may end."""
        async with self._turn:
            if self._closed:
                # A field that nobody waits for any more may come late: it must not take a connection again.
                raise SnapshotClosed("the operation has ended")
            self.statements += 1
            self._runner = asyncio.current_task()
            try:
                yield
            finally:
                self._runner = None

    async def _begun(self) -> PooledConnection:
        """The connection, in its transaction."""
        if self._connection is None:
            connection = await connect(await self._readable())
            if self._closed:
                connection.discard()
                raise SnapshotClosed("the operation has ended")
            self._connection = connection
            await connection.begin(read_only=True)
        return self._connection

    async def _readable(self) -> AsyncEngine:
        """The engine to read from."""
        return self._engine

    async def close(self) -> None:
        """End the transaction and return the connection, for good; a statement still running is ended."""
        self._closed = True
        connection, self._connection = self._connection, None
        if self._runner is not None:
            # Its task waits for an operation that is over, or out of time.
            self._runner.cancel()
        if connection is None or self._is_borrowed:
            return
        if self._runner is not None:
            connection.discard()
        else:
            await connection.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
