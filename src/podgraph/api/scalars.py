"""The scalars: exact decimals, instants in UTC, days, periods, links and JSON."""

from collections.abc import Callable, Mapping
from datetime import MAXYEAR, UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import strawberry
from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from podgraph.kernel.periods import Period

Url = NewType("Url", str)
Json = NewType("Json", object)

LONGEST_DECIMAL = 40
"""Characters of a decimal that are still read: more would only be a load on the server."""
WHOLE_DIGITS, PLACES = 14, 20
"""Digits of a decimal before and behind its point: 1e999999999 is short to write and endless to compute."""


def _decimal(text: Any) -> Decimal:
    try:
        value = Decimal(str(text)) if len(str(text)) <= LONGEST_DECIMAL else None
    except InvalidOperation:
        value = None
    if value is None or isinstance(text, bool) or not _in_range(value):
        raise GraphQLError(
            f'{_quoted(text)} is not a decimal: write a string or number such as "38.5", of at most'
            f" {WHOLE_DIGITS} digits before the point and {PLACES} behind it"
        )
    return value


def _in_range(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    # NaN and the infinities have a letter for an exponent.
    return isinstance(exponent, int) and exponent >= -PLACES and value.adjusted() < WHOLE_DIGITS


def _decimal_literal(node: ValueNode, _variables: Any = None) -> Decimal:
    # A literal is read from its text: on the way through a float it would lose its exactness.
    match node:
        case StringValueNode() | IntValueNode() | FloatValueNode():
            return _decimal(node.value)
        case _:
            raise GraphQLError('A decimal is written as a string or number such as "38.5"')


def _instant(text: Any) -> datetime:
    try:
        value = datetime.fromisoformat(text)
        if value.tzinfo is not None:
            return value.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise GraphQLError(
        f"{_quoted(text)} is not a DateTime: write it with its offset, such as 2026-05-14T16:00:00Z"
    )


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise GraphQLError(f"{_quoted(text)} is not a Date: write a day such as 2026-05-14") from None


def _period(text: Any) -> Period:
    try:
        period = Period.parse(text)
        # What ends with the calendar's last year has no instant after it to end at.
        if period.year < MAXYEAR:
            return period
    except (TypeError, ValueError):
        pass
    raise GraphQLError(f"{_quoted(text)} is not a Period: write a month as 2026-04 or a quarter as 2026-Q3")


def _quoted(value: Any) -> str:
    return repr(value)[:60]


def write_instant(value: datetime) -> str:
    """An instant as the API writes it: UTC, with a Z."""
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
        'An exact decimal. Written as a string ("38.5"), read from a string or a number.',
        str,
        _decimal,
        _decimal_literal,
    ),
    datetime: _scalar(
        "DateTime",
        "An instant in UTC, ISO 8601: 2026-05-14T16:00:00Z. An offset is required.",
        write_instant,
        _instant,
    ),
    date: _scalar("Date", "A day of the calendar, ISO 8601: 2026-05-14.", date.isoformat, _day),
    Period: _scalar(
        "Period", "A month (2026-04) or a quarter (2026-Q3) of the calendar, in UTC.", str, _period
    ),
    Url: _scalar("URL", "An absolute link.", str, str),
    Json: _scalar("JSON", "Any JSON value.", lambda value: value, lambda value: value),
}
