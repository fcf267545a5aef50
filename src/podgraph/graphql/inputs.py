"""Inputs of mutations: each field declares its validation rule, which is part of its description.

    title: str = input_field("Title of the deliverable: Test suite.", Text(255))

All fields are validated before the mutation starts, and all violations are returned together, each with
the path of its field.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Protocol

import strawberry
from strawberry.types.base import StrawberryMaybe, get_object_definition, has_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.notation import plural

Path = tuple[str, ...]


class Rule(Protocol):
    """A validation rule; `description` is appended to the description of the field."""

    @property
    def description(self) -> str: ...

    def error(self, value: Any) -> str | None:
        """Why the value is invalid, or None."""


@dataclass(frozen=True)
class Text:
    """Text of `least` to `most` characters that is not blank; `lines` allows line breaks."""

    most: int
    lines: bool = False
    least: int = 1

    @property
    def description(self) -> str:
        return f"{_between(self.least, self.most)} characters."

    def error(self, value: str) -> str | None:
        if len(value.strip()) < self.least:
            return "is blank" if self.least == 1 else f"has fewer than {self.least} characters"
        if len(value) > self.most:
            return f"has {len(value):,} characters, more than {self.most:,}"
        if any(_is_control(one) and not (self.lines and one in "\n\r\t") for one in value):
            return "contains control characters"
        return None


@dataclass(frozen=True)
class Number:
    """A number from `least` (exclusive if `above`) to `most`, with at most `places` decimal places."""

    least: int = 0
    most: int = 999_999_999_999
    places: int = 0
    above: bool = False

    @property
    def description(self) -> str:
        start = f"More than {self.least}, at most" if self.above else f"{self.least} to"
        decimals = f", at most {plural(self.places, 'decimal place')}" if self.places else ""
        return f"{start} {self.most:,}{decimals}."

    def error(self, value: Decimal | int) -> str | None:
        if value < self.least or value > self.most or (self.above and value == self.least):
            return f"is {value}; allowed: {self.description[0].lower()}{self.description[1:-1]}"
        # Trailing zeros do not count: 2.500 has one decimal place.
        if isinstance(value, Decimal) and value != round(value, self.places):
            return f"has more than {plural(self.places, 'decimal place')}"
        return None


@dataclass(frozen=True)
class ListOf:
    """A list of `least` to `most` values, each validated by the rule `each`."""

    most: int
    each: Rule | None = None
    least: int = 0

    @property
    def description(self) -> str:
        each = f", each of {self.each.description[0].lower()}{self.each.description[1:-1]}" if self.each else ""
        return f"{_between(self.least, self.most)}{each}."

    def error(self, value: list[Any]) -> str | None:
        if not self.least <= len(value) <= self.most:
            return f"has {plural(len(value), 'entry', 'entries')}; allowed: {_between(self.least, self.most)}"
        return None


TITLE = Text(255)
"""A name or a title."""
DESCRIPTION = Text(20_000, lines=True)
"""A long text of several lines."""
REASON = Text(2_000, lines=True)
"""The reason for an action."""
MONEY = Number(places=2, above=True)
"""An amount of money above zero."""
QUANTITY = Number(most=99_999_999_999, places=4, above=True)
"""A quantity of capacity or time above zero."""
ID = Text(40)
"""A reference id."""
CURRENCY = Text(3, least=3)
"""A currency, ISO 4217."""


def input_field(description: str, rule: Rule | None = None, **more: Any) -> Any:
    """An input field and its validation rule."""
    return strawberry.field(description=_with_rule(description, rule), metadata={"rule": rule}, **more)


def register_input(kind: type, name: str, description: str, /, **fields: str | tuple[str, Rule]) -> None:
    """Register a plain dataclass as a GraphQL input, with a description and a rule per field."""
    if "__slots__" in vars(kind):
        # Strawberry mistakes a slot for a default value, which would make the field optional.
        raise TypeError(f"{kind.__name__} has slots and cannot be registered as an input")
    strawberry.input(kind, name=name, description=description)
    for declared in get_object_definition(kind, strict=True).fields:
        field = fields[declared.python_name]
        text, rule = field if isinstance(field, tuple) else (field, None)
        declared.description = _with_rule(text, rule)
        declared.metadata = MappingProxyType({"rule": rule})


def values(value: Any) -> dict[str, Any]:
    """The values of an input by Python name, without `Maybe` fields that the caller omitted."""
    by_name = {one.python_name: getattr(value, one.python_name) for one in _fields(value)}
    optional = {one.python_name for one in _fields(value) if isinstance(one.type, StrawberryMaybe)}
    return {
        name: one.value if isinstance(one, strawberry.Some) else one
        for name, one in by_name.items()
        if not (one is None and name in optional)
    }


def violations(value: Any, path: Path = ()) -> Iterator[Refusal]:
    """All violations in an input, each with the path of its field."""
    for declared in _fields(value):
        given = getattr(value, declared.python_name)
        given = given.value if isinstance(given, strawberry.Some) else given
        if given is not None:
            name = declared.graphql_name or to_camel_case(declared.python_name)
            yield from _value_violations(given, declared.metadata.get("rule"), (*path, name))


def _value_violations(value: Any, rule: Rule | None, path: Path) -> Iterator[Refusal]:
    error = rule.error(value) if rule else None
    if error:
        yield Refusal(ErrorCode.INVALID, f"{path[-1]} {error}.", path)
        return
    if isinstance(value, list):
        each = rule.each if isinstance(rule, ListOf) else None
        for index, one in enumerate(value):
            yield from _value_violations(one, each, (*path, str(index)))
    elif has_object_definition(value):
        yield from violations(value, path)
    elif isinstance(value, str) and rule is None and any(map(_is_control, value)):
        yield Refusal(ErrorCode.INVALID, f"{path[-1]} contains control characters.", path)


def _with_rule(description: str, rule: Rule | None) -> str:
    return f"{description} {rule.description}" if rule else description


def _between(least: int, most: int) -> str:
    return f"Exactly {least:,}" if least == most else f"{least:,} to {most:,}"


def _fields(value: Any) -> list[StrawberryField]:
    return get_object_definition(type(value), strict=True).fields


def _is_control(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cs")
