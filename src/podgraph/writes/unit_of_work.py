"""Unit of work: one write transaction with row locks and batched statements.

    pod = await unit.lock(PODS, "POD-26-000008")     the record, locked until the end of the transaction
    pod = await unit.update(pod, status="PAUSED")    the updated record, with the next version

Locks are taken from the root down (pod, scope or ticket first, then pools, then other records), so that concurrent
writes do not deadlock. On SQLite a write transaction locks the whole database.

Inserts and updates are deferred until the next read or `flush`. PostgreSQL then executes them as one statement,
which keeps row locks short. Reads that belong together are also sent as one statement.
"""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ClauseElement,
    Dialect,
    Executable,
    FromClause,
    Row,
    and_,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import SQLModel

from podgraph.database.compiled import BoundStatement, CompiledStatement, fetch_all
from podgraph.database.connections import PooledConnection, pool_connection
from podgraph.database.model import table_of
from podgraph.database.read_model import R, ReadModel
from podgraph.database.tenancy import Tenancy
from podgraph.kernel.ids import prefix_of
from podgraph.writes.ids import ids_from_rows, issue_statement, wanted_ids

T = TypeVar("T")

BATCH_SIZE = 30
"""Maximum number of rows in one statement."""

NEW_ROW, ANY_ROW = object(), object()
"""Placeholders for the key of an inserted row, and for the keys of rows that a statement selects itself."""

Rows = Sequence[Sequence[Any]]
Otherwise = Callable[[], Awaitable[None]]

ATTEMPTS = 6
"""Maximum attempts of a transaction that conflicts with others."""

_CONFLICTS = {"40001", "40P01"}
"""SQLSTATE of errors that are retried: serialization failure and deadlock."""

_WRITE_LOCKS: WeakKeyDictionary[AsyncEngine, asyncio.Lock] = WeakKeyDictionary()
"""Write locks by SQLite engine: SQLite's busy handler is not fair, and times out."""


