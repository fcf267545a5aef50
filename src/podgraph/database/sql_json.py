"""JSON that the database itself writes, letter by letter as the API would.

A text is made of SQL expressions. NULL in it means that a value is missing that may not be, while one that
may be missing is `null`: it makes everything around it NULL as well, up to the row that it is written for.
Where rows are put together a gap stands for such a row.

Two characters in a text tell what there is to know of it, without anybody taking it apart, for JSON has
them nowhere, not even within a string: a gap, and a line break before whatever costs a point.

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
"""Stands before whatever costs a point."""
INVALID_MARK = "\x18"
"""Stands for a row in which a value is missing that may not be."""


class RawJson:
    """A value of an answer that is JSON already."""

    # No dataclass: orjson would take it for an object of the answer.
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def points(self) -> int:
        """What was loaded for it."""
        return self.text.count(COST_MARK)


def has_gap(texts: Iterable[str | None]) -> bool:
    """Whether a value is missing in one of the rows' texts that may not be."""
    return any(text is None or INVALID_MARK in text for text in texts)


def json_default(value: object) -> orjson.Fragment:
    """What orjson writes in place of a value that is JSON already; TypeError for any other."""
    if not isinstance(value, RawJson):
        raise TypeError(f"a {type(value).__name__} is not JSON")
    return orjson.Fragment(value.text)


@dataclass(frozen=True, eq=False)
class JsonSql:
    """JSON in pieces: what is known beforehand, and what expressions bring."""

    pieces: tuple[str | ColumnElement[str], ...]

    @property
    def sql(self) -> ColumnElement[str]:
        """The whole of it as one expression."""
        return reduce(add, (plain(piece) if isinstance(piece, str) else piece for piece in self.pieces))


def concat(*parts: JsonSql | str | ColumnElement[str]) -> JsonSql:
    """Parts behind each other, with as few pieces as that takes: a database copies all for each."""
    pieces = chain.from_iterable(part.pieces if isinstance(part, JsonSql) else [part] for part in parts)
    merged: list[str | ColumnElement[str]] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return JsonSql(tuple(merged))


Spelling = Mapping[str, str]
"""What to write in each dialect; `{0}` stands for the column."""


class DialectSql(FunctionElement[str]):
    """A column as text, which each of the two databases spells in its own way."""

    type = Characters()
    inherit_cache = False

    def __init__(self, spelling: Spelling, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.spelling = spelling


@compiles(DialectSql)
def _spell(element: DialectSql, compiler: Any, **kw: Any) -> str:
    return element.spelling[compiler.dialect.name].format(compiler.process(element.clauses, **kw))


STRING = {"postgresql": "to_json({0})::text", "sqlite": "json_quote({0})"}
DAY = {"postgresql": "to_char({0}, 'YYYY-MM-DD')", "sqlite": "{0}"}
INSTANT = {
    "postgresql": ("replace(to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '.000000Z', 'Z')"),
    # It is stored as text, always with its microseconds.
    "sqlite": "replace(replace({0}, ' ', 'T') || 'Z', '.000000Z', 'Z')",
}
JOINED = {"postgresql": "string_agg({0}, ',')", "sqlite": "group_concat({0}, ',')"}


def _decimal(kind: Exact) -> Spelling:
    # On SQLite it is an integer, 385000 for 38.5.
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
"""Makes the text of a column's value."""


def quoted(spelled: ColumnElement[str]) -> JsonSql:
    """A string that has nothing in it that JSON writes otherwise."""
    return concat('"', spelled, '"')


def writer(kind: TypeEngine[Any]) -> Write | None:
    """How a stored value of an SQL type is written; None where the database can not."""
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
    """Text that is known beforehand."""
    escaped = text.replace("'", "''")
    return literal_column(f"'{escaped}'", Characters())


def enum_value(names: Mapping[str, str]) -> Write:
    """How the words of a vocabulary are written: each by its name, and NULL for any other word."""
    known = [(plain(value), plain(name)) for value, name in names.items()]
    return lambda column: quoted(case(*known, value=column))


def value_or_null(column: ColumnElement[Any], text: JsonSql, *, nullable: bool) -> JsonSql:
    """The text where the column has a value; where it has none, `null` if it may be."""
    if not getattr(column, "nullable", True):
        return text
    return concat(case((column.is_not(None), text.sql), else_=plain("null") if nullable else None))


def json_object(fields: Iterable[tuple[str, JsonSql]], points: int) -> JsonSql:
    """An object with its fields in this order, before which its points stand."""
    parts: list[JsonSql | str] = [COST_MARK * points + "{"]
    for number, (key, text) in enumerate(fields):
        parts += [f'''{"," if number else ""}"{key}":''', text]
    return concat(*parts, "}")


def or_gap(row: ColumnElement[str]) -> ColumnElement[str]:
    """A row's text, or a gap: NULL would pass for no row at all."""
    return func.coalesce(row, plain(INVALID_MARK))


def json_one(text: JsonSql, found: Callable[[ColumnElement[str]], Select[Any]], *, nullable: bool) -> JsonSql:
    """The text of the record that is `found`; where there is none, `null` if it may be missing."""
    if not nullable:
        return concat(found(text.sql).scalar_subquery())
    return concat(func.coalesce(found(or_gap(text.sql)).scalar_subquery(), plain("null")))


def json_list(rows: Select[Any]) -> JsonSql:
    """A list of the rows' only column, in their order: it is the one that the aggregate keeps to."""
    item = rows.subquery().c[0]
    items = select(func.coalesce(DialectSql(JOINED, or_gap(item)), plain("")))
    return concat("[", items.scalar_subquery(), "]")
