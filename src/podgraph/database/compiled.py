"""Statements compiled once, then handed to the driver as they are.

SQLAlchemy writes the text, in the dialect of the database, and says how each parameter and column
is stored. What it would do again for every execution, to find a cached text, to wrap a cursor and to
look at each row, is done here once, or a column at a time.
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
    """A statement's text for one dialect, how its parameters are written, and how its columns are read.

    It `takes` so many parameters, and `returns` so many columns.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        # A list in the text (`IN`) would be spelled anew for each execution: `among` takes one parameter.
        compiled: Any = statement.compile(dialect=dialect)
        self.text, self.dialect = str(compiled), dialect.name
        self._parameters = [_parameter(compiled.binds[name], dialect) for name in compiled.positiontup or ()]
        selected: Iterable[ColumnElement[Any]] = getattr(statement, "exported_columns", ())
        self._readers = [_reader(column, dialect.name) for column in selected]
        self.takes, self.returns = len(self._parameters), len(self._readers)

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """What the driver is given, in the order of the text."""
        return [
            value if name is None else parameters[name] if value is None else value(parameters[name])
            for name, value in self._parameters
        ]

    def rows(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """The values of all rows, a row at a time."""
        return list(zip(*self.columns(rows), strict=True)) if any(self._readers) else rows

    def columns(self, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """The values of all rows, a column at a time."""
        if not rows:
            return [() for _ in self._readers]
        return [
            column if read is None else [None if value is None else read(value) for value in column]
            for read, column in zip(self._readers, zip(*rows, strict=True), strict=True)
        ]


async def fetch(connection: PooledConnection, prepared: CompiledStatement, parameters: Mapping[str, Any]) -> Rows:
    """All rows of a prepared statement, as the driver has them."""
    return await connection.fetch(prepared.text, prepared.arguments(parameters))


Asked = tuple[CompiledStatement, Mapping[str, Any]]
"""A prepared statement, and what it is given."""


async def fetch_all(connection: PooledConnection, statements: Sequence[Asked]) -> list[Rows]:
    """The rows of each of several prepared statements, which read or change, as the driver has them.

    On PostgreSQL they go as one statement: none sees what another one changes.
    """
    if connection.dialect.name == "sqlite" or len(statements) == 1:
        return [await fetch(connection, prepared, parameters) for prepared, parameters in statements]
    together = _combined(tuple(prepared for prepared, _ in statements))
    arguments = [prepared.arguments(parameters) for prepared, parameters in statements]
    rows = await connection.fetch(together, list(chain.from_iterable(arguments)))
    found: list[Rows] = []
    after = 0
    for prepared, _ in statements:
        before, after = after, after + prepared.returns + (prepared.returns > 0)
        found.append([row[before + 1 : after] for row in rows if after > before and row[before]])
    return found


@lru_cache(maxsize=1000)
def _combined(statements: tuple[CompiledStatement, ...]) -> str:
    """Several statements as the parts of one, their parameters numbered through.

    Its rows are those of all parts one after the other, each in its own columns, behind one that says so.
    """
    parts: list[str] = []
    before = 0
    for number, prepared in enumerate(statements):
        shifted = _PARAMETER.sub(lambda found: f"${int(found[1]) + before}", prepared.text)  # noqa: B023
        parts.append(f"part_{number} AS ({shifted})")
        before += prepared.takes
    returning = [
        f" FULL JOIN (SELECT true, part_{number}.* FROM part_{number}) AS rows_{number} ON false"
        for number, prepared in enumerate(statements)
        if prepared.returns
    ]
    return f"WITH {', '.join(parts)} SELECT * FROM (SELECT) AS nothing{''.join(returning)}"


def _parameter(bind: BindParameter[Any], dialect: Dialect) -> tuple[str | None, Any]:
    """A parameter's name and how its value is written, if not as it is; or no name, and the value itself."""
    kind: Any = bind.type.dialect_impl(dialect)
    write = kind.bind_processor(dialect)
    if bind.required:
        return bind.key, write
    return None, write(bind.effective_value) if write else bind.effective_value


def _reader(column: ColumnElement[Any], dialect: str) -> Read | None:
    """What makes a Python value of what the driver returns; None where it is one already."""
    kind: TypeEngine[Any] = column.type
    if isinstance(kind, Exact):
        return _exact(kind, dialect, stored=_is_stored(column))
    return _FROM_SQLITE.get(type(kind)) if dialect == "sqlite" else None


def _is_stored(column: ColumnElement[Any]) -> bool:
    """Whether it is a table's own column, whose values have the scale that it says."""
    return isinstance(column.element if isinstance(column, Label) else column, Column)


def _exact(kind: Exact, dialect: str, *, stored: bool) -> Read | None:
    if dialect == "sqlite":
        return partial(_unscaled, scale=kind.scale, trim=kind.trim)
    if kind.trim:
        return trimmed
    return None if stored else lambda value: Decimal(value).quantize(kind.unit)


@lru_cache(maxsize=50_000)
def _unscaled(value: int, *, scale: int, trim: bool) -> Decimal:
    """The decimal that SQLite holds as a scaled integer."""
    exact = Decimal(value).scaleb(-scale)
    return trimmed(exact) if trim else exact


_FROM_SQLITE: dict[type, Read] = {
    JSON: orjson.loads,
    Boolean: bool,
    Date: date.fromisoformat,
    UTCDateTime: lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
}
