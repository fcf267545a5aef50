"""Typed filters: comparators, and / or / not, and filters of related records.

A field of a filter compares the column of the same name, or has a function in its metadata. `condition` compiles
a filter to one SQL condition.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Context, Decimal
from math import floor
from typing import Any, Generic, TypeVar

import strawberry
from sqlalchemy import ColumnElement, Dialect, Numeric, and_, bindparam, not_, or_, select, true
from sqlalchemy.types import TypeEngine
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField

from podgraph.database.casing import containing_pattern
from podgraph.database.columns import Exact
from podgraph.database.functions import contains_text
from podgraph.database.read_model import READ_MODELS, ReadModelAlias, among
from podgraph.database.tenancy import Keys
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.notation import PLACES, WHOLE_DIGITS
from podgraph.kernel.periods import Period

T = TypeVar("T")
Condition = ColumnElement[bool]

MAX_CONTAINS_LENGTH = 255
"""Maximum characters of `contains`: the regular expression of a long text is slow to compile."""


EVERY_DIGIT = Context(prec=WHOLE_DIGITS + PLACES)
"""Decimal context for all digits of an input; the default context rounds to 28 digits."""


class Unrounded(Exact):
    """A decimal operand, which is not rounded to the scale of the column: 69.95 is not equal to 70.0."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        # A parameter with the precision of the column would be rounded to it, or rejected if too large.
        return super().load_dialect_impl(dialect) if dialect.name == "sqlite" else Numeric()

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        scaled = value.scaleb(self.scale, EVERY_DIGIT)
        # SQLite compares scaled integers, for which all values between two integers are equivalent.
        return int(scaled) if scaled == scaled.to_integral_value() else floor(scaled) + 0.5


def _decimal(column: ColumnElement[Any], value: Any) -> Any:
    if isinstance(column.type, Exact):
        return bindparam(None, value, type_=Unrounded(column.type.precision, column.type.scale), unique=True)
    return value


def _keys(values: list[Any]) -> Any:
    # One parameter for all values, so that the SQL text does not depend on their number.
    return bindparam(None, [str(value) for value in values], type_=Keys(), unique=True)


def _contains_pattern(value: str) -> str:
    if len(value) > MAX_CONTAINS_LENGTH:
        raise BadUserInput(
            f"contains has {len(value)} characters; use at most {MAX_CONTAINS_LENGTH}, or the whole text to eq"
        )
    return containing_pattern(value)


