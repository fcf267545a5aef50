"""Pooled connections, which return to the pool clean or are closed.

    async with pool_connection(engine) as connection:
        await connection.begin()
        await connection.fetch(text, arguments)
        await connection.commit()

A deadline or a disconnected client may cancel a task in the middle of a message to the database, which leaves the
connection in a transaction, a statement or half a response. `PooledConnection.release` checks the connection: it
is clean if every call of the driver has returned or was rejected by the server, if it is open, and if the server
reports no transaction. Any other connection is removed from the pool and closed in the background: its statement
is cancelled on the server, and no task waits for a database that does not respond.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar

from asyncpg import Connection as AsyncpgConnection  # type: ignore[import-untyped]
from asyncpg import PostgresError
from sqlalchemy import CursorResult, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from podgraph.database.availability import FAILURES

T = TypeVar("T")
Rows = Sequence[Sequence[Any]]

ROLLBACK_SECONDS = 0.25
"""Timeout of a rollback in seconds. After it the connection is closed, which rolls back too."""
CLOSE_SECONDS = 0.25
"""Timeout in seconds for the server to cancel a statement, before its connection is aborted."""

DISPOSE_SECONDS = 2.0
"""Timeout in seconds for connections that are closing when their engine is disposed."""

OWN_TRANSACTIONS = "own_transactions"
"""Execution option of connections whose transactions are begun by `PooledConnection.begin`."""

_closing: set[asyncio.Task[None]] = set()
"""Connections that are being closed. The event loop itself keeps no reference to a task."""


class BoundedConnection(AsyncpgConnection):  # type: ignore[misc]
    """A driver connection that closes in bounded time, also when SQLAlchemy closes it."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the driver's own
        await super().close(timeout=min(CLOSE_SECONDS, timeout or CLOSE_SECONDS))


class OutcomeUnknown(Exception):
    """COMMIT was sent, and the connection broke before the server confirmed it."""


