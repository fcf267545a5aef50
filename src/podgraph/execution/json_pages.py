"""JSON of lists and pages: the rows of a relationship, and those of a page at the root.

    a page at the root        rank  nodes      totalCount
                                 1  {"id":…}   "120"        the count is repeated in every row,
                                 2  {"id":…}   "120"        and there is always at least one row

Python joins the records of a page at the root: the database would copy all of them for each further piece of JSON.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, select, true

from podgraph.database.read_model import ReadModel, ReadModelAlias
from podgraph.database.sql_json import JsonSql, concat, has_invalid_mark, json_list
from podgraph.database.tenancy import Tenancy
from podgraph.execution.projection import JsonWriter
from podgraph.execution.select_builder import ConnectionQuery, after_cursor, order_by, owner_of
from podgraph.graphql.pagination import Ordering, Window
from podgraph.graphql.relationships import ConnectionTo, ToMany


@dataclass(frozen=True)
class EdgeRows:
    """The rows of a relationship of one record: those that match, in order, within the window."""

    edge: ToMany | ConnectionTo
    relation: ReadModel
    order: Ordering
    matches: Callable[[ReadModelAlias], ColumnElement[bool]]
    window: Window | None = None

    def json_of(self, record: JsonWriter) -> JsonWriter:
        """A JSON list of the rows."""

        def write(source: ReadModelAlias, tenancy: Tenancy) -> JsonSql:
            own, rows = self._select(source, tenancy, lambda own: record(own, tenancy).sql)
            if self.window is not None:
                rows = rows.limit(self.window.size)
                rows = rows if self.window.boundary is None else rows.where(after_cursor(own, self.window))
            return json_list(rows.order_by(*order_by(own, self.order)))

        return write

    def count_json(self, source: ReadModelAlias, tenancy: Tenancy) -> JsonSql:
        """The number of matching rows, independent of the window."""
        _, counted = self._select(source, tenancy, lambda _own: cast(func.count(), String))
        return concat(counted.scalar_subquery())

    def _select(
        self, source: ReadModelAlias, tenancy: Tenancy, column: Callable[[ReadModelAlias], ColumnElement[str]]
    ) -> tuple[ReadModelAlias, Select[Any]]:
        own = self.relation.source()
        owner, table = owner_of(own, self.edge.to, self.edge.through)
        # `IS TRUE`, so that the planner uses the index of the owner: it assumes that two equalities are independent,
        # and would otherwise scan an index of the whole organization for each record.
        visible = [each.is_(true()) for each in own.tenant_filter(tenancy, below=source)]
        holds = owner == source[self.edge.key], *visible, self.matches(own)
        return own, select(column(own).label("item")).select_from(table).where(*holds).correlate(source.table)


@dataclass(frozen=True)
class RootRows:
    """The rows of a page at the root. A subquery selects them before their JSON is built."""

    matching: ConnectionQuery
    window: Window
    names: Sequence[str]

    def json_of(self, record: JsonWriter) -> JsonWriter:
        """The JSON of one row: `RootJson` joins the rows."""
        return record

    def count_json(self, _source: ReadModelAlias, _tenancy: Tenancy) -> JsonSql:
        """The number of matching rows, independent of the window."""
        counted = select(cast(func.count(), String)).select_from(self.matching.table)
        return concat(counted.where(*self.matching.conditions).scalar_subquery())


@dataclass(frozen=True)
class PageField:
    """A field of a page: the list of its records, or a single value."""

    key: str
    listed: bool
    write: JsonWriter


@dataclass(frozen=True)
class RootJson:
    """A compiled page at the root, as shown in the module docstring."""

    opening: str
    fields: Sequence[PageField]
    rows: RootRows

    def statement(self, tenancy: Tenancy) -> Select[Any]:
        """Each row has the rank of a record (NULL without a record) and the fields of the page."""
        page = self.rows.matching.page(self.rows.window, self.rows.names, peek=False)
        source = ReadModelAlias(self.rows.matching.source.relation, page)
        texts = {field: field.write(source, tenancy).sql.label(f"c{n}") for n, field in enumerate(self.fields)}
        single = [text for field, text in texts.items() if not field.listed]
        once = select(true().label("there"), *single).subquery()
        columns = [text if field.listed else once.c[text.name] for field, text in texts.items()]
        rows = select(page.c.page_rank, *columns).select_from(once.outerjoin(page, true()))
        # The limit makes PostgreSQL sort the rows before it builds their JSON.
        return rows.order_by(page.c.page_rank).limit(self.rows.window.size)

    def assemble(self, rows: Sequence[Sequence[Any]]) -> str | None:
        """Join the rows of the statement to the page; None if a non-null field has no value."""
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
