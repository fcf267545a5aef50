"""SQL expressions for JSON: the database writes the response, byte for byte as the API would.

A nullable field without a value is `null`. A non-null field without a value is SQL NULL, which makes the
surrounding concatenation NULL up to its row. Where rows are aggregated, an invalid mark represents such a row.

Two control characters in the text can be counted without parsing it, because JSON does not contain them outside
of escapes: the invalid mark, and a line break (cost mark) for each point of the cost.

    [⏎{"role":"lead"},␘,⏎{"role":"engineer"}]
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import add
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy import Text as Characters
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.columns import Exact

COST_MARK = "\n"
"""Precedes each value that costs a point."""
INVALID_MARK = "\x18"
"""Represents a row in which a non-null field has no value."""


class RawJson:
    """A value of a response that is JSON text already."""

    # Not a dataclass: orjson would serialize it as an object.
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def points(self) -> int:
        """Cost of the value in points."""
        return self.text.count(COST_MARK)


def has_invalid_mark(texts: Iterable[str | None]) -> bool:
    """Whether a non-null field has no value in one of the rows."""
    return any(text is None or INVALID_MARK in text for text in texts)


def json_default(value: object) -> orjson.Fragment:
    """`default` function for orjson, which embeds RawJson; TypeError for other types."""
    if not isinstance(value, RawJson):
        raise TypeError(f"a {type(value).__name__} is not JSON")
    return orjson.Fragment(value.text)


@dataclass(frozen=True, eq=False)
class JsonSql:
    """JSON as a sequence of constant texts and SQL expressions."""

    pieces: tuple[str | ColumnElement[str], ...]

    @property
    def sql(self) -> ColumnElement[str]:
        """The concatenation as one SQL expression."""
        return reduce(add, (plain(piece) if isinstance(piece, str) else piece for piece in self.pieces))


def concat(*parts: JsonSql | str | ColumnElement[str]) -> JsonSql:
    """Concatenate parts; constants are merged, because the database copies the text for each piece."""
    pieces = chain.from_iterable(part.pieces if isinstance(part, JsonSql) else [part] for part in parts)
    merged: list[str | ColumnElement[str]] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return JsonSql(tuple(merged))


SqlByDialect = Mapping[str, str]
"""SQL by dialect; `{0}` is the column."""


class DialectSql(FunctionElement[str]):
    """A column as text, with different SQL in each dialect."""

    type = Characters()
    inherit_cache = False

    def __init__(self, sql_by_dialect: SqlByDialect, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.sql_by_dialect = sql_by_dialect


@compiles(DialectSql)
def _compile_dialect_sql(element: DialectSql, compiler: Any, **kw: Any) -> str:
    return element.sql_by_dialect[compiler.dialect.name].format(compiler.process(element.clauses, **kw))


STRING = {"postgresql": "to_json({0})::text", "sqlite": "json_quote({0})"}
DAY = {"postgresql": "to_char({0}, 'YYYY-MM-DD')", "sqlite": "{0}"}
INSTANT = {
    "postgresql": ("replace(to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '.000000Z', 'Z')"),
    # SQLite stores an instant as text, always with microseconds.
    "sqlite": "replace(replace({0}, ' ', 'T') || 'Z', '.000000Z', 'Z')",
}
AGGREGATE = {"postgresql": "string_agg({0}, ',')", "sqlite": "group_concat({0}, ',')"}


def _decimal(kind: Exact) -> SqlByDialect:
    # SQLite stores a scaled integer: 385000 for 38.5.
    unit, digits = 10**kind.scale, f"%d.%0{kind.scale}d"
    below = f"printf('-{digits}', -{{0}} / {unit}, -{{0}} % {unit})"
    above = f"printf('{digits}', {{0}} / {unit}, {{0}} % {unit})"
    if not kind.trim:
        return {"postgresql": "{0}::text", "sqlite": f"CASE WHEN {{0}} < 0 THEN {below} ELSE {above} END"}
    return {
        "postgresql": "trim_scale({0})::text",
        "sqlite": (
            f"CASE WHEN {{0}} % {unit} = 0 THEN {{0}} / {unit}"
            f" WHEN {{0}} < 0 THEN rtrim({below}, '0') ELSE rtrim({above}, '0') END"
        ),
    }


Write = Callable[[ColumnElement[Any]], JsonSql]
"""Builds the JSON of a column."""


def quoted(text: ColumnElement[str]) -> JsonSql:
    """A JSON string whose text needs no escapes."""
    return concat('"', text, '"')


def writer(kind: TypeEngine[Any]) -> Write | None:
    """The function that builds JSON for an SQL type; None if the database cannot."""
    if isinstance(kind, Exact):
        return lambda column: quoted(DialectSql(_decimal(kind), column))
    return next((write for each, write in WRITERS.items() if isinstance(kind, each)), None)


WRITERS: Mapping[type[TypeEngine[Any]], Write] = {
    String: lambda column: concat(DialectSql(STRING, column)),
    Integer: lambda column: concat(cast(column, Characters)),
    Boolean: lambda column: concat(case((column, plain("true")), else_=plain("false"))),
    Date: lambda column: quoted(DialectSql(DAY, column)),
    UTCDateTime: lambda column: quoted(DialectSql(INSTANT, column)),
}


def plain(text: str) -> ColumnElement[str]:
    """A constant text as an SQL literal."""
    escaped = text.replace("'", "''")
    return literal_column(f"'{escaped}'", Characters())


def enum_value(names: Mapping[str, str]) -> Write:
    """Builds the JSON of an enum: the GraphQL name of each stored value, NULL for an unknown value."""
    known = [(plain(value), plain(name)) for value, name in names.items()]
    return lambda column: quoted(case(*known, value=column))


def value_or_null(column: ColumnElement[Any], text: JsonSql, *, nullable: bool) -> JsonSql:
    """The JSON of a column that may be NULL: `null` if the field is nullable, else NULL."""
    if not getattr(column, "nullable", True):
        return text
    return concat(case((column.is_not(None), text.sql), else_=plain("null") if nullable else None))


def json_object(fields: Iterable[tuple[str, JsonSql]], points: int) -> JsonSql:
    """A JSON object with its cost marks and its fields, in this order."""
    parts: list[JsonSql | str] = [COST_MARK * points + "{"]
    for number, (key, text) in enumerate(fields):
        parts += [f'''{"," if number else ""}"{key}":''', text]
    return concat(*parts, "}")


def or_invalid_mark(row: ColumnElement[str]) -> ColumnElement[str]:
    """The JSON of a row, or the invalid mark: aggregates skip NULL."""
    return func.coalesce(row, plain(INVALID_MARK))


def json_one(text: JsonSql, found: Callable[[ColumnElement[str]], Select[Any]], *, nullable: bool) -> JsonSql:
    """The JSON of the record that is `found`; without a record, `null` if the field is nullable."""
    if not nullable:
        return concat(found(text.sql).scalar_subquery())
    return concat(func.coalesce(found(or_invalid_mark(text.sql)).scalar_subquery(), plain("null")))


def json_list(rows: Select[Any]) -> JsonSql:
    """A JSON list of the only column of `rows`, in their order, which the aggregate preserves."""
    item = rows.subquery().c[0]
    items = select(func.coalesce(DialectSql(AGGREGATE, or_invalid_mark(item)), plain("")))
    return concat("[", items.scalar_subquery(), "]")
