"""Read models: how the records of one table are read.

A read model has the columns of a table and computed columns, which are not stored. Both are selected, filtered,
ordered and grouped by name in the same way. A record is a named tuple of plain values, without a session.
"""

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Generic

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Dialect,
    Executable,
    FromClause,
    Row,
    Text,
    bindparam,
    false,
    or_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime
from typing_extensions import TypeVar

from podgraph.database.compiled import CompiledStatement
from podgraph.database.model import table_of
from podgraph.database.snapshot import Snapshot

Derive = Callable[["ReadModelAlias"], ColumnElement[Any]]
"""Builds a computed column for one alias of a read model."""

NOW = bindparam("now", type_=UTCDateTime())
"""Time of the operation, a parameter of every statement. Computed columns compare with it."""


R = TypeVar("R", default=Any)
"""The type of a read model's records, one of `podgraph.records`."""


class Keys(TypeDecorator[Sequence[str]]):
    """A list of ids as one parameter, so that the SQL text does not depend on its length."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text) if dialect.name == "postgresql" else JSON())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        # PostgreSQL rejects NUL in text; no id contains it.
        return None if value is None else [each for each in value if "\0" not in each]


class among(FunctionElement[bool]):  # noqa: N801 - it reads as the SQL operator that it is
    """`among(column, keys)`: the column is one of the keys."""

    type = Boolean()
    inherit_cache = True
    # Without this private attribute SQLAlchemy appends `= 1` on SQLite, which then cannot use an index.
    _is_implicitly_boolean = True


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: Any, **kw: Any) -> str:
    column, keys = element.clauses
    return f"{compiler.process(column, **kw)} IN (SELECT value FROM json_each({compiler.process(keys, **kw)}))"


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: Any, **kw: Any) -> str:
    column, keys = element.clauses
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(keys, **kw)})"


KEYS = bindparam("keys", type_=Keys())
"""The keys of a batch."""


def in_constants(column: ColumnElement[Any], words: Collection[str]) -> ColumnElement[bool]:
    """The column is one of a few constants, which become part of the SQL text."""
    return or_(*(column == word for word in sorted(words)))


ORGANIZATIONS = bindparam("organizations", type_=Keys())
"""The organizations visible to the viewer."""

ONLY = bindparam("only", type_=Text())
"""The only organization visible to the viewer."""


class ReadModelAlias:
    """One use of a read model in a statement: its columns and computed columns by name.

    It is an alias of the table, or a subquery that selects the computed columns already.
    """

    def __init__(self, relation: "ReadModel", subquery: FromClause | None = None) -> None:
        self.relation = relation
        self.table: FromClause = relation.table.alias() if subquery is None else subquery
        self._columns: Any = self.table.c
        self._computed = relation.computed if subquery is None else {}

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        derive = self._computed.get(name)
        return derive(self) if derive else self._columns[name]

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """All columns and computed columns, in the order of the record's fields."""
        return [self[name].label(name) for name in self.relation.names]

    def tenant_filter(self, tenancy: "Tenancy", *, below: "ReadModelAlias | None" = None) -> list[ColumnElement[bool]]:
        """Conditions that exclude rows that are not visible to the viewer, such as those of other tenants.

        A record `below` a visible record is visible if both belong to the same organization.
        """
        if tenancy.organizations is None:
            return []
        shared = below is not None and self._is_owned and below._is_owned
        guard = self[ORGANIZATION] == below[ORGANIZATION] if below and shared else self.relation.guard(self)
        return [guard] if tenancy.sees_work or not self.relation.work else [guard, false()]

    def in_order(self, tenancy: "Tenancy") -> list[ColumnElement[bool]]:
        """An equality with the only visible organization, so that an index on it can provide the order.

        With `IN` the index order holds within each organization only, even for a list with one element.
        """
        return [self[ORGANIZATION] == ONLY] if tenancy.only is not None and self._is_owned else []

    def from_foreign_key(self, key: str, relation: "ReadModel", to: str) -> "ReadModelAlias | None":
        """The columns of a referenced record that the foreign key contains: the organization and `to`.

        None if no foreign key of the organization and `key` guarantees that the record exists.
        """
        leads = {ORGANIZATION: relation.table.c.get(ORGANIZATION), key: relation.table.c.get(to)}
        table: Any = self.relation.table
        known = ({each.parent.key: each.column for each in one.elements} for one in table.foreign_key_constraints)
        if leads not in known:
            return None
        along = ReadModelAlias(relation, self.table)
        along._columns = {ORGANIZATION: self[ORGANIZATION], to: self[key]}
        return along

    @property
    def _is_owned(self) -> bool:
        """Whether each row belongs to one organization, which is a column of it."""
        return self.relation.guard is by_organization and ORGANIZATION in self.table.c