class UnitOfWork:
    """One write transaction.

    `now` is the time of the transaction, and not earlier than the last change of any record that it locks. Records
    that are not visible to `tenancy` do not exist for it.
    """

    def __init__(self, connection: PooledConnection, tenancy: Tenancy, now: datetime) -> None:
        self.connection, self.tenancy, self.now = connection, tenancy, now
        self.statements = 0
        self._parameters = tenancy.parameters(now)
        self._pending: list[tuple[CompiledStatement, Mapping[str, Any], Otherwise | None]] = []
        self._changed: dict[type[SQLModel], set[Any]] = {}
        self._workspaces: dict[str, str | None] = {}

    async def rows(self, statement: Executable, **parameters: Any) -> Sequence[Row[Any]]:
        """All rows of one statement; `now` and `organizations` are added to the parameters."""
        rows: Sequence[Row[Any]] = (await self.run(statement, {**self._parameters, **parameters})).all()
        return rows

    async def find(self, relation: ReadModel[R], identity: str) -> R | None:
        """The record with this id; None if it does not exist or is not visible."""
        return await self._by_id(relation, identity, lock=False)

    async def lock(self, relation: ReadModel[R], identity: str) -> R | None:
        """The record with this id, locked until the end of the transaction."""
        return await self._by_id(relation, identity, lock=True)

    async def _by_id(self, relation: ReadModel[R], identity: str, *, lock: bool) -> R | None:
        if prefix_of(identity) != relation.prefix:
            return None
        found = await self.select(relation, lock=lock, id=identity)
        return found[0] if found else None

    async def select(self, relation: ReadModel[R], *, lock: bool = False, **equals: Any) -> list[R]:
        """The records whose columns equal these values, ordered by primary key; `lock` locks them."""
        if lock and self.connection.dialect.name == "postgresql":
            # After waiting for a lock the record is read again: its computed columns predate the wait.
            await self._read(self._select(relation, equals, lock=True))
        (rows,) = await self._read(self._select(relation, equals))
        records = relation.records(rows)
        self._remember_workspaces(relation, records)
        if lock:
            self._advance_now(records)
        return records

    def _advance_now(self, records: Iterable[Any]) -> None:
        # Another transaction that began later, or on a machine whose clock is ahead, may have changed the record
        # first. The time of this change must not be earlier.
        self.now = max([self.now, *(getattr(one, "updated_at", self.now) for one in records)])
        self._parameters["now"] = self.now

    async def select_each(self, *wanted: tuple[ReadModel, Mapping[str, Any]]) -> list[list[Any]]:
        """`select` for several read models in one statement."""
        found = await self._read(*(self._select(relation, equals) for relation, equals in wanted))
        records = [relation.records(rows) for (relation, _), rows in zip(wanted, found, strict=True)]
        for (relation, _), each in zip(wanted, records, strict=True):
            self._remember_workspaces(relation, each)
        return records

    def _remember_workspaces(self, relation: ReadModel, records: Iterable[Any]) -> None:
        if relation.workspace is not None and relation.identity == "id":
            self._workspaces.update((one.id, getattr(one, relation.workspace)) for one in records)

    def _select(self, relation: ReadModel, equals: Mapping[str, Any], *, lock: bool = False) -> BoundStatement:
        names = tuple(sorted(equals))
        statement = _select_statement(relation, names, self.tenancy.shape, self.connection.dialect, lock=lock)
        return statement, {**self._parameters, **equals}

    async def insert(self, model: type[SQLModel], *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Insert rows, and return them with the defaults of omitted columns."""
        whole = [{**_defaults(model), **row} for row in rows]
        statement = _insert_statement(model, self.connection.dialect)
        for row in whole:
            await self._enqueue(model, NEW_ROW, statement, row)
        return whole

    async def update(self, record: R, **values: Any) -> R:
        """Update columns of a record, and increment its version if it has one."""
        held: Any = record
        table: FromClause = held.relation.table
        if "version" in table.c:
            values["version"] = held.version + 1
        if "updated_at" in table.c:
            values["updated_at"] = self.now
        keys = {f"key_{column.name}": getattr(record, column.name) for column in _key_columns(table)}
        statement = _update_statement(table, tuple(sorted(values)), self.connection.dialect)
        await self._enqueue(held.relation.model, tuple(keys.values()), statement, {**keys, **values})
        changed: R = held._replace(**values)
        return changed

    async def execute_deferred(
        self,
        model: type[SQLModel],
        statement: ClauseElement,
        values: Mapping[str, Any],
        otherwise: Otherwise | None = None,
    ) -> None:
        """Defer a custom statement on a table; `otherwise` is called if it returns no rows."""
        await self._enqueue(model, ANY_ROW, _prepared(statement, self.connection.dialect), values, otherwise)

    async def _enqueue(
        self,
        model: type[SQLModel],
        row: Any,
        statement: CompiledStatement,
        values: Mapping[str, Any],
        otherwise: Otherwise | None = None,
    ) -> None:
        # Statements sent together are unordered and do not see each other's changes: each row is changed once, and
        # inserts that depend on an update (UNIQUE) must come after it.
        others = self._changed.get(model, set())
        apart = {NEW_ROW: others - {NEW_ROW}, ANY_ROW: others}.get(row, others & {NEW_ROW, ANY_ROW, row})
        if apart or len(self._pending) == BATCH_SIZE:
            await self.flush()
        self._changed.setdefault(model, set()).add(row)
        self._pending.append((statement, values, otherwise))

    async def flush(self, *extra: BoundStatement) -> list[Rows]:
        """Send the deferred changes to the database.

        `extra` are independent statements that are sent together with them; their rows are returned.
        """
        waiting, self._pending, self._changed = self._pending, [], {}
        found = await self._send([*((statement, values) for statement, values, _ in waiting), *extra])
        for (_, _, otherwise), rows in zip(waiting, found, strict=False):
            if otherwise is not None and not rows:
                await otherwise()
        return found[len(waiting) :]

    async def _read(self, *statements: BoundStatement) -> list[Rows]:
        """The rows of several statements, after the deferred changes."""
        await self.flush()
        return await self._send(statements)

    async def _send(self, statements: Sequence[BoundStatement]) -> list[Rows]:
        if not statements:
            return []
        self.statements += len(statements) if self.connection.dialect.name == "sqlite" else 1
        found = await fetch_all(self.connection, statements)
        return [statement.rows(rows) for (statement, _), rows in zip(statements, found, strict=True)]

    async def issue(self, **counts: int) -> dict[str, list[str]]:
        """New ids by prefix: call once per transaction, after all other locks."""
        wanted = wanted_ids(counts)
        if not wanted:
            return {}
        (lasts,) = await self.flush(issue_statement(wanted, self.connection.dialect))
        return ids_from_rows(wanted, lasts, self.now.year)

    async def run(self, statement: Executable, parameters: Any = None) -> Any:
        """The result of any one statement, after the deferred changes."""
        await self.flush()
        self.statements += 1
        return await self.connection.execute(statement, parameters)


@asynccontextmanager
async def begin_write(engine: AsyncEngine) -> AsyncIterator[PooledConnection]:
    """A connection in a write transaction, which is rolled back unless it is committed."""
    waits = engine.dialect.name == "sqlite"
    turn = _WRITE_LOCKS.setdefault(engine, asyncio.Lock()) if waits else nullcontext()
    async with turn, pool_connection(engine) as connection:
        await connection.begin()
        yield connection


class RetriesExhausted(Exception):
    """Every attempt conflicted with other transactions; nothing was written."""


async def retry_on_conflict(attempt: Callable[[], Awaitable[T]]) -> T:
    """Run a transaction, and retry it on conflicts; RetriesExhausted after ATTEMPTS."""
    for number in range(1, ATTEMPTS + 1):
        try:
            return await attempt()
        except Exception as error:
            if not is_conflict(error):
                raise
            # Jittered back-off, so that conflicting transactions do not retry in lockstep.
            await asyncio.sleep(random.uniform(0, 0.01) * 2**number)
    raise RetriesExhausted


def is_conflict(error: Exception) -> bool:
    """Whether a transaction failed because of a concurrent one, and can be retried."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.OperationalError):
        return "database is locked" in str(cause)
    return getattr(cause, "sqlstate", None) in _CONFLICTS


@lru_cache(maxsize=1000)
def _select_statement(
    relation: ReadModel, names: tuple[str, ...], tenancy: Tenancy, dialect: Dialect, *, lock: bool
) -> CompiledStatement:
    source = relation.source()
    keys = [source.table.c[column.name] for column in relation.table.primary_key]
    chosen = keys if lock else source.columns
    wanted = [source[name] == bindparam(name, type_=source[name].type) for name in names]
    statement = select(*chosen).where(*wanted, *source.tenant_filter(tenancy)).order_by(*keys)
    # NO KEY UPDATE: other transactions may still insert rows that refer to the locked rows.
    return CompiledStatement(statement.with_for_update(key_share=True, of=source.table) if lock else statement, dialect)


_prepared = lru_cache(maxsize=200)(CompiledStatement)


@lru_cache(maxsize=200)
def _key_columns(table: FromClause) -> tuple[Any, ...]:
    """The columns that identify a row: its primary key and its organization, the distribution key if sharded."""
    keys, owner = tuple(table.primary_key), table.c.get("organization_id")
    return keys if owner is None or owner.primary_key else (*keys, owner)


@lru_cache(maxsize=1000)
def _update_statement(table: Any, names: tuple[str, ...], dialect: Dialect) -> CompiledStatement:
    keys = and_(*(column == bindparam(f"key_{column.name}") for column in _key_columns(table)))
    return CompiledStatement(update(table).where(keys).values({name: bindparam(name) for name in names}), dialect)


@lru_cache(maxsize=1000)
def _insert_statement(model: type[SQLModel], dialect: Dialect) -> CompiledStatement:
    return CompiledStatement(insert(table_of(model)).inline(), dialect)


@lru_cache(maxsize=200)
def _defaults(model: type[SQLModel]) -> Mapping[str, Any]:
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required()
    }
