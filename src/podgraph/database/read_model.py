"""Relations: what reading one kind of record means, said once.

A relation is a table's columns followed by derived ones (figures that are computed, never
stored). Both are read, filtered, ordered and grouped by name in the same way. What comes back is
a record: a named tuple of plain values, with no session behind it.
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
from podgraph.database.snapshot import Snapshot

Derive = Callable[["ReadModelAlias"], ColumnElement[Any]]
"""Makes a derived column over one aliased use of a relation."""

NOW = bindparam("now", type_=UTCDateTime())
"""The operation's time. Derived columns compare with it; every statement is given it."""


R = TypeVar("R", default=Any)
"""The type of a read model's records, one of `podgraph.records`."""


class Keys(TypeDecorator[Sequence[str]]):
    """A list of ids as one parameter, so that a statement's text never depends on how many."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text) if dialect.name == "postgresql" else JSON())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        # PostgreSQL takes no NUL in text; an id with one is nobody's.
        return None if value is None else [each for each in value if "\0" not in each]


class among(FunctionElement[bool]):  # noqa: N801 - it reads as the SQL operator that it is
    """`among(column, keys)`: the column is one of the keys."""

    type = Boolean()
    inherit_cache = True
    # Else SQLAlchemy would write `= 1` behind it on SQLite, which then could not use an index. Not public.
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
"""The keys of a whole level."""


def in_constants(column: ColumnElement[Any], words: Collection[str]) -> ColumnElement[bool]:
    """The column is one of a few words, known when the statement is written."""
    return or_(*(column == word for word in sorted(words)))


ORGANIZATIONS = bindparam("organizations", type_=Keys())
"""The organizations that the viewer may see."""

ONLY = bindparam("only", type_=Text())
"""The viewer's organization, where there is but one."""


class ReadModelAlias:
    """One use of a relation in a statement: its columns and derived columns by name.

    It is a fresh alias of the table, or a subquery that has worked the derived columns out already.
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
        """Every column and derived column, in the order of the record's fields."""
        return [self[name].label(name) for name in self.relation.names]

    def tenant_filter(self, tenancy: "Tenancy", *, below: "ReadModelAlias | None" = None) -> list[ColumnElement[bool]]:
        """The conditions that keep out what is not for the viewer, other organizations' rows above all.

        What is `below` a record that is visible is so if it is of the same organization.
        """
        if tenancy.organizations is None:
            return []
        shared = below is not None and self._is_owned and below._is_owned
        guard = self[ORGANIZATION] == below[ORGANIZATION] if below and shared else self.relation.guard(self)
        return [guard] if tenancy.sees_work or not self.relation.work else [guard, false()]

    def in_order(self, tenancy: "Tenancy") -> list[ColumnElement[bool]]:
        """What lets an index that begins with the organization put a viewer's rows in order.

        In a list of organizations each has an order of its own, even where the list is of one.
        """
        return [self[ORGANIZATION] == ONLY] if tenancy.only is not None and self._is_owned else []

    def from_foreign_key(self, key: str, relation: "ReadModel", to: str) -> "ReadModelAlias | None":
        """What its own rows say of the records that a foreign key leads to: whose they are, and `to`.

        None where no foreign key, of the organization and `key`, sees to it that they are there.
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
        """Whether its rows are an organization's own, and say whose."""
        return self.relation.guard is by_organization and ORGANIZATION in self.table.c


ORGANIZATION = "organization_id"
"""The column that says whose a row is."""


def by_organization(source: ReadModelAlias) -> ColumnElement[bool]:
    """The row's own organization is one of the viewer's."""
    return among(source[ORGANIZATION], ORGANIZATIONS)


@dataclass(eq=False)
class ReadModel(Generic[R]):
    """How one kind of record is read: its table, derived columns, id prefix and tenant guard.

    `identity` is the column that tells its records apart (among those of one parent). `work` says
    that it is the content of workspaces, which not everybody in an organization may read.
    """

    model: type[SQLModel]
    prefix: str | None = None
    identity: str = "id"
    computed: Mapping[str, Derive] = field(default_factory=dict)
    guard: Callable[[ReadModelAlias], ColumnElement[bool]] = by_organization
    work: bool = True

    def __post_init__(self) -> None:
        self.table: FromClause = self.model.__table__  # type: ignore[attr-defined]
        self.name: str = str(self.model.__tablename__)
        self.names = [*self.table.c.keys(), *self.computed]
        self._kinds: dict[tuple[str, ...], Any] = {}
        READ_MODELS[self.name] = self
        if self.prefix is not None:
            BY_PREFIX[self.prefix] = self

    def source(self) -> ReadModelAlias:
        """A fresh alias of it, for one statement."""
        return ReadModelAlias(self)

    @cached_property
    def prototype(self) -> ReadModelAlias:
        """An alias in no statement, to look at columns' types: to make one takes a while."""
        return self.source()

    def record_of(self, names: tuple[str, ...]) -> Any:
        """The named tuple of some of its columns; each knows its relation."""
        if names not in self._kinds:
            made = namedtuple(self.model.__name__, names)  # type: ignore[misc]
            self._kinds[names] = type(self.model.__name__, (made,), {"__slots__": (), "relation": self})
        return self._kinds[names]

    @cached_property
    def record(self) -> type[R]:
        """The named tuple of all its columns."""
        record: type[R] = self.record_of(tuple(self.names))
        return record

    def records(self, rows: Iterable[Sequence[Any]]) -> list[R]:
        """Records from rows that begin with its columns."""
        make: Callable[[Sequence[Any]], R] = self.record._make  # type: ignore[attr-defined]
        return [make(row[: len(self.names)]) for row in rows]


@dataclass(frozen=True)
class Tenancy:
    """Whose rows a statement may see: `organizations`, or every organization where it is None.

    `sees_work` tells whether the content of their workspaces is included.
    """

    organizations: frozenset[str] | None
    sees_work: bool = True

    @property
    def only(self) -> str | None:
        """The organization, where it is the only one."""
        return next(iter(self.organizations)) if self.organizations and len(self.organizations) == 1 else None

    def parameters(self, now: datetime) -> dict[str, Any]:
        """The parameters that every statement is given."""
        return {"now": now, "organizations": sorted(self.organizations or ()), "only": self.only}


class Reader:
    """What loads data within one operation: its snapshot, whose rows it may see, and the time."""

    def __init__(self, snapshot: Snapshot, tenancy: Tenancy, now: datetime) -> None:
        self.snapshot, self.tenancy, self.now = snapshot, tenancy, now
        self._parameters = tenancy.parameters(now)

    async def rows(self, statement: Executable, **parameters: Any) -> Sequence[Row[Any]]:
        """All rows of one statement, which is given `now` and `organizations` besides."""
        return await self.snapshot.rows(statement, {**self._parameters, **parameters})

    async def fetch(
        self, prepared: CompiledStatement, *, alone: bool = False, **parameters: Any
    ) -> Sequence[Sequence[Any]]:
        """All rows of one prepared statement, given the same parameters, as the driver has them.

        It is `alone` where the answer is made of nothing else.
        """
        return await self.snapshot.fetch(prepared, {**self._parameters, **parameters}, alone=alone)

    @property
    def dialect(self) -> Dialect:
        return self.snapshot.dialect


READ_MODELS: dict[str, ReadModel] = {}
"""Every relation by its table's name. Slices to the left name those to the right by it."""

BY_PREFIX: dict[str | None, ReadModel] = {}
"""Every relation with ids by their prefix; None, the prefix of what is no id, finds nothing."""