class PooledConnection:
    """A connection of an engine's pool until it is released; not safe for concurrent tasks.

    `fetch` passes statements to the driver, `execute` to SQLAlchemy. Both raise the errors of the driver or of
    SQLAlchemy.
    """

    def __init__(self, engine: AsyncEngine, pooled: PoolProxiedConnection, connection: AsyncConnection | None) -> None:
        self.dialect: Dialect = engine.dialect
        self._pooled, self._connection = pooled, connection
        self.driver: Any = pooled.driver_connection
        self._transaction: Any = None
        self._in_call = False
        self._refused = False
        self.outcome_unknown = False
        """Whether COMMIT was sent and has not been confirmed."""

    async def fetch(self, text: str, arguments: Sequence[Any]) -> Rows:
        """All rows of one statement, without conversion."""
        if self.dialect.name == "sqlite":
            return list(await self._call(self.driver.execute_fetchall, text, arguments))
        rows: Rows = await self._call(self.driver.fetch, text, *arguments)
        return rows

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """The result of one statement, compiled and cached by SQLAlchemy."""
        assert self._connection is not None, "the connection is `driver_only`"
        return await self._call(self._connection.execute, statement, parameters)

    async def begin(self, *, read_only: bool = False) -> None:
        """Begin a transaction; a read-only one is a snapshot as of its first statement.

        On SQLite a write transaction takes its lock here: upgrading a read lock could deadlock.
        """
        if self.dialect.name == "sqlite":
            await self._call(self.driver.execute, "BEGIN" if read_only else "BEGIN IMMEDIATE")
            self._transaction = self.driver
        else:
            isolation = "repeatable_read" if read_only else None
            transaction = self.driver.transaction(isolation=isolation, readonly=read_only)
            await self._call(transaction.start)
            self._transaction = transaction

    async def commit(self) -> None:
        """Commit; OutcomeUnknown if the connection broke before the server confirmed it."""
        if self._refused:
            # PostgreSQL responds to COMMIT with ROLLBACK, which the driver treats as success.
            raise RuntimeError("a statement of this transaction failed: roll back")
        self.outcome_unknown = True
        try:
            await self._call(self._transaction.commit)
        except Exception as error:
            if self._in_call:
                raise OutcomeUnknown from error
            self.outcome_unknown = False
            raise
        self._transaction, self.outcome_unknown = None, False

    async def _call(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """The result of one call of the driver."""
        if self._in_call:
            raise ConnectionError("an earlier statement of this connection did not end")
        self._in_call = True
        try:
            result = await function(*arguments)
        except Exception as error:
            self._refused = _is_refusal(error)
            self._in_call = not self._refused
            raise
        self._in_call = False
        return result

    async def release(self) -> None:
        """Roll back what was not committed; return the connection to the pool clean, or close it."""
        try:
            if self._transaction is not None and not self._in_call:
                async with asyncio.timeout(ROLLBACK_SECONDS):
                    await self._call(self._transaction.rollback)
        except FAILURES:
            # The transaction ends with its connection, which is not clean.
            pass
        finally:
            self._transaction = None
            if self._is_clean:
                await self._give_back()
            else:
                self.discard()

    @property
    def _is_clean(self) -> bool:
        """Whether the connection can be reused, as defined in the module docstring."""
        if self._in_call:
            return False
        if self.dialect.name == "sqlite":
            return not self.driver.in_transaction
        return not (self.driver.is_closed() or self.driver.is_in_transaction())

    async def _give_back(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        else:
            # The pool may await the driver, which requires SQLAlchemy's greenlet.
            await greenlet_spawn(self._pooled.close)

    def discard(self) -> None:
        """Take the connection out of the pool, and close it in the background."""
        self._pooled.detach()
        task = asyncio.get_running_loop().create_task(_close(self.driver, self.dialect.name))
        _closing.add(task)
        task.add_done_callback(_closing.discard)


async def _close(driver: Any, dialect: str) -> None:
    """Cancel the running statement and close the connection."""
    try:
        if dialect == "sqlite":
            await driver.interrupt()
            await driver.close()
        else:
            await driver.close()
    except (*FAILURES, ValueError):
        # The driver has aborted the connection at the timeout; aiosqlite raises ValueError for a closed one.
        pass


async def dispose(engine: AsyncEngine) -> None:
    """Close all connections of an engine, and wait for those that are closing already."""
    await engine.dispose()
    loop = asyncio.get_running_loop()
    if closing := [task for task in _closing if task.get_loop() is loop]:
        await asyncio.wait(closing, timeout=DISPOSE_SECONDS)


def _is_refusal(error: BaseException) -> bool:
    """Whether the server rejected a statement and the connection is still usable."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    while cause is not None and not isinstance(cause, (PostgresError, sqlite3.Error)):
        cause = cause.__cause__
    if isinstance(cause, PostgresError):
        # Only errors sent by the server have a severity; FATAL and PANIC end the connection.
        return getattr(cause, "severity_en", None) == "ERROR"
    return isinstance(cause, sqlite3.Error)


@asynccontextmanager
async def pool_connection(engine: AsyncEngine) -> AsyncIterator[PooledConnection]:
    """A connection of the pool for a `with` block."""
    connection = await connect(engine)
    try:
        yield connection
    finally:
        await connection.release()


async def connect(engine: AsyncEngine, *, driver_only: bool = False) -> PooledConnection:
    """A connection of the pool, to be released by the caller; `driver_only` if `execute` is not needed."""
    if driver_only:
        return PooledConnection(engine, await engine.raw_connection(), None)
    connection = await _without_transactions(engine).connect()
    assert connection.sync_connection is not None
    return PooledConnection(engine, connection.sync_connection.connection, connection)


@cache
def _without_transactions(engine: AsyncEngine) -> AsyncEngine:
    """The engine with connections on which SQLAlchemy begins no transactions."""
    options: Mapping[str, Any] = (
        {OWN_TRANSACTIONS: True} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    )
    return engine.execution_options(**options)
