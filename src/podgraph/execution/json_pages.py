"""The rows that texts are made of: those that an edge leads to, and those of a page at the root.

    a page at the root        rank  nodes      totalCount
                                 1  {"id":…}   "120"        what is written once stands in every row,
                                 2  {"id":…}   "120"        of which there is always one

The database could put a page's records together as well, but it would copy them all again for each piece
of JSON before or behind them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, select, true

from podgraph.database.read_model import ReadModel, ReadModelAlias, Tenancy
from podgraph.database.sql_json import JsonSql, concat, has_invalid_mark, json_list
from podgraph.execution.projection import Write
from podgraph.execution.select_builder import ConnectionQuery, after_cursor, order_by, owner_of
from podgraph.graphql.pagination import Ordering, Window
from podgraph.graphql.relationships import ConnectionTo, ToMany


@dataclass(frozen=True)
class EdgeRows:
    """The rows that an edge leads to from one record: those that match, in their order, from a window."""

    edge: ToMany | ConnectionTo
    relation: ReadModel
    order: Ordering
    matches: Callable[[ReadModelAlias], ColumnElement[bool]]
    window: Window | None = None

    def listed(self, record: Write) -> Write:
        """All of them in a list."""

        def write(source: ReadModelAlias, tenancy: Tenancy) -> JsonSql:
            own, rows = self._of(source, tenancy, lambda own: record(own, tenancy).sql)
            if self.window is not None:
                rows = rows.limit(self.window.size)
                rows = rows if self.window.boundary is None else rows.where(after_cursor(own, self.window))
            return json_list(rows.order_by(*order_by(own, self.order)))

        return write

    def count(self, source: ReadModelAlias, tenancy: Tenancy) -> JsonSql:
        """How many match, whatever the window."""
        _, counted = self._of(source, tenancy, lambda _own: cast(func.count(), String))
        return concat(counted.scalar_subquery())

    def _of(
        self, source: ReadModelAlias, tenancy: Tenancy, column: Callable[[ReadModelAlias], ColumnElement[str]]
    ) -> tuple[ReadModelAlias, Select[Any]]:
        own = self.relation.source()
        owner, table = owner_of(own, self.edge.to, self.edge.through)
        # `IS TRUE`, so that rows are found by their owner: the planner takes two equalities for independent,
        # and would read an index of the whole organization for each record.
        visible = [each.is_(true()) for each in own.tenant_filter(tenancy, below=source)]
        holds = owner == source[self.edge.key], *visible, self.matches(own)
        return own, select(column(own).label("item")).select_from(table).where(*holds).correlate(source.table)


@dataclass(frozen=True)
class RootRows:
    """The rows of a page at the root. They are worked out before anything is written of them."""

    matching: ConnectionQuery
    window: Window
    names: Sequence[str]

    def listed(self, record: Write) -> Write:
        """Each of them by itself: see `RootJson`."""
        return record

    def count(self, _source: ReadModelAlias, _tenancy: Tenancy) -> JsonSql:
        """How many match, whatever the window."""
        counted = select(cast(func.count(), String)).select_from(self.matching.table)
        return concat(counted.where(*self.matching.conditions).scalar_subquery())


@dataclass(frozen=True)
class PageField:
    """A field of a page: the list of its records, or what is written once."""

    key: str
    listed: bool
    write: Write


@dataclass(frozen=True)
class RootJson:
    """How a page at the root is written: see the module's picture."""

    opening: str
    fields: Sequence[PageField]
    rows: RootRows

    def statement(self, tenancy: Tenancy) -> Select[Any]:
        """A record's rank, NULL for none, and its fields in each row."""
        page = self.rows.matching.page(self.rows.window, self.rows.names, peek=False)
        source = ReadModelAlias(self.rows.matching.source.relation, page)
        texts = {field: field.write(source, tenancy).sql.label(f"c{n}") for n, field in enumerate(self.fields)}
        written_once = [text for field, text in texts.items() if not field.listed]
        once = select(true().label("there"), *written_once).subquery()
        columns = [text if field.listed else once.c[text.name] for field, text in texts.items()]
        rows = select(page.c.page_rank, *columns).select_from(once.outerjoin(page, true()))
        # With a limit PostgreSQL puts them in order before it writes anything.
        return rows.order_by(page.c.page_rank).limit(self.rows.window.size)

    def assemble(self, rows: Sequence[Sequence[Any]]) -> str | None:
        """The page that the statement's rows make, None where there is a gap in it."""
        ranks, *columns = zip(*rows, strict=True)
        found = len(ranks) - ranks.count(None)
        parts = []
        for field, column in zip(self.fields, columns, strict=True):
            texts = column[:found] if field.listed else column[:1]
            if has_invalid_mark(texts):
                return None
            text = ",".join(texts)
            parts.append(f'"{field.key}":[{text}]' if field.listed else f'"{field.key}":{text}')
        return f"{self.opening}{','.join(parts)}}}"
