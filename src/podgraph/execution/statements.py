"""The statements that edges are loaded with: one per edge and level, whatever the number of rows.

    a page of a connection for many parents, and its figures, in one statement:

        figures (one row per parent)  LEFT JOIN  ranked rows (up to size + 1 per parent)
                                      LEFT JOIN  the records that ride along

To-one edges below a level ride in its statement as joins; what they bring is handed to the
loaders, which then need no statement of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, and_, false, func, or_, select

from podgraph.api.connections import Ordering, Window
from podgraph.database.relation import KEYS, Relation, Source, Tenancy, among


@dataclass(frozen=True)
class Ride:
    """A to-one edge that rides along: our `key` equals `to` of the other relation."""

    relation: Relation
    key: str
    to: str


Rides = dict[Ride, "Rides"]
"""The to-one edges selected below a level, and those below them."""


def merge(into: Rides, more: Rides) -> None:
    """Add the rides of `more`."""
    for ride, below in more.items():
        merge(into.setdefault(ride, {}), below)


@dataclass
class Part:
    """The columns of a row that make one record, and the ride that brought it."""

    relation: Relation
    start: int
    ride: Ride | None
    parent: "Part | None"

    def record(self, row: Sequence[Any]) -> Any:
        """The record in a row, None where the row has none."""
        values = row[self.start : self.start + len(self.relation.names)]
        there = values[self.relation.names.index(self.relation.identity)] is not None
        return self.relation.record._make(values) if there else None


@dataclass
class Reading:
    """A growing SELECT: the level's own columns first, then those of its rides."""

    source: Source
    tenancy: Tenancy
    table: FromClause
    columns: list[ColumnElement[Any]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    @classmethod
    def of(cls, source: Source, tenancy: Tenancy, rides: Rides, table: FromClause | None = None) -> "Reading":
        reading = cls(source, tenancy, source.table if table is None else table)
        reading._add(source, None, None, rides)
        return reading

    def _add(self, source: Source, ride: Ride | None, parent: Part | None, rides: Rides) -> None:
        part = Part(source.relation, len(self.columns), ride, parent)
        self.parts.append(part)
        self.columns += source.columns
        for below, further in rides.items():
            other = below.relation.source()
            joined = and_(other[below.to] == source[below.key], *other.visible(self.tenancy))
            self.table = self.table.outerjoin(other.table, joined)
            self._add(other, below, part, further)

    def select(self, *more: ColumnElement[Any]) -> Select[Any]:
        """The records, followed by `more`."""
        labelled = [column.label(f"c{n}") for n, column in enumerate(self.columns)]
        return select(*labelled, *more).select_from(self.table)


def by_keys(
    source: Source, owner: ColumnElement[Any], table: FromClause, tenancy: Tenancy, rides: Rides
) -> tuple[Reading, Select[Any]]:
    """The records whose owner is one of the keys, each row ending with that owner."""
    reading = Reading.of(source, tenancy, rides, table)
    return reading, reading.select(owner).where(among(owner, KEYS), *source.visible(tenancy))


def ordered(source: Source, order: Ordering, *, reverse: bool = False) -> Iterator[ColumnElement[Any]]:
    """ORDER BY terms: records without a value come last, or first when read in reverse."""
    for name, descending in order:
        column = source[name]
        term = column.desc() if descending != reverse else column.asc()
        if getattr(column, "nullable", True):
            term = term.nulls_first() if reverse else term.nulls_last()
        yield term


def beyond(source: Source, window: Window) -> ColumnElement[bool]:
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
class Matching:
    """The rows that a connection is over: a source, who owns each row, and what must hold."""

    source: Source
    owner: ColumnElement[Any]
    table: FromClause
    conditions: Sequence[ColumnElement[bool]]
    rooted: bool

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return (
            select(self.owner.label("page_owner"), *columns).select_from(self.table).where(*self.conditions)
        )

    def figures(self, figures: Sequence[ColumnElement[Any]], *keys: ColumnElement[Any]) -> Select[Any]:
        """One row of figures per owner, or per owner and group keys."""
        named = [column.label(f"f{n}") for n, column in enumerate((*keys, *figures))]
        grouping = keys if self.rooted else (self.owner, *keys)
        return self.select(*named).group_by(*grouping).order_by(*(key.nulls_last() for key in keys))

    def page(self, window: Window) -> Subquery:
        """The rows of the window and one more per owner, to know whether there are more."""
        order = list(ordered(self.source, window.order, reverse=window.backward))
        rank = func.row_number().over(partition_by=None if self.rooted else self.owner, order_by=order)
        rows = self.select(*self.source.columns, rank.label("page_rank"))
        if window.boundary is not None:
            rows = rows.where(beyond(self.source, window))
        # With a single owner the database can stop as soon as it has the page.
        return (rows.order_by(*order).limit(window.size + 1) if self.rooted else rows).subquery()


def page(
    matching: Matching, window: Window, figures: Sequence[ColumnElement[Any]], tenancy: Tenancy, rides: Rides
) -> tuple[Reading, Select[Any]]:
    """A page for every owner, each row ending with owner and figures. See the module's picture."""
    ranked = matching.page(window)
    on_page = ranked.c.page_rank <= window.size + 1
    source = Source(matching.source.relation, ranked)
    if not figures:
        reading = Reading.of(source, tenancy, rides, ranked)
        return reading, reading.select(ranked.c.page_owner).where(on_page).order_by(ranked.c.page_rank)
    over = matching.figures(figures).subquery()
    same_owner = over.c.page_owner == ranked.c.page_owner
    reading = Reading.of(source, tenancy, rides, over.outerjoin(ranked, and_(same_owner, on_page)))
    return reading, reading.select(*over.c).order_by(ranked.c.page_rank)
