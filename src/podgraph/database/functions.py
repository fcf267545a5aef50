"""SQL functions with a different syntax on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Boolean, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class month_of(FunctionElement[str]):  # noqa: N801 - it reads as the SQL function that it is
    """`month_of(instant)`: the calendar month in UTC as text, e.g. 2026-04."""

    type = Text()
    inherit_cache = True


@compiles(month_of, "sqlite")
def _month_sqlite(element: month_of, compiler: Any, **kw: Any) -> str:
    # SQLite stores an instant as text in UTC that starts with the month.
    return f"substr({compiler.process(element.clauses, **kw)}, 1, 7)"


@compiles(month_of, "postgresql")
def _month_postgresql(element: month_of, compiler: Any, **kw: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **kw)} AT TIME ZONE 'UTC', 'YYYY-MM')"


class contains_text(FunctionElement[bool]):  # noqa: N801 - it reads as the SQL function that it is
    """`contains_text(column, text)`: a JSON list contains a text, character by character."""

    type = Boolean()
    inherit_cache = True
    # Else SQLAlchemy would write `= 1` behind it on SQLite. Not public.
    _is_implicitly_boolean = True


@compiles(contains_text, "sqlite")
def _contains_text_sqlite(element: contains_text, compiler: Any, **kw: Any) -> str:
    column, value = element.clauses
    return f"{compiler.process(value, **kw)} IN (SELECT value FROM json_each({compiler.process(column, **kw)}))"


@compiles(contains_text, "postgresql")
def _contains_text_postgresql(element: contains_text, compiler: Any, **kw: Any) -> str:
    column, value = element.clauses
    return f"{compiler.process(column, **kw)} @> to_jsonb(CAST({compiler.process(value, **kw)} AS TEXT))"
