"""Scalars: Decimal, DateTime, Date, Period, URL and JSON."""

from collections.abc import Callable, Mapping
from datetime import MAXYEAR, UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NewType, TypeVar

import strawberry
from strawberry.types.scalar import ScalarDefinition

from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode
from podgraph.kernel.notation import PLACES, WHOLE_DIGITS, read_day, read_decimal, read_instant
from podgraph.kernel.periods import Period

T = TypeVar("T")

Url = NewType("Url", str)
Json = NewType("Json", object)


def _decimal(given: Any) -> Decimal:
    # `str` is the shortest text of a float; the request parser accepts only floats for which it is exact.
    text = str(given) if isinstance(given, int | float | Decimal) and not isinstance(given, bool) else given
    return _read("decimal", read_decimal, text)


def _decimal_literal(node: ValueNode, _variables: Any = None) -> Decimal:
    # Parsed from the text of the literal, because a float would not be exact.
    match node:
        case StringValueNode() | IntValueNode() | FloatValueNode():
            return _decimal(node.value)
        case _:
            raise GraphQLError('A decimal is written as a string or number such as "38.5"')


def _period(text: str) -> Period:
    try:
        period = Period.parse(text)
    except ValueError:
        period = None
    # The end of a period is exclusive, so the last period of year 9999 has none.
    if period is None or period.year == MAXYEAR:
        raise ValueError("write a month as 2026-04 or a quarter as 2026-Q3")
    return period


def _read(name: str, read: Callable[[str], T], given: Any) -> T:
    """Parse a text with `read`; GraphQLError with a valid example for any other value."""
    try:
        return read(given if isinstance(given, str) else "")
    except ValueError as error:
        raise GraphQLError(f"{_quoted(given)} is not a {name}: {error}") from None


def _quoted(value: Any) -> str:
    return repr(value)[:60]


def write_instant(value: datetime) -> str:
    """Format an instant as RFC 3339 in UTC, with Z."""
    text = value.isoformat()
    if not text.endswith("+00:00"):
        text = value.astimezone(UTC).isoformat()
    return f"{text[:-6]}Z"


def _scalar(
    name: str,
    description: str,
    write: Callable[[Any], Any],
    read: Callable[[Any], Any],
    literal: Callable[..., Any] | None = None,
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name, description=description, serialize=write, parse_value=read, parse_literal=literal
    )


SCALARS: Mapping[object, ScalarDefinition] = {
    Decimal: _scalar(
        "Decimal",
        'Exact decimal, returned as a string: "38.5". Input is a string or a number, with at most'
        f" {WHOLE_DIGITS} digits before the decimal point and {PLACES} after it.",
        str,
        _decimal,
        _decimal_literal,
    ),
    datetime: _scalar(
        "DateTime",
        "Date and time, RFC 3339: 2026-05-14T16:00:00Z. Returned in UTC. Input requires seconds and an offset, and"
        " must not be more precise than a microsecond.",
        write_instant,
        partial(_read, "DateTime", read_instant),
    ),
    date: _scalar(
        "Date",
        "Calendar date, RFC 3339: 2026-05-14.",
        date.isoformat,
        partial(_read, "Date", read_day),
    ),
    Period: _scalar(
        "Period",
        "Calendar month (2026-04) or quarter (2026-Q3), in UTC.",
        str,
        partial(_read, "Period", _period),
    ),
    Url: _scalar("URL", "Absolute URL.", str, str),
    Json: _scalar("JSON", "Any JSON value.", lambda value: value, lambda value: value),
}
