"""The unit of work: one transaction of writes, which locks what it changes and reads what is true.

    pod = await unit.lock(PODS, "POD-26-000008")     the record, nobody else's until the end
    pod = await unit.update(pod, status="PAUSED")    version + 1, and the record as it is now

Locks are taken from the root down (pod, scope or ticket first, then pools, then the rest), so that two
writes wait for each other instead of for ever. On SQLite a unit has the whole database to itself.

What is inserted and updated waits until something is read, or the unit ends with `flush`: on PostgreSQL
it goes in one statement then, so that others wait for a lock as short as possible. What is read together
goes in one as well.
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

from podgraph.database.compiled import Asked, CompiledStatement, fetch_all
from podgraph.database.connections import PooledConnection, connected
from podgraph.database.read_model import R, ReadModel, Tenancy
from podgraph.kernel.ids import prefix_of
from podgraph.writes.ids import ids_from_rows, issuing, wanted_ids

T = TypeVar("T")

BATCH_SIZE = 30
"""Maximum number of rows in one statement."""

NEW_ROW, ANY_ROW = object(), object()
"""What stands for the key of a row that is inserted, and of rows that a statement looks for itself."""

Rows = Sequence[Sequence[Any]]
Otherwise = Callable[[], Awaitable[None]]

ATTEMPTS = 6
"""Maximum attempts of a transaction that conflicts with others."""

_CONFLICTS = {"40001", "40P01"}
"""PostgreSQL's states for what is worth another try: a serialization failure and a deadlock."""

_WRITE_LOCKS: WeakKeyDictionary[AsyncEngine, asyncio.Lock] = WeakKeyDictionary()
"""Whose turn it is to write on an SQLite engine: its own waiting is by chance, and gives up in the end."""