OPERATORS: dict[str, Callable[[ColumnElement[Any], Any], Condition]] = {
    "eq": lambda column, value: column == _decimal(column, value),
    "in_": lambda column, value: among(column, _keys(value)),
    # NULL matches `notIn`; in SQL it would match neither IN nor NOT IN.
    "not_in": lambda column, value: among(column, _keys(value)).is_not(true()),
    "gt": lambda column, value: column > _decimal(column, value),
    "gte": lambda column, value: column >= _decimal(column, value),
    "lt": lambda column, value: column < _decimal(column, value),
    "lte": lambda column, value: column <= _decimal(column, value),
    "contains": lambda column, value: column.regexp_match(_contains_pattern(value)),
    "is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


def _compare(description: str, name: str | None = None) -> Any:
    return strawberry.field(default=strawberry.UNSET, name=name, description=description)


def _storable(value: Any) -> Any:
    """The value; BadUserInput for text with NUL, which PostgreSQL rejects."""
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and "\0" in text:
            raise BadUserInput("Filters cannot contain the character NUL; remove it.")
    return value


class Comparator:
    """Base class of comparators; all given operators must match."""

    @property
    def given(self) -> dict[str, Any]:
        """The given operators with their operands."""
        return {
            operator: _storable(value)
            for operator in OPERATORS
            if (value := getattr(self, operator, None)) not in (None, strawberry.UNSET)
        }

    def condition(self, column: ColumnElement[Any]) -> Condition:
        return _compared(column, self.given)


def _compared(column: ColumnElement[Any], given: Mapping[str, Any]) -> Condition:
    return and_(True, *(OPERATORS[operator](column, value) for operator, value in given.items()))


@strawberry.input(description="Compares an enum value.")
class Filter(Comparator, Generic[T]):
    eq: T | None = _compare("Equal to this value.")
    in_: list[T] | None = _compare("One of these values.", "in")
    not_in: list[T] | None = _compare("None of these values.")


@strawberry.input(name="IDFilter", description="Compares an ID.")
class IdFilter(Comparator):
    eq: strawberry.ID | None = _compare("Equal to this value.")
    in_: list[strawberry.ID] | None = _compare("One of these values.", "in")
    not_in: list[strawberry.ID] | None = _compare("None of these values.")
    is_null: bool | None = _compare("True: has no value. False: has a value.")


@strawberry.input(description="Compares text.")
class StringFilter(Comparator):
    eq: str | None = _compare("Equal to this value, case-sensitive.")
    in_: list[str] | None = _compare("One of these values.", "in")
    not_in: list[str] | None = _compare("None of these values.")
    contains: str | None = _compare(
        f"Contains this text, case-insensitive in every alphabet. At most {MAX_CONTAINS_LENGTH} characters."
    )
    is_null: bool | None = _compare("True: has no value. False: has a value.")


@strawberry.input(description="Compares a decimal.")
class DecimalFilter(Comparator):
    eq: Decimal | None = _compare("Equal to this value.")
    gt: Decimal | None = _compare("Greater than this value.")
    gte: Decimal | None = _compare("Greater than or equal to this value.")
    lt: Decimal | None = _compare("Less than this value.")
    lte: Decimal | None = _compare("Less than or equal to this value.")
    is_null: bool | None = _compare("True: has no value. False: has a value.")


@strawberry.input(description="Compares a date and time.")
class DateTimeFilter(Comparator):
    gt: datetime | None = _compare("Later than this time.")
    gte: datetime | None = _compare("At this time or later.")
    lt: datetime | None = _compare("Earlier than this time.")
    lte: datetime | None = _compare("At this time or earlier.")
    is_null: bool | None = _compare("True: has no value. False: has a value.")


Matches = Callable[[ReadModelAlias, Any], Condition]
"""Builds the condition of a filter field from an alias and the value of the field."""


def by(description: str, matches: Matches | None = None, *, name: str | None = None) -> Any:
    """Declare a filter field. Without `matches` it compares the column of the same name."""
    metadata = {"matches": matches} if matches else {}
    return strawberry.field(default=strawberry.UNSET, name=name, description=description, metadata=metadata)


def related(relation: str, key: str, to: str = "id", column: str | None = None) -> Matches:
    """Filter by a related record: the record of `relation` whose `to` equals this record's `key` must match.

    With `column` the value is a comparator of that column, else a filter of the related record.
    """

    def matches(source: ReadModelAlias, value: Any) -> Condition:
        other = READ_MODELS[relation].source()
        inner = condition(value, other) if column is None else value.condition(other[column])
        return source[key].in_(select(other[to]).where(inner))

    return matches


def labelled(table: str, to: str, column: str) -> Matches:
    """Filter by the labels of a record: the values of `column` in the rows of a join table whose `to` is its id.

    A positive operator matches if any label matches; a negative one also matches a record without labels.
    """

    def matches(source: ReadModelAlias, value: Comparator) -> Condition:
        link, given = READ_MODELS[table].source(), value.given

        def has_label(**compared: Any) -> Condition:
            return source["id"].in_(select(link[to]).where(_compared(link[column], compared)))

        conditions: list[Condition] = []
        if "not_in" in given:
            conditions.append(not_(has_label(in_=given.pop("not_in"))))
        if "is_null" in given:
            conditions.append(not_(has_label()) if given.pop("is_null") else has_label())
        if given:
            conditions.append(has_label(**given))
        return and_(True, *conditions)

    return matches


def flag(column: str) -> Matches:
    """Compare a computed boolean."""
    return lambda source, value: source[column] if value else not_(source[column])


def listed(column: str) -> Matches:
    """The column, a JSON list of texts, contains this one."""
    return lambda source, value: contains_text(source[column], _storable(value))


def at_least(column: str) -> Matches:
    """The month in the column is not before the first month of the period."""
    return lambda source, value: source[column] >= str(next(value.each_month()))


def at_most(column: str) -> Matches:
    """The month in the column is not after the last month of the period."""
    return lambda source, value: source[column] < str(Period.of(value.end))


def condition(given: Any, source: ReadModelAlias) -> Condition:
    """The SQL condition of a filter."""
    definition = get_object_definition(type(given), strict=True)
    return and_(
        True,
        *(
            _field_condition(field, value, source)
            for field in definition.fields
            if (value := getattr(given, field.python_name)) not in (None, strawberry.UNSET)
        ),
    )


def shown(hidden: tuple[str, str] | None, given: Any, source: ReadModelAlias) -> list[Condition]:
    """The conditions of a connection for the filter `given`, if any.

    `hidden` is a column and the value whose records are left out, unless the filter names the column.
    """
    conditions = [condition(given, source)] if given else []
    if hidden and hidden[0] not in (_named(given) if given else ()):
        conditions.append(source[hidden[0]] != hidden[1])
    return conditions


def _named(given: Any) -> Iterator[str]:
    """The fields in a filter and in the filters within it."""
    for field in get_object_definition(type(given), strict=True).fields:
        value = getattr(given, field.python_name)
        if value in (None, strawberry.UNSET):
            continue
        yield field.python_name
        if field.python_name in ("and_", "or_", "not_"):
            for part in value if isinstance(value, list) else [value]:
                yield from _named(part)


def _field_condition(field: StrawberryField, value: Any, source: ReadModelAlias) -> Condition:
    match field.python_name:
        case "and_":
            return and_(True, *(condition(part, source) for part in value))
        case "or_":
            return or_(False, *(condition(part, source) for part in value))
        case "not_":
            # An unknown result (NULL) counts as not matching.
            return condition(value, source).is_not(true())
        case column:
            matches: Matches = field.metadata.get("matches", lambda here, given: given.condition(here[column]))
            return matches(source, value)


AND = "All of these filters must match."
OR = "At least one of these filters must match."
NOT = "This filter must not match."
