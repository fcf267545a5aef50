"""Typed filters: comparators, and / or / not, and nesting into a to-one record.

A filter's field names a column of the relation that it filters, or says in its metadata what
else it looks at; `condition` turns a whole filter into one SQL condition.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Context, Decimal
from math import floor
from typing import Any, Generic, TypeVar

import strawberry
from sqlalchemy import ColumnElement, Dialect, Numeric, and_, bindparam, not_, or_, select, true
from sqlalchemy.types import TypeEngine
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField

from podgraph.database.casing import containing
from podgraph.database.columns import Exact
from podgraph.database.read_model import READ_MODELS, Keys, ReadModelAlias, among
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.notation import PLACES, WHOLE_DIGITS
from podgraph.kernel.periods import Period

T = TypeVar("T")
Condition = ColumnElement[bool]

MAX_CONTAINS_LENGTH = 255
"""Characters that `contains` takes: the expression of a long text takes a database long."""


EVERY_DIGIT = Context(prec=WHOLE_DIGITS + PLACES)
"""Python's own context would round a decimal to 28 digits, fewer than one can be given."""


class Unrounded(Exact):
    """A decimal to compare with: 69.95 stays 69.95 beside a column of one decimal."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        # A parameter of the column's own precision would be rounded to it, and told when it is too large.
        return super().load_dialect_impl(dialect) if dialect.name == "sqlite" else Numeric()

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        scaled = value.scaleb(self.scale, EVERY_DIGIT)
        # All that lies between two whole numbers compares with whole numbers alike.
        return int(scaled) if scaled == scaled.to_integral_value() else floor(scaled) + 0.5


def _decimal(column: ColumnElement[Any], value: Any) -> Any:
    if isinstance(column.type, Exact):
        return bindparam(None, value, type_=Unrounded(column.type.precision, column.type.scale), unique=True)
    return value


def _keys(values: list[Any]) -> Any:
    # One parameter for all of them: the text of the statement does not depend on how many there are.
    return bindparam(None, [str(value) for value in values], type_=Keys(), unique=True)


def _containing(value: str) -> str:
    if len(value) > MAX_CONTAINS_LENGTH:
        raise BadUserInput(
            f"contains has {len(value)} characters; use at most {MAX_CONTAINS_LENGTH}, or the whole text to eq"
        )
    return containing(value)


OPERATORS: dict[str, Callable[[ColumnElement[Any], Any], Condition]] = {
    "eq": lambda column, value: column == _decimal(column, value),
    "in_": lambda column, value: among(column, _keys(value)),
    # Something without a value is none of these: in SQL it would be neither in nor not in.
    "not_in": lambda column, value: among(column, _keys(value)).is_not(true()),
    "gt": lambda column, value: column > _decimal(column, value),
    "gte": lambda column, value: column >= _decimal(column, value),
    "lt": lambda column, value: column < _decimal(column, value),
    "lte": lambda column, value: column <= _decimal(column, value),
    "contains": lambda column, value: column.regexp_match(_containing(value)),
    "is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


def _compare(description: str, name: str | None = None) -> Any:
    return strawberry.field(default=strawberry.UNSET, name=name, description=description)


def _storable(value: Any) -> Any:
    """The value; BadUserInput for text with a NUL, which PostgreSQL can not even look for."""
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and "\0" in text:
            raise BadUserInput("Filters cannot contain the character NUL; remove it.")
    return value


class Comparator:
    """The parent of all comparators: every operator given must hold."""

    @property
    def given(self) -> dict[str, Any]:
        """The operators that are used, each with what it compares with."""
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
"""What a filter's field asks of a source, given the field's value."""


def by(description: str, matches: Matches | None = None, *, name: str | None = None) -> Any:
    """A filter's field. Without `matches` it compares the column of the same name."""
    metadata = {"matches": matches} if matches else {}
    return strawberry.field(default=strawberry.UNSET, name=name, description=description, metadata=metadata)


def related(relation: str, key: str, to: str = "id", column: str | None = None) -> Matches:
    """Nests into another relation: its row whose `to` equals our `key` must match.

    With `column` the value is a comparator for that column; without, it is a whole filter.
    """

    def matches(source: ReadModelAlias, value: Any) -> Condition:
        other = READ_MODELS[relation].source()
        inner = condition(value, other) if column is None else value.condition(other[column])
        return source[key].in_(select(other[to]).where(inner))

    return matches


def labelled(table: str, to: str, column: str) -> Matches:
    """Compares the labels of a record: the `column` of those rows of a join table whose `to` is its id.

    What must hold of a label must hold of one of them. What must not, holds also without any label.
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
    """Compares a derived boolean with the value given."""
    return lambda source, value: source[column] if value else not_(source[column])


def at_least(column: str) -> Matches:
    """The column's month is the first one of this period or later."""
    return lambda source, value: source[column] >= str(next(value.each_month()))


def at_most(column: str) -> Matches:
    """The column's month is the last one of this period or earlier."""
    return lambda source, value: source[column] < str(Period.of(value.end))


def condition(given: Any, source: ReadModelAlias) -> Condition:
    """One condition for everything in a filter."""
    definition = get_object_definition(type(given), strict=True)
    return and_(
        True,
        *(
            _field_condition(field, value, source)
            for field in definition.fields
            if (value := getattr(given, field.python_name)) not in (None, strawberry.UNSET)
        ),
    )


def _field_condition(field: StrawberryField, value: Any, source: ReadModelAlias) -> Condition:
    match field.python_name:
        case "and_":
            return and_(True, *(condition(part, source) for part in value))
        case "or_":
            return or_(False, *(condition(part, source) for part in value))
        case "not_":
            # What SQL can not tell, because there is no value, does not hold.
            return condition(value, source).is_not(true())
        case column:
            matches: Matches = field.metadata.get("matches", lambda here, given: given.condition(here[column]))
            return matches(source, value)


AND = "All of these filters must match."
OR = "At least one of these filters must match."
NOT = "This filter must not match."