ORGANIZATION = "organization_id"
"""The column of the organization that a row belongs to."""


def by_organization(source: ReadModelAlias) -> ColumnElement[bool]:
    """The organization of the row is visible to the viewer."""
    return among(source[ORGANIZATION], ORGANIZATIONS)


@dataclass(eq=False)
class ReadModel(Generic[R]):
    """A read model: table, computed columns, id prefix and tenant filter.

    `identity` is the column that identifies a record (among those of one parent). `work` is true for the content
    of workspaces, which not every user of an organization may read.
    """

    model: type[SQLModel]
    prefix: str | None = None
    identity: str = "id"
    computed: Mapping[str, Derive] = field(default_factory=dict)
    guard: Callable[[ReadModelAlias], ColumnElement[bool]] = by_organization
    work: bool = True

    def __post_init__(self) -> None:
        self.table: FromClause = table_of(self.model)
        self.name: str = str(self.model.__tablename__)
        self.names = [*self.table.c.keys(), *self.computed]
        self._kinds: dict[tuple[str, ...], Any] = {}
        READ_MODELS[self.name] = self
        if self.prefix is not None:
            BY_PREFIX[self.prefix] = self

    def source(self) -> ReadModelAlias:
        """A new alias for one statement."""
        return ReadModelAlias(self)

    @cached_property
    def prototype(self) -> ReadModelAlias:
        """A cached alias for looking up column types: creating an alias is slow."""
        return self.source()

    def record_of(self, names: tuple[str, ...]) -> Any:
        """The named tuple class for some columns; it refers to this read model."""
        if names not in self._kinds:
            made = namedtuple(self.model.__name__, names)  # type: ignore[misc]
            self._kinds[names] = type(self.model.__name__, (made,), {"__slots__": (), "relation": self})
        return self._kinds[names]

    @cached_property
    def record(self) -> type[R]:
        """The named tuple class for all columns."""
        record: type[R] = self.record_of(tuple(self.names))
        return record

    def records(self, rows: Iterable[Sequence[Any]]) -> list[R]:
        """Records from rows that start with the columns of this read model."""
        make: Callable[[Sequence[Any]], R] = self.record._make  # type: ignore[attr-defined]
        return [make(row[: len(self.names)]) for row in rows]


@dataclass(frozen=True)
class Tenancy:
    """The rows visible to a statement: those of `organizations`, or of every organization if None.

    `sees_work` is whether the content of workspaces is visible.
    """

    organizations: frozenset[str] | None
    sees_work: bool = True

    @property
    def only(self) -> str | None:
        """The organization, if only one is visible."""
        return next(iter(self.organizations)) if self.organizations and len(self.organizations) == 1 else None

    def parameters(self, now: datetime) -> dict[str, Any]:
        """The parameters of every statement."""
        return {"now": now, "organizations": sorted(self.organizations or ()), "only": self.only}


class Reader:
    """Reads within one operation: its snapshot, its tenancy and its time."""

    def __init__(self, snapshot: Snapshot, tenancy: Tenancy, now: datetime) -> None:
        self.snapshot, self.tenancy, self.now = snapshot, tenancy, now
        self._parameters = tenancy.parameters(now)

    async def rows(self, statement: Executable, **parameters: Any) -> Sequence[Row[Any]]:
        """All rows of one statement; `now` and `organizations` are added to the parameters."""
        return await self.snapshot.rows(statement, {**self._parameters, **parameters})

    async def fetch(
        self, prepared: CompiledStatement, *, alone: bool = False, **parameters: Any
    ) -> Sequence[Sequence[Any]]:
        """All rows of one compiled statement, without conversion; the same parameters are added.

        `alone` if the operation reads nothing else.
        """
        return await self.snapshot.fetch(prepared, {**self._parameters, **parameters}, alone=alone)

    @property
    def dialect(self) -> Dialect:
        return self.snapshot.dialect


READ_MODELS: dict[str, ReadModel] = {}
"""Read models by table name. Lower packages refer to those of higher packages by it."""

BY_PREFIX: dict[str | None, ReadModel] = {}
"""Read models by id prefix. The prefix of an invalid id is None, which is not a key."""
