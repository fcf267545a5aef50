"""Compiled statements: compiled by SQLAlchemy once, then executed by the driver directly.

SQLAlchemy compiles the SQL text and the conversion of parameters and columns. The work that it would repeat for
every execution (cache lookup, cursor result, row processing) is done once per statement or per column.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BindParameter,
    Boolean,
    ClauseElement,
    Column,
    ColumnElement,
    Date,
    Dialect,
    Label,
)
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.columns import Exact
from podgraph.database.connections import PooledConnection, Rows
from podgraph.kernel.rounding import trimmed

Read = Callable[[Any], Any]

_PARAMETER = re.compile(r"\$(\d+)")


class CompiledStatement:
    """SQL text for one dialect, with the conversion of its parameters and columns.

    `takes` is the number of parameters, `returns` the number of columns.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        # The text of `IN` depends on the length of its list; `among` passes the list as one parameter.
        compiled: Any = statement.compile(dialect=dialect)
        self.text, self.dialect = str(compiled), dialect.name
        self._parameters = [_parameter_converter(compiled.binds[name], dialect) for name in compiled.positiontup or ()]
        selected: Iterable[ColumnElement[Any]] = getattr(statement, "exported_columns", ())
        self._converters = [_column_converter(column, dialect.name) for column in selected]
        self.takes, self.returns = len(self._parameters), len(self._converters)

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Arguments for the driver, in the order of the text."""
        return [
            value if name is None else parameters[name] if value is None else value(parameters[name])
            for name, value in self._parameters
        ]

    def rows(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """The converted values, by row."""
        return list(zip(*self.columns(rows), strict=True)) if any(self._converters) else rows

    def columns(self, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """The converted values, by column."""
        if not rows:
            return [() for _ in self._converters]
        return [
            column if read is None else [None if value is None else read(value) for value in column]
            for read, column in zip(self._converters, zip(*rows, strict=True), strict=True)
        ]


async def fetch(connection: PooledConnection, statement: CompiledStatement, parameters: Mapping[str, Any]) -> Rows:
    """All rows of a compiled statement, without conversion."""
    return await connection.fetch(statement.text, statement.arguments(parameters))


BoundStatement = tuple[CompiledStatement, Mapping[str, Any]]
"""A compiled statement with its parameters."""


async def fetch_all(connection: PooledConnection, statements: Sequence[BoundStatement]) -> list[Rows]:
    """The rows of each of several compiled statements, without conversion.

    On PostgreSQL they are sent as one statement, so that none sees the changes of another.
    """
    if connection.dialect.name == "sqlite" or len(statements) == 1:
        return [await fetch(connection, statement, parameters) for statement, parameters in statements]
    together = _combine_statements(tuple(statement for statement, _ in statements))
    arguments = [statement.arguments(parameters) for statement, parameters in statements]
    rows = await connection.fetch(together, list(chain.from_iterable(arguments)))
    found: list[Rows] = []
    after = 0
    for statement, _ in statements:
        before, after = after, after + statement.returns + (statement.returns > 0)
        found.append([row[before + 1 : after] for row in rows if after > before and row[before]])
    return found


@lru_cache(maxsize=1000)
def _combine_statements(statements: tuple[CompiledStatement, ...]) -> str:
    """Combine statements into one with a common table expression for each.

    The result has the columns of all parts, each preceded by a marker column that is true in the rows of its part.
    """
    parts: list[str] = []
    before = 0
    for number, statement in enumerate(statements):
        shifted = _PARAMETER.sub(lambda found: f"${int(found[1]) + before}", statement.text)  # noqa: B023
        parts.append(f"part_{number} AS ({shifted})")
        before += statement.takes
    returning = [
        f" FULL JOIN (SELECT true, part_{number}.* FROM part_{number}) AS rows_{number} ON false"
        for number, statement in enumerate(statements)
        if statement.returns
    ]
    return f"WITH {', '.join(parts)} SELECT * FROM (SELECT) AS nothing{''.join(returning)}"


def _parameter_converter(bind: BindParameter[Any], dialect: Dialect) -> tuple[str | None, Any]:
    """The name and the conversion of a parameter; a constant has no name, and its value in place of a conversion."""
    kind: Any = bind.type.dialect_impl(dialect)
    write = kind.bind_processor(dialect)
    if bind.required:
        return bind.key, write
    return None, write(bind.effective_value) if write else bind.effective_value


def _column_converter(column: ColumnElement[Any], dialect: str) -> Read | None:
    """Conversion of a driver's value to Python; None if not needed."""
    kind: TypeEngine[Any] = column.type
    if isinstance(kind, Exact):
        return _decimal_converter(kind, dialect, stored=_is_stored(column))
    return _FROM_SQLITE.get(type(kind)) if dialect == "sqlite" else None


def _is_stored(column: ColumnElement[Any]) -> bool:
    """Whether this is a column of a table, whose values have its scale already."""
    return isinstance(column.element if isinstance(column, Label) else column, Column)


def _decimal_converter(kind: Exact, dialect: str, *, stored: bool) -> Read | None:
    if dialect == "sqlite":
        return partial(_unscale_decimal, scale=kind.scale, trim=kind.trim)
    if kind.trim:
        return trimmed
    return None if stored else lambda value: Decimal(value).quantize(kind.unit)


@lru_cache(maxsize=50_000)
def _unscale_decimal(value: int, *, scale: int, trim: bool) -> Decimal:
    """The decimal of a scaled integer on SQLite."""
    exact = Decimal(value).scaleb(-scale)
    return trimmed(exact) if trim else exact


_FROM_SQLITE: dict[type, Read] = {
    JSON: orjson.loads,
    Boolean: bool,
    Date: date.fromisoformat,
    UTCDateTime: lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
}
