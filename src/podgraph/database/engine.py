"""Engines for the two databases, and the snapshot that one operation reads."""

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

from podgraph.database.alphabet import alphabetical
from podgraph.database.compiled import CompiledStatement, fetch
from podgraph.database.connections import OWN_TRANSACTIONS, BoundedConnection, connect

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


# Statements are written to be led by indexes, whatever they are given: to plan a nested one again for
# each execution, or to compile it, takes PostgreSQL longer than to answer it.
PLANNER_SETTINGS = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
# The API has some hundred statements: all of them stay prepared, SQLAlchemy's and those handed to the driver.
STATEMENT_CACHE = {"prepared_statement_cache_size": 1000, "statement_cache_size": 1000}
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
        "server_settings": PLANNER_SETTINGS,
        **STATEMENT_CACHE,
    },
}
"""What drivers are told of each connection."""


class DatabaseUrlError(ValueError):
    """The database's address cannot be used; the message says what to write instead."""


def database_url(text: str | URL) -> URL:
    """Read `sqlite:///file.db` or `postgresql://user@host/name`, and name the driver for it."""
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
    """The address without the parameter that only we read, and whether it is `pgbouncer=true`."""
    given = url.query.get(POOLER, "false")
    if given not in ("true", "false"):
        raise DatabaseUrlError(f"The database URL has {POOLER}={given}; use {POOLER}=true")
    return url.difference_update_query([POOLER]), given == "true"


def create_engine(
    url: str | URL, *, pool_size: int = 10, pool_timeout: float = 5.0, statement_seconds: float | None = None
) -> AsyncEngine:
    """An engine whose transactions are real snapshots on both databases.

    If all connections of the pool are in use, a caller waits `pool_timeout` seconds, then gets an error.
    With a `pool_size` of 0 there is no pool: each connection is made when it is asked for, and closed after.
    A statement that PostgreSQL does not answer within `statement_seconds` is cancelled: TimeoutError.
    """
    address, pooler = _without_pooler(database_url(url))
    if address.drivername == DRIVERS["sqlite"]:
        # The driver would tell of a file that can not be opened from a thread that outlives its loop.
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
        # What was asked for is nobody's business who reads the log of what went wrong.
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


def _check_file(path: str, _connection: Any, record: Any, _proxy: Any) -> None:
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


async def fetch_autocommit(
    engine: AsyncEngine, prepared: CompiledStatement, parameters: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """All rows of a prepared statement that is a transaction in itself, in one round trip."""
    connection = await connect(engine, driver_only=True)
    try:
        return await fetch(connection, prepared, parameters)
    finally:
        await connection.release()
