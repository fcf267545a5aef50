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
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime
from typing_extensions import TypeVar

from podgraph.database.compiled import CompiledStatement
from podgraph.database.model import table_of
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Keys, Reach, Tenancy, area_keys
from podgraph.kernel.roles import Area

Derive = Callable[["ReadModelAlias"], ColumnElement[Any]]
"""Builds a computed column for one alias of a read model."""

NOW = bindparam("now", type_=UTCDateTime())
"""Time of the operation, a parameter of every statement. Computed columns compare with it."""


R = TypeVar("R", default=Any)
"""The type of a read model's records, one of `podgraph.records`."""


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

        A record `below` a visible record is visible if both belong to the same organization and the same area.
        """
        if tenancy.organizations is None:
            return []
        shared = below is not None and self._is_owned and below._is_owned
        same = self[ORGANIZATION] == below[ORGANIZATION] if below and shared else None
        guard = self.relation.guard(self) if same is None else same
        area = self.relation.area
        reach = tenancy.reach(area)
        if reach is None:
            return [guard]
        if not reach:
            return [guard, false()]
        if same is not None and below is not None and below.relation.name == self.relation.parent_name:
            return [same] if below.relation.area == area else [same, self._within(area, reach)]
        return [guard, self._within(area, reach)]

    def _within(self, area: Area, reach: "Reach") -> ColumnElement[bool]:
        """The row is of an organization or workspace whose records of this area the viewer sees."""
        relation, workspace = self.relation, self.relation.workspace
        conditions: list[ColumnElement[bool]] = []
        if reach.organizations:
            conditions.append(among(self[ORGANIZATION], area_keys(area, "organizations")))
        if reach.workspaces and workspace is not None:
            conditions.append(among(self[workspace], area_keys(area, "workspaces")))
            if relation.shared:
                conditions.append(self[workspace].is_(None))
        return or_(false(), *conditions)

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

WORKSPACE = "workspace_id"
"""The column that names the workspace of a row."""


def organization_of(record: Any) -> str:
    """The organization of a record; an organization is its own."""
    owner: str = getattr(record, ORGANIZATION, None) or record.id
    return owner


def workspace_of(record: Any) -> str | None:
    """The workspace of a whole record; None where it belongs to none."""
    relation = record.relation
    return getattr(record, relation.workspace) if relation.workspace else None


def _workspace_of_parent(source: ReadModelAlias) -> ColumnElement[Any]:
    """The workspace of the record that a row is a part of."""
    relation = source.relation
    assert relation.parent is not None
    assert relation.parent_name is not None
    parent = READ_MODELS[relation.parent_name].source()
    same = parent["id"] == source[relation.parent], parent[ORGANIZATION] == source[ORGANIZATION]
    return select(parent[WORKSPACE]).where(*same).scalar_subquery()


def by_organization(source: ReadModelAlias) -> ColumnElement[bool]:
    """The organization of the row is visible to the viewer."""
    return among(source[ORGANIZATION], ORGANIZATIONS)


@dataclass(eq=False)
class ReadModel(Generic[R]):
    """A read model: table, computed columns, id prefix and tenant filter.

    `identity` is the column that identifies a record (among those of one parent). `area` determines which roles
    may read it. Its workspace is that of the record to which `parent` refers (a column with a foreign key), or is
    in the column `workspace`; with `shared`, rows without a workspace are visible in all workspaces of the
    organization.
    """

    model: type[SQLModel]
    prefix: str | None = None
    identity: str = "id"
    computed: Mapping[str, Derive] = field(default_factory=dict)
    guard: Callable[[ReadModelAlias], ColumnElement[bool]] = by_organization
    area: Area = Area.WORK
    parent: str | None = None
    workspace: str | None = None
    shared: bool = False

    def __post_init__(self) -> None:
        self.table: FromClause = table_of(self.model)
        self.name: str = str(self.model.__tablename__)
        if self.parent is not None:
            self.computed = {**self.computed, WORKSPACE: _workspace_of_parent}
        if self.workspace is None and (self.parent is not None or WORKSPACE in self.table.c):
            self.workspace = WORKSPACE
        self.names = [*self.table.c.keys(), *self.computed]
        self._kinds: dict[tuple[str, ...], Any] = {}
        READ_MODELS[self.name] = self
        if self.prefix is not None:
            BY_PREFIX[self.prefix] = self

    @cached_property
    def parent_name(self) -> str | None:
        """The table of the record that it is a part of."""
        if self.parent is None:
            return None
        table: Any = self.table
        name: str = next(
            each.column.table.name
            for constraint in table.foreign_key_constraints
            for each in constraint.elements
            if each.parent.key == self.parent
        )
        return name

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
