"""Snapshot: one read-only transaction for all reads of an operation."""

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
    """A statement was started after the end of its operation."""


class Snapshot:
    """One read-only transaction, in which an operation reads a consistent state.

    The transaction begins with the first statement, so that an operation without reads takes no connection. The
    tasks of the operation run their statements one after another. If a write transaction is passed, the snapshot
    reads its uncommitted changes and does not end it.

    An operation with a single statement needs no transaction, which saves two round trips.
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
        """All rows of a compiled statement, without conversion; `alone` if the operation reads nothing else."""
        async with self._statement():
            if alone and self._connection is None:
                return await fetch_autocommit(await self._read_engine(), prepared, parameters)
            return await fetch(await self._connection_in_transaction(), prepared, parameters)

    @property
    def dialect(self) -> Dialect:
        return self._engine.dialect

    @asynccontextmanager
    async def _statement(self) -> AsyncIterator[None]:
        """Run one statement, which `close` may cancel."""
        async with self._turn:
            if self._closed:
                # A field that is resolved after the end of its operation must not take a connection.
                raise SnapshotClosed("the operation has ended")
            self.statements += 1
            self._runner = asyncio.current_task()
            try:
                yield
            finally:
                self._runner = None

    async def _connection_in_transaction(self) -> PooledConnection:
        """The connection; the first call begins the transaction."""
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
        """End the transaction and return the connection permanently; a running statement is cancelled."""
        self._closed = True
        connection, self._connection = self._connection, None
        if self._runner is not None:
            # The operation has ended or timed out, so the result is not needed.
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
