"""The snapshot: one read-only transaction for everything that an operation reads."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Dialect, Executable, Row
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.compiled import CompiledStatement, fetch
from podgraph.database.connections import PooledConnection, connect
from podgraph.database.engine import fetch_autocommit


class SnapshotClosed(RuntimeError):
    """A statement came after the end of the operation that it belongs to."""


class Snapshot:
    """One read-only transaction: everything that an operation reads, it reads as of one moment.

    It begins with the first statement, so that an operation that reads nothing takes no
    connection, and runs one statement at a time for all of its tasks. Given a transaction that is under way,
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

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """All rows of one statement."""
        async with self._statement():
            return (await (await self._connection_in_transaction()).execute(statement, parameters)).all()

    async def fetch(
        self, prepared: CompiledStatement, parameters: Mapping[str, Any], *, alone: bool = False
    ) -> Sequence[Sequence[Any]]:
        """All rows of a prepared statement, as the driver has them; `alone` if no other is read with it."""
        async with self._statement():
            if alone and self._connection is None:
                return await fetch_autocommit(await self._read_engine(), prepared, parameters)
            return await fetch(await self._connection_in_transaction(), prepared, parameters)

    @property
    def dialect(self) -> Dialect:
        return self._engine.dialect

    @asynccontextmanager
    async def _statement(self) -> AsyncIterator[None]:
        """The turn of one statement, which `close` may end."""
        async with self._turn:
            if self._closed:
                # A field may be resolved after its operation has ended: it must not take a connection again.
                raise SnapshotClosed("the operation has ended")
            self.statements += 1
            self._runner = asyncio.current_task()
            try:
                yield
            finally:
                self._runner = None

    async def _connection_in_transaction(self) -> PooledConnection:
        """The connection, in its transaction."""
        if self._connection is None:
            connection = await connect(await self._read_engine())
            if self._closed:
                connection.discard()
                raise SnapshotClosed("the operation has ended")
            self._connection = connection
            await connection.begin(read_only=True)
        return self._connection

    async def _read_engine(self) -> AsyncEngine:
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
