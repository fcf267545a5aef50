"""Classification of database errors: unavailable, or a fault of the statement."""

import sqlite3
from collections.abc import Iterator
from traceback import walk_tb

from asyncpg import InterfaceError, PostgresError  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

FAILURES = (OSError, TimeoutError, SQLAlchemyError, PostgresError, InterfaceError, sqlite3.Error)
"""Exceptions of SQLAlchemy and the drivers for a statement that failed."""

_STATES = ("08", "57P", "53", "58", "25006")
"""SQLSTATE prefixes of an unavailable database: connection, shutdown, resources, system, read-only server."""
_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
"""SQLite error codes for a file that cannot be read or written at the moment."""

_LAYERS = ("asyncpg", "aiosqlite", "sqlalchemy", "podgraph.database")
"""Prefixes of the modules that communicate with the database."""


def is_pool_timeout(error: BaseException) -> bool:
    """Whether no connection of the pool became free within the pool timeout."""
    return isinstance(error, PoolTimeout)


def is_unreachable(error: BaseException) -> bool:
    """Whether the database is unavailable: stopped, starting or disconnected."""
    return any(_is_cut_off(each) for each in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = (error.orig if isinstance(error, DBAPIError) else None) or error.__cause__


def _is_cut_off(error: BaseException) -> bool:
    if isinstance(error, OSError) and _is_of_the_database(error):
        # Network errors and connection timeouts.
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if (getattr(error, "sqlstate", None) or "").startswith(_STATES):
        return True
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_CODES:
        return True
    # asyncpg has no error class for a connection that the server has closed.
    return type(error).__module__.startswith("asyncpg") and "clos" in str(error)


def _is_of_the_database(error: BaseException) -> bool:
    """Whether a database module raised the error: files raise OSError too."""
    frames = (frame for frame, _ in walk_tb(error.__traceback__))
    return any(str(frame.f_globals.get("__name__")).startswith(_LAYERS) for frame in frames)