class UnitOfWork:
    """What one transaction locks, reads and changes, at a time `now`, which is not before what it locks.

    Records are those that `tenancy` may see: to a unit the others do not exist.
    """

    def __init__(self, connection: PooledConnection, tenancy: Tenancy, now: datetime) -> None:
        self.connection, self.tenancy, self.now = connection, tenancy, now
        self.statements = 0
        self._parameters = tenancy.parameters(now)
        self._waiting: list[tuple[CompiledStatement, Mapping[str, Any], Otherwise | None]] = []
        self._changed: dict[type[SQLModel], set[Any]] = {}

    async def rows(self, statement: Executable, **parameters: Any) -> Sequence[Row[Any]]:
        """All rows of one statement, which is given `now` and `organizations` besides."""
        rows: Sequence[Row[Any]] = (await self.run(statement, {**self._parameters, **parameters})).all()
        return rows

    async def find(self, relation: ReadModel[R], identity: str) -> R | None:
        """The record with this id as it is now, None where there is none that may be seen."""
        return await self._by_id(relation, identity, lock=False)

    async def lock(self, relation: ReadModel[R], identity: str) -> R | None:
        """The same, and nobody else changes it until this unit ends."""
        return await self._by_id(relation, identity, lock=True)

    async def _by_id(self, relation: ReadModel[R], identity: str, *, lock: bool) -> R | None:
        if prefix_of(identity) != relation.prefix:
            return None
        found = await self.select(relation, lock=lock, id=identity)
        return found[0] if found else None

    async def select(self, relation: ReadModel[R], *, lock: bool = False, **equals: Any) -> list[R]:
        """The records whose columns have these values, by id (or key); `lock` keeps others from them."""
        if lock and self.connection.dialect.name == "postgresql":
            # Whoever has waited for a row must look again: derived columns are as of before the waiting.
            await self._read(self._select(relation, equals, lock=True))
        (rows,) = await self._read(self._select(relation, equals))
        records = relation.records(rows)
        if lock:
            self._not_before(records)
        return records

    def _not_before(self, records: Iterable[Any]) -> None:
        # Who began later, or has a faster clock, may have been here sooner: what is done to a record is
        # not done before what was done to it.
        self.now = max([self.now, *(getattr(one, "updated_at", self.now) for one in records)])
        self._parameters["now"] = self.now

    async def select_each(self, *wanted: tuple[ReadModel, Mapping[str, Any]]) -> list[list[Any]]:
        """The same for several relations at once, each with the values of its columns."""
        found = await self._read(*(self._select(relation, equals) for relation, equals in wanted))
        return [relation.records(rows) for (relation, _), rows in zip(wanted, found, strict=True)]

    def _select(self, relation: ReadModel, equals: Mapping[str, Any], *, lock: bool = False) -> Asked:
        names, seen = tuple(sorted(equals)), _seen(self.tenancy)
        prepared = _selected(relation, names, seen, self.connection.dialect, lock=lock)
        return prepared, {**self._parameters, **equals}

    async def insert(self, model: type[SQLModel], *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Insert rows, and return them whole: defaults fill what a row leaves out."""
        whole = [{**_defaults(model), **row} for row in rows]
        prepared = _insert(model, self.connection.dialect)
        for row in whole:
            await self._enqueue(model, NEW_ROW, prepared, row)
        return whole

    async def update(self, record: R, **values: Any) -> R:
        """Set columns of a record, which is then one version further where it has versions."""
        held: Any = record
        table: FromClause = held.relation.table
        if "version" in table.c:
            values["version"] = held.version + 1
        if "updated_at" in table.c:
            values["updated_at"] = self.now
        keys = {f"key_{column.name}": getattr(record, column.name) for column in _keys(table)}
        prepared = _update(table, tuple(sorted(values)), self.connection.dialect)
        await self._enqueue(held.relation.model, tuple(keys.values()), prepared, {**keys, **values})
        changed: R = held._replace(**values)
        return changed

    async def execute_deferred(
        self,
        model: type[SQLModel],
        statement: ClauseElement,
        values: Mapping[str, Any],
        otherwise: Otherwise | None = None,
    ) -> None:
        """Change rows of a table by a statement of one's own; `otherwise` is done if it returns none."""
        await self._enqueue(model, ANY_ROW, _prepared(statement, self.connection.dialect), values, otherwise)

    async def _enqueue(
        self,
        model: type[SQLModel],
        row: Any,
        prepared: CompiledStatement,
        values: Mapping[str, Any],
        otherwise: Otherwise | None = None,
    ) -> None:
        # What goes together does not see each other and has no order: a row is changed once, and a change
        # may have to make room for what is added.
        others = self._changed.get(model, set())
        apart = {NEW_ROW: others - {NEW_ROW}, ANY_ROW: others}.get(row, others & {NEW_ROW, ANY_ROW, row})
        if apart or len(self._waiting) == BATCH_SIZE:
            await self.flush()
        self._changed.setdefault(model, set()).add(row)
        self._waiting.append((prepared, values, otherwise))

    async def flush(self, *extra: Asked) -> list[Rows]:
        """Send what was inserted and updated to the database, as others' statements do by themselves.

        Statements that have nothing to do with it go along, and their rows are returned.
        """
        waiting, self._waiting, self._changed = self._waiting, [], {}
        found = await self._send([*((prepared, values) for prepared, values, _ in waiting), *extra])
        for (_, _, otherwise), rows in zip(waiting, found, strict=False):
            if otherwise is not None and not rows:
                await otherwise()
        return found[len(waiting) :]

    async def _read(self, *asked: Asked) -> list[Rows]:
        """The rows of several statements, after what waits."""
        await self.flush()
        return await self._send(asked)

    async def _send(self, asked: Sequence[Asked]) -> list[Rows]:
        if not asked:
            return []
        self.statements += len(asked) if self.connection.dialect.name == "sqlite" else 1
        found = await fetch_all(self.connection, asked)
        return [prepared.rows(rows) for (prepared, _), rows in zip(asked, found, strict=True)]

    async def issue(self, **counts: int) -> dict[str, list[str]]:
        """New ids, so many by prefix: ask once in a unit, after all other locks. See `issue_ids`."""
        wanted = wanted_ids(counts)
        if not wanted:
            return {}
        (lasts,) = await self.flush(issuing(wanted, self.connection.dialect))
        return ids_from_rows(wanted, lasts, self.now.year)

    async def run(self, statement: Executable, parameters: Any = None) -> Any:
        """The result of one statement made for the occasion, whatever it does."""
        await self.flush()
        self.statements += 1
        return await self.connection.execute(statement, parameters)


@asynccontextmanager
async def begin_write(engine: AsyncEngine) -> AsyncIterator[PooledConnection]:
    """A connection in a transaction that is rolled back at the end, unless it was committed before."""
    waits = engine.dialect.name == "sqlite"
    turn = _WRITE_LOCKS.setdefault(engine, asyncio.Lock()) if waits else nullcontext()
    async with turn, connected(engine) as connection:
        await connection.begin()
        yield connection


class RetriesExhausted(Exception):
    """Every attempt conflicted with other transactions; nothing was written."""


async def retry_on_conflict(attempt: Callable[[], Awaitable[T]]) -> T:
    """What a whole transaction does, tried again while others come in its way; Busy when they always do."""
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
    """Whether the transaction only came in the way of another, and may be tried again."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.OperationalError):
        return "database is locked" in str(cause)
    return getattr(cause, "sqlstate", None) in _CONFLICTS


def _seen(tenancy: Tenancy) -> tuple[bool, bool]:
    return tenancy.organizations is None, tenancy.sees_work


@lru_cache(maxsize=1000)
def _selected(
    relation: ReadModel, names: tuple[str, ...], seen: tuple[bool, bool], dialect: Dialect, *, lock: bool
) -> CompiledStatement:
    source = relation.source()
    everywhere, sees_work = seen
    tenancy = Tenancy(None if everywhere else frozenset(), sees_work)
    keys = [source.table.c[column.name] for column in relation.table.primary_key]
    chosen = keys if lock else source.columns
    wanted = [source[name] == bindparam(name, type_=source[name].type) for name in names]
    statement = select(*chosen).where(*wanted, *source.tenant_filter(tenancy)).order_by(*keys)
    # Rows that others refer to stay free for that: only their own values are kept from changing.
    return CompiledStatement(statement.with_for_update(key_share=True, of=source.table) if lock else statement, dialect)


_prepared = lru_cache(maxsize=200)(CompiledStatement)


@lru_cache(maxsize=200)
def _keys(table: FromClause) -> tuple[Any, ...]:
    """What tells a row of a table: its key and its organization, which a sharded database looks for."""
    keys, owner = tuple(table.primary_key), table.c.get("organization_id")
    return keys if owner is None or owner.primary_key else (*keys, owner)


@lru_cache(maxsize=1000)
def _update(table: Any, names: tuple[str, ...], dialect: Dialect) -> CompiledStatement:
    keys = and_(*(column == bindparam(f"key_{column.name}") for column in _keys(table)))
    return CompiledStatement(update(table).where(keys).values({name: bindparam(name) for name in names}), dialect)


@lru_cache(maxsize=1000)
def _insert(model: type[SQLModel], dialect: Dialect) -> CompiledStatement:
    return CompiledStatement(insert(model.__table__).inline(), dialect)  # type: ignore[attr-defined]


@lru_cache(maxsize=200)
def _defaults(model: type[SQLModel]) -> Mapping[str, Any]:
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required()
    }
