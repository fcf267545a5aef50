"""The statements that edges are loaded with: one per edge and level, whatever the number of rows.

    a page of a connection for many owners, and its figures, in one statement:

        figures (one row per owner)  LEFT JOIN  ranked rows (up to size + 1 per owner)
                                     LEFT JOIN  the records that ride along

Edges below a level that can be written as text are columns of its statement. Other to-one edges ride
in it as joins; what they bring is handed to the loaders, which then need no statement of their own.
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
from podgraph.database.read_model import KEYS, ORGANIZATION, READ_MODELS, ReadModelAlias, Tenancy, among
from podgraph.execution.projection import JoinedRelationship, Projection
from podgraph.graphql.pagination import Ordering, Window
from podgraph.graphql.relationships import JoinTable

Rows = Sequence[Sequence[Any]]


@dataclass(eq=False)
class RecordSlice:
    """The columns of a row that make one record, the ride that brought it, and whose it is."""

    shape: Projection
    start: int
    ride: JoinedRelationship | None = None
    parent: "RecordSlice | None" = None

    @cached_property
    def kind(self) -> Any:
        """The records' class. Behind the columns it has the texts, which `texts` finds by their places."""
        names = self.shape.names
        texts = {text.place: f"text{number}" for number, text in enumerate(self.shape.texts)}
        plain = self.shape.relation.record_of((*names, *texts.values()))
        return type(plain.__name__, (plain,), {"__slots__": (), "texts": texts})

    def records(self, columns: Sequence[Sequence[Any]]) -> list[Any]:
        """The record in each row, None where the row has none."""
        mine = columns[self.start : self.start + len(self.kind._fields)]
        made: list[Any] = list(map(partial(tuple.__new__, self.kind), zip(*mine, strict=True)))
        there = mine[self.shape.names.index(self.shape.relation.identity)]
        if None not in there:
            return made
        return [None if it is None else one for it, one in zip(there, made, strict=True)]


@dataclass
class RowLayout:
    """A growing SELECT: the level's own columns first, then those of its rides."""

    tenancy: Tenancy
    table: FromClause
    columns: list[ColumnElement[Any]] = field(default_factory=list)
    parts: list[RecordSlice] = field(default_factory=list)

    @classmethod
    def of(cls, source: ReadModelAlias, shape: Projection, tenancy: Tenancy, table: FromClause) -> "RowLayout":
        reading = cls(tenancy, table)
        reading._add(source, RecordSlice(shape, 0))
        return reading

    def _add(self, source: ReadModelAlias, part: RecordSlice) -> None:
        self.parts.append(part)
        self.columns += [source[name] for name in part.shape.names]
        self.columns += [text.write(source, self.tenancy).sql for text in part.shape.texts]
        for ride in part.shape.rides:
            other = ride.shape.relation.source()
            same = other[ride.edge.to] == source[ride.edge.key]
            joined = and_(same, *other.tenant_filter(self.tenancy, below=source))
            self.table = self.table.outerjoin(other.table, joined)
            self._add(other, RecordSlice(ride.shape, len(self.columns), ride, part))

    def select(self, *more: ColumnElement[Any]) -> Select[Any]:
        """The records, followed by `more`."""
        labelled = [column.label(f"c{n}") for n, column in enumerate(self.columns)]
        return select(*labelled, *more).select_from(self.table)


@dataclass(frozen=True)
class LoadPlan:
    """A statement ready to be run again and again, and how its rows are taken apart."""

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
    """Who owns a source's rows, and the tables that this is read from."""
    if through is not None:
        link = READ_MODELS[through.table].table.alias()
        return link.c[through.near], source.table.join(link, link.c[through.far] == source["id"])
    return literal("") if to is None else source[to], source.table


