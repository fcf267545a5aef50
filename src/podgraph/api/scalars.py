"""The scalars: exact decimals, instants in UTC, days, periods, links and JSON."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
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


def _decimal(text: Any) -> Decimal:
    try:
        value = Decimal(str(text)) if len(str(text)) <= LONGEST_DECIMAL else None
    except InvalidOperation:
        value = None
    if value is None or isinstance(text, bool) or not value.is_finite():
        raise GraphQLError(f'{_quoted(text)} is not a decimal: write a string or number such as "38.5"')
    return value


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
        return Period.parse(text)
    except TypeError:
        raise GraphQLError(
            f"{_quoted(text)} is not a Period: write a month as 2026-04 or a quarter as 2026-Q3"
        ) from None
    except ValueError as error:
        raise GraphQLError(str(error)) from None


def _quoted(value: Any) -> str:
    return repr(value)[:60]


def write_instant(value: datetime) -> str:
    """An instant as the API writes it: UTC, with a Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


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
