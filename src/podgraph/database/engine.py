"""Engines for SQLite and PostgreSQL."""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from podgraph.database.alphabet import sort_key
from podgraph.database.compiled import CompiledStatement, fetch
from podgraph.database.connections import OWN_TRANSACTIONS, BoundedConnection, connect

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


# Every statement is designed for indexes, whatever its parameters: planning a nested statement for each execution,
# or JIT compilation, takes PostgreSQL longer than executing it.
PLANNER_SETTINGS = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
# The API has some hundred statements, all of which stay prepared: those of SQLAlchemy and those of the driver.
STATEMENT_CACHE = {"prepared_statement_cache_size": 1000, "statement_cache_size": 1000}
# PgBouncer in transaction mode may use another server connection for each transaction, so there are no named
# prepared statements. It rejects unknown startup parameters, so there are no server settings.
POOLED = {
    "prepared_statement_cache_size": 0,
    "statement_cache_size": 0,
    "prepared_statement_name_func": str,
    "server_settings": {},
}
POOLER = "pgbouncer"
"""URL parameter and engine option for a database behind a transaction pooler."""
CONNECT: Mapping[str, Mapping[str, Any]] = {
    DRIVERS["sqlite"]: {},
    # A lost server is detected within two seconds.
    DRIVERS["postgresql"]: {
        "timeout": 1.5,
        "connection_class": BoundedConnection,
        "server_settings": PLANNER_SETTINGS,
        **STATEMENT_CACHE,
    },
}
"""Connection arguments by driver."""


class DatabaseUrlError(ValueError):
    """The database URL cannot be used; the message contains a valid example."""


def database_url(text: str | URL) -> URL:
    """Parse `sqlite:///file.db` or `postgresql://user@host/name`, and add the driver."""
    try:
        url = make_url(text)
        driver = DRIVERS[url.get_backend_name()]
    except (ArgumentError, KeyError, ValueError) as error:
        raise DatabaseUrlError(
            f"PODGRAPH_DATABASE_URL is '{text}'; use sqlite:///podgraph.db or postgresql://user@host/name"
        ) from error
    if driver == DRIVERS["sqlite"] and url.database in (None, "", ":memory:"):
        raise DatabaseUrlError(
            "PODGRAPH_DATABASE_URL names an in-memory SQLite database; use a file, e.g. sqlite:///podgraph.db"
        )
    return url.set(drivername=driver)


def _without_pooler(url: URL) -> tuple[URL, bool]:
    """The URL without the parameter `pgbouncer`, and whether the parameter is true."""
    given = url.query.get(POOLER, "false")
    if given not in ("true", "false"):
        raise DatabaseUrlError(f"The database URL has {POOLER}={given}; use {POOLER}=true")
    return url.difference_update_query([POOLER]), given == "true"


def create_engine(
    url: str | URL, *, pool_size: int = 10, pool_timeout: float = 5.0, statement_seconds: float | None = None
) -> AsyncEngine:
    """Create an engine whose read-only transactions are snapshots on both databases.

    If all connections of the pool are in use for `pool_timeout` seconds, the caller gets an error. A `pool_size`
    of 0 disables the pool: each connection is opened on demand and closed after use. A statement that PostgreSQL
    does not complete within `statement_seconds` is cancelled with TimeoutError.
    """
    address, pooler = _without_pooler(database_url(url))
    if address.drivername == DRIVERS["sqlite"]:
        # aiosqlite would report a file that cannot be opened from a thread that outlives its event loop.
        sqlite3.connect(str(address.database)).close()
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pool_size:
        pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": pool_timeout}
    arguments = {**CONNECT[address.drivername], **(POOLED if pooler else {})}
    if statement_seconds and address.drivername == DRIVERS["postgresql"]:
        arguments["command_timeout"] = statement_seconds
    engine = create_async_engine(
        address,
        **pool,
        # Parameters are private data and must not be logged with errors.
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode(),
        connect_args=arguments,
        execution_options={POOLER: pooler},
    )
    if engine.dialect.name == "postgresql":
        event.listen(engine.sync_engine, "checkout", _check_open)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "connect", partial(_note_file, str(address.database)))
        event.listen(engine.sync_engine, "checkout", partial(_check_file, str(address.database)))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _check_open(connection: Any, _record: Any, _proxy: Any) -> None:
    # The database may have restarted. The driver detects it without a query, and the pool reconnects.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # By default Python's driver begins a transaction before the first write, so reads would have no snapshot.
    connection.isolation_level = None
    connection.create_function("alphabetical", 1, sort_key, deterministic=True)
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _note_file(path: str, _connection: Any, record: Any) -> None:
    record.info["file"] = file_identity(path)


def _check_file(path: str, _connection: Any, record: Any, _proxy: Any) -> None:
    # A backup may have replaced the file: writes to the old file would be lost.
    if record.info["file"] != file_identity(path):
        raise DisconnectionError


def file_identity(path: str) -> tuple[int, int] | None:
    """Device and inode of a file, which change when it is replaced; None if it does not exist."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _begin_sqlite(connection: Connection) -> None:
    # A write transaction takes its lock at the start: upgrading a read lock could deadlock.
    options = connection.get_execution_options()
    if not options.get(OWN_TRANSACTIONS):
        connection.exec_driver_sql("BEGIN" if options.get("snapshot") else "BEGIN IMMEDIATE")


async def fetch_autocommit(
    engine: AsyncEngine, prepared: CompiledStatement, parameters: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """All rows of a compiled statement in autocommit mode: one round trip, without BEGIN and COMMIT."""
    connection = await connect(engine, driver_only=True)
    try:
        return await fetch(connection, prepared, parameters)
    finally:
        await connection.release()
