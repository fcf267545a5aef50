"""SELECT statements of relationships: one per relationship and level, whatever the number of rows.

    a page of a connection for many owners with its measures, in one statement:

        measures (one row per owner)  LEFT JOIN  ranked rows (up to size + 1 per owner)
                                      LEFT JOIN  joined to-one records

Compilable relationships are JSON columns of the statement of their level. Other to-one relationships are joined;
their records are added to the caches of the loaders, which then need no separate statement.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    FromClause,
    Select,
    Subquery,
    and_,
    false,
    func,
    literal,
    or_,
    select,
)

from podgraph.database.compiled import CompiledStatement
from podgraph.database.read_model import KEYS, ORGANIZATION, READ_MODELS, ReadModelAlias, among
from podgraph.database.tenancy import Tenancy
from podgraph.execution.projection import JoinedRelationship, Projection
from podgraph.graphql.pagination import Ordering, Window
from podgraph.graphql.relationships import JoinTable

Rows = Sequence[Sequence[Any]]


@dataclass(eq=False)
class RecordSlice:
    """The columns of a row that form one record, and the joined relationship and parent that it belongs to."""

    projection: Projection
    start: int
    joined: JoinedRelationship | None = None
    parent: "RecordSlice | None" = None

    @cached_property
    def kind(self) -> Any:
        """The record class: its columns, then its JSON columns, which `json_columns` maps by field key."""
        names = self.projection.names
        json_columns = {column.place: f"text{number}" for number, column in enumerate(self.projection.json_columns)}
        plain = self.projection.relation.record_of((*names, *json_columns.values()))
        return type(plain.__name__, (plain,), {"__slots__": (), "json_columns": json_columns})

    def records(self, columns: Sequence[Sequence[Any]]) -> list[Any]:
        """The record in each row; None if the row has none."""
        mine = columns[self.start : self.start + len(self.kind._fields)]
        made: list[Any] = list(map(partial(tuple.__new__, self.kind), zip(*mine, strict=True)))
        there = mine[self.projection.names.index(self.projection.relation.identity)]
        if None not in there:
            return made
        return [None if it is None else one for it, one in zip(there, made, strict=True)]


@dataclass
class RowLayout:
    """The columns of a SELECT: first those of the level, then those of joined records."""

    tenancy: Tenancy
    table: FromClause
    columns: list[ColumnElement[Any]] = field(default_factory=list)
    parts: list[RecordSlice] = field(default_factory=list)

    @classmethod
    def of(cls, source: ReadModelAlias, projection: Projection, tenancy: Tenancy, table: FromClause) -> "RowLayout":
        reading = cls(tenancy, table)
        reading._add(source, RecordSlice(projection, 0))
        return reading

    def _add(self, source: ReadModelAlias, part: RecordSlice) -> None:
        self.parts.append(part)
        self.columns += [source[name] for name in part.projection.names]
        self.columns += [column.write(source, self.tenancy).sql for column in part.projection.json_columns]
        for join in part.projection.joins:
            other = join.projection.relation.source()
            same = other[join.edge.to] == source[join.edge.key]
            joined = and_(same, *other.tenant_filter(self.tenancy, below=source))
            self.table = self.table.outerjoin(other.table, joined)
            self._add(other, RecordSlice(join.projection, len(self.columns), join, part))

    def select(self, *more: ColumnElement[Any]) -> Select[Any]:
        """The records, followed by `more`."""
        labelled = [column.label(f"c{n}") for n, column in enumerate(self.columns)]
        return select(*labelled, *more).select_from(self.table)


@dataclass(frozen=True)
class LoadPlan:
    """A compiled statement and the layout of its rows."""

    prepared: CompiledStatement
    parts: Sequence[RecordSlice] = ()
    width: int = 0

    @classmethod
    def of(cls, statement: Select[Any], dialect: Dialect, reading: RowLayout | None = None) -> "LoadPlan":
        prepared = CompiledStatement(statement, dialect)
        return cls(prepared, reading.parts, len(reading.columns)) if reading else cls(prepared)


def owner_of(
    source: ReadModelAlias, to: str | None, through: JoinTable | None
) -> tuple[ColumnElement[Any], FromClause]:
    """The column of the owner of a row, and the tables that contain it."""
    if through is not None:
        rows = READ_MODELS[through.table].table
        pairs = select(rows.c[through.near], rows.c[through.far]).distinct()
        link: FromClause = pairs.subquery() if through.repeats else rows.alias()
        return link.c[through.near], source.table.join(link, link.c[through.far] == source["id"])
    return literal("") if to is None else source[to], source.table


def by_owner(
    source: ReadModelAlias, to: str, through: JoinTable | None, projection: Projection, tenancy: Tenancy
) -> tuple[RowLayout, Select[Any]]:
    """The records of the owners in `keys`; the last column of each row is the owner."""
    owner, table = owner_of(source, to, through)
    reading = RowLayout.of(source, projection, tenancy, table)
    return reading, reading.select(owner).where(among(owner, KEYS), *source.tenant_filter(tenancy))


def order_by(source: ReadModelAlias, order: Ordering, *, reverse: bool = False) -> Iterator[ColumnElement[Any]]:
    """ORDER BY terms: records without a value come last; in reverse order, first."""
    for name, descending in order:
        column = source[name]
        term = column.desc() if descending != reverse else column.asc()
        if getattr(column, "nullable", True):
            term = term.nulls_first() if reverse else term.nulls_last()
        yield term


def after_cursor(source: ReadModelAlias, window: Window) -> ColumnElement[bool]:
    """Condition for the rows after the window's boundary, in reading direction."""
    assert window.boundary is not None
    past: ColumnElement[bool] = false()
    for (name, descending), value in reversed(list(zip(window.order, window.boundary, strict=True))):
        column = source[name]
        if value is None:
            # NULLs are one block at the end: no value comes after them, and all values come before them.
            further: ColumnElement[bool] = column.is_not(None) if window.backward else false()
            same = column.is_(None)
        else:
            further = column < value if descending != window.backward else column > value
            if not window.backward:
                further = or_(further, column.is_(None))
            same = column == value
        past = or_(further, and_(same, past))
    return past


