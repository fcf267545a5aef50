"""JSON that the database itself writes, letter by letter as the API would.

A text is an SQL expression whose value is JSON. SQL's NULL in it means that a value is missing that
may not be: it makes everything around it NULL as well, while a value that may be missing is `null`.

Before whatever costs a point there is a line break, and nowhere else: within a string JSON has none.
So a text tells how much was loaded for it, without anybody taking it apart.

    [⏎{"role":"lead"},⏎{"role":"engineer"}]
"""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
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

Text = ColumnElement[str]

POINT = "\n"
"""Stands before whatever costs a point."""


class Written:
    """A value of an answer that is JSON already."""

    # No dataclass: orjson would take it for an object of the answer.
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def points(self) -> int:
        """What was loaded for it."""
        return self.text.count(POINT)


def spliced(value: object) -> orjson.Fragment:
    """What orjson writes in place of a value that is JSON already; TypeError for any other."""
    if not isinstance(value, Written):
        raise TypeError(f"a {type(value).__name__} is not JSON")
    return orjson.Fragment(value.text)


Spelling = Mapping[str, str]
"""What to write in each dialect; `{0}` stands for the column."""


class Spelled(FunctionElement[str]):
    """A column as text, which each of the two databases spells in its own way."""

    type = Characters()
    inherit_cache = False

    def __init__(self, spelling: Spelling, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.spelling = spelling


@compiles(Spelled)
def _spell(element: Spelled, compiler: Any, **kw: Any) -> str:
    return element.spelling[compiler.dialect.name].format(compiler.process(element.clauses, **kw))


STRING = {"postgresql": "to_json({0})::text", "sqlite": "json_quote({0})"}
IDENTITY = dict.fromkeys(STRING, "'\"' || {0} || '\"'")
"""An id that we issued: it has nothing that JSON would write otherwise."""
DAY = {
    "postgresql": "'\"' || to_char({0}, 'YYYY-MM-DD') || '\"'",
    "sqlite": "'\"' || {0} || '\"'",
}
INSTANT = {
    "postgresql": (
        'replace(to_char({0} AT TIME ZONE \'UTC\', \'\\"YYYY-MM-DD"T"HH24:MI:SS.US"Z"\\"\'),'
        " '.000000Z', 'Z')"
    ),
    # It is stored as text, always with its microseconds.
    "sqlite": "replace('\"' || replace({0}, ' ', 'T') || 'Z\"', '.000000Z', 'Z')",
}
JOINED = {"postgresql": "string_agg({0}, ',')", "sqlite": "group_concat({0}, ',')"}


def _decimal(kind: Exact) -> Spelling:
    unit = 10**kind.scale
    # On SQLite it is an integer, 385000 for 38.5.
    scaled = (
        f"printf('%s%d.%0{kind.scale}d', CASE WHEN {{0}} < 0 THEN '-' ELSE '' END,"
        f" abs({{0}}) / {unit}, abs({{0}}) % {unit})"
    )
    if kind.trim:
        whole = f"CASE WHEN {{0}} % {unit} = 0 THEN {{0}} / {unit} ELSE rtrim({scaled}, '0') END"
        return {
            "postgresql": "'\"' || trim_scale({0})::text || '\"'",
            "sqlite": f"'\"' || {whole} || '\"'",
        }
    return {"postgresql": "'\"' || {0}::text || '\"'", "sqlite": f"'\"' || {scaled} || '\"'"}


Write = Callable[[ColumnElement[Any]], Text]
"""Makes the text of a column's value."""


def spelled(spelling: Spelling) -> Write:
    return lambda column: Spelled(spelling, column)


def writer(kind: TypeEngine[Any]) -> Write | None:
    """How a stored value of an SQL type is written; None where the database can not."""
    if isinstance(kind, Exact):
        return spelled(_decimal(kind))
    return next((write for each, write in WRITERS.items() if isinstance(kind, each)), None)


WRITERS: Mapping[type[TypeEngine[Any]], Write] = {
    String: spelled(STRING),
    Integer: lambda column: cast(column, Characters),
    Boolean: lambda column: case((column, plain("true")), else_=plain("false")),
    Date: spelled(DAY),
    UTCDateTime: spelled(INSTANT),
}


def plain(text: str) -> Text:
    """JSON that is known beforehand."""
    escaped = text.replace("'", "''")
    return literal_column(f"'{escaped}'", Characters())


def word(names: Mapping[str, str]) -> Write:
    """How the words of a vocabulary are written: each by its name, and NULL for any other word."""
    quoted = {value: plain(f'"{name}"') for value, name in names.items()}
    return lambda column: case(*((column == plain(value), name) for value, name in quoted.items()))


def present(column: ColumnElement[Any], text: Text, *, nullable: bool) -> Text:
    """The text where the column has a value; where it has none, `null` if it may be."""
    if not getattr(column, "nullable", True):
        return text
    return case((column.is_not(None), text), else_=plain("null") if nullable else None)


def joined(*parts: str | Text) -> Text:
    """Texts and known pieces of JSON behind each other."""
    return reduce(add, (plain(part) if isinstance(part, str) else part for part in parts))


def json_object(fields: Iterable[tuple[str, Text]], points: int) -> Text:
    """An object with its fields in this order, before which its points stand."""
    opening = POINT * points + "{"
    parts: list[str | Text] = []
    for key, text in fields:
        parts += [f'''{"," if parts else opening}"{key}":''', text]
    return joined(*parts, "}") if parts else plain(opening + "}")


def json_one(text: Text, found: Callable[[Text], Text], *, nullable: bool) -> Text:
    """The text of the record that is `found`; where there is none, `null` if it may be missing."""
    # A record that is there but can not be written must not pass for one that is not there.
    return found(
        case((func.count() == literal_column("0"), plain("null")), else_=func.max(text)) if nullable else text
    )


def json_list(rows: Select[Any]) -> Text:
    """A list of the rows' only column, in their order; NULL where one of them is."""
    item = rows.subquery().c[0]
    text = joined("[", func.coalesce(Spelled(JOINED, item), plain("")), "]")
    # The aggregate would leave out what is NULL. Its order is that of the rows that it is given.
    return select(case((func.count() == func.count(item), text))).scalar_subquery()