def by_owner(
    source: ReadModelAlias, to: str, through: JoinTable | None, shape: Projection, tenancy: Tenancy
) -> tuple[RowLayout, Select[Any]]:
    """The records whose owner is one of the keys, each row ending with that owner."""
    owner, table = owner_of(source, to, through)
    reading = RowLayout.of(source, shape, tenancy, table)
    return reading, reading.select(owner).where(among(owner, KEYS), *source.tenant_filter(tenancy))


def order_by(source: ReadModelAlias, order: Ordering, *, reverse: bool = False) -> Iterator[ColumnElement[Any]]:
    """ORDER BY terms: records without a value come last, or first when read in reverse."""
    for name, descending in order:
        column = source[name]
        term = column.desc() if descending != reverse else column.asc()
        if getattr(column, "nullable", True):
            term = term.nulls_first() if reverse else term.nulls_last()
        yield term


def after_cursor(source: ReadModelAlias, window: Window) -> ColumnElement[bool]:
    """The rows past the window's boundary, in the direction that it is read."""
    assert window.boundary is not None
    past: ColumnElement[bool] = false()
    for (name, descending), value in reversed(list(zip(window.order, window.boundary, strict=True))):
        column = source[name]
        if value is None:
            # Empty values are one block at the end: nothing is past them forwards, all else is backwards.
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
    """The rows that a connection is over: a source, who owns each row, and what must hold."""

    source: ReadModelAlias
    owner: ColumnElement[Any]
    table: FromClause
    conditions: Sequence[ColumnElement[bool]]
    is_root: bool

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(self.owner.label("page_owner"), *columns).select_from(self.table).where(*self.conditions)

    def figures(self, figures: Sequence[ColumnElement[Any]], *keys: ColumnElement[Any]) -> Select[Any]:
        """One row of figures per owner, or per owner and group keys."""
        named = [column.label(f"f{n}") for n, column in enumerate((*keys, *figures))]
        grouping = keys if self.is_root else (self.owner, *keys)
        return self.select(*named).group_by(*grouping).order_by(*(key.nulls_last() for key in keys))

    def _known(self, names: Iterable[str]) -> Iterable[str]:
        """The names, and whose the rows are, which what is below them is compared with."""
        owner = {ORGANIZATION} & set(self.source.relation.names)
        return dict.fromkeys((*names, *owner))

    def page(self, window: Window, names: Sequence[str], *, peek: bool = True) -> Subquery:
        """The rows of the window, and with `peek` one more per owner, to know whether there are more."""
        order = list(order_by(self.source, window.order, reverse=window.backward))
        rank = func.row_number().over(partition_by=None if self.is_root else self.owner, order_by=order)
        columns = [self.source[name].label(name) for name in self._known(names)]
        rows = self.select(*columns, rank.label("page_rank"))
        if window.boundary is not None:
            rows = rows.where(after_cursor(self.source, window))
        # With a single owner the database can stop as soon as it has the page.
        return (rows.order_by(*order).limit(window.size + peek) if self.is_root else rows).subquery()


def page(
    matching: ConnectionQuery,
    window: Window,
    shape: Projection,
    figures: Sequence[ColumnElement[Any]],
    tenancy: Tenancy,
) -> tuple[RowLayout, Select[Any]]:
    """A page for every owner, each row ending with owner and figures. See the module's picture."""
    # What the rides are joined by is a column of the page too, whether or not a field shows it.
    ranked = matching.page(window, shape.names)
    on_page = ranked.c.page_rank <= window.size + 1
    source = ReadModelAlias(matching.source.relation, ranked)
    if not figures:
        reading = RowLayout.of(source, shape, tenancy, ranked)
        return reading, reading.select(ranked.c.page_owner).where(on_page).order_by(ranked.c.page_rank)
    over = matching.figures(figures).subquery()
    same_owner = over.c.page_owner == ranked.c.page_owner
    reading = RowLayout.of(source, shape, tenancy, over.outerjoin(ranked, and_(same_owner, on_page)))
    return reading, reading.select(*over.c).order_by(ranked.c.page_rank)