@dataclass(frozen=True)
class ConnectionQuery:
    """The rows of a connection: an alias, the owner of each row, and the conditions."""

    source: ReadModelAlias
    owner: ColumnElement[Any]
    table: FromClause
    conditions: Sequence[ColumnElement[bool]]
    is_root: bool

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(self.owner.label("page_owner"), *columns).select_from(self.table).where(*self.conditions)

    def figures(self, figures: Sequence[ColumnElement[Any]], *keys: ColumnElement[Any]) -> Select[Any]:
        """One row of measures per owner, or per owner and group keys."""
        named = [column.label(f"f{n}") for n, column in enumerate((*keys, *figures))]
        grouping = keys if self.is_root else (self.owner, *keys)
        return self.select(*named).group_by(*grouping).order_by(*(key.nulls_last() for key in keys))

    def _known(self, names: Iterable[str]) -> Iterable[str]:
        """The names and the organization, with which records below are compared."""
        owner = {ORGANIZATION} & set(self.source.relation.names)
        return dict.fromkeys((*names, *owner))

    def page(self, window: Window, names: Sequence[str], *, peek: bool = True) -> Subquery:
        """The rows of the window; with `peek` one more per owner, to determine whether there are more."""
        order = list(order_by(self.source, window.order, reverse=window.backward))
        rank = func.row_number().over(partition_by=None if self.is_root else self.owner, order_by=order)
        columns = [self.source[name].label(name) for name in self._known(names)]
        rows = self.select(*columns, rank.label("page_rank"))
        if window.boundary is not None:
            rows = rows.where(after_cursor(self.source, window))
        # With a single owner the database stops after the last row of the page.
        return (rows.order_by(*order).limit(window.size + peek) if self.is_root else rows).subquery()


def page(
    matching: ConnectionQuery,
    window: Window,
    projection: Projection,
    figures: Sequence[ColumnElement[Any]],
    tenancy: Tenancy,
) -> tuple[RowLayout, Select[Any]]:
    """A page for every owner, as shown in the module docstring; each row ends with the owner and the measures."""
    # The join columns of relationships are columns of the page, even if no field selects them.
    ranked = matching.page(window, projection.names)
    on_page = ranked.c.page_rank <= window.size + 1
    source = ReadModelAlias(matching.source.relation, ranked)
    if not figures:
        reading = RowLayout.of(source, projection, tenancy, ranked)
        return reading, reading.select(ranked.c.page_owner).where(on_page).order_by(ranked.c.page_rank)
    over = matching.figures(figures).subquery()
    same_owner = over.c.page_owner == ranked.c.page_owner
    reading = RowLayout.of(source, projection, tenancy, over.outerjoin(ranked, and_(same_owner, on_page)))
    return reading, reading.select(*over.c).order_by(ranked.c.page_rank)
