"""What may be given to a mutation: each value with the rule that it keeps, said in its description.

    title: str = given("Its title: Test suite.", Text(255))

Every value of an input is looked at before anything else happens, and everything that is wrong is told
at once, with the path that leads there.
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

Path = tuple[str, ...]


class Rule(Protocol):
    """What a value must be; `says` completes its description."""

    @property
    def description(self) -> str: ...

    def error(self, value: Any) -> str | None:
        """What is wrong with a value, None where nothing is."""


@dataclass(frozen=True)
class Text:
    """Text of 1 to `most` characters that says something; `lines` lets it have several."""

    most: int
    lines: bool = False
    least: int = 1

    @property
    def description(self) -> str:
        return f"{self.least} to {self.most:,} characters."

    def error(self, value: str) -> str | None:
        if len(value.strip()) < self.least:
            return "says nothing" if self.least == 1 else f"has fewer than {self.least} characters"
        if len(value) > self.most:
            return f"has {len(value):,} characters, more than {self.most:,}"
        if any(_is_control(one) and not (self.lines and one in "\n\r\t") for one in value):
            return "contains control characters"
        return None


@dataclass(frozen=True)
class Number:
    """A number from `least` (above it, where `above`) to `most`, with at most `places` decimals."""

    least: int = 0
    most: int = 999_999_999_999
    places: int = 0
    above: bool = False

    @property
    def description(self) -> str:
        start = f"More than {self.least}, at most" if self.above else f"{self.least} to"
        decimals = f", with at most {self.places} decimals" if self.places else ""
        return f"{start} {self.most:,}{decimals}."

    def error(self, value: Decimal | int) -> str | None:
        if value < self.least or value > self.most or (self.above and value == self.least):
            return f"is {value}: {self.description[0].lower()}{self.description[1:-1]} is possible"
        # Trailing zeros say nothing, so 2.500 has one decimal.
        if isinstance(value, Decimal) and value != round(value, self.places):
            return f"has more than {self.places} decimals"
        return None


@dataclass(frozen=True)
class ListOf:
    """A list of `least` to `most` values, each of which keeps the rule `each`."""

    most: int
    each: Rule | None = None
    least: int = 0

    @property
    def description(self) -> str:
        each = f", each of {self.each.description[0].lower()}{self.each.description[1:-1]}" if self.each else ""
        return f"{self.least} to {self.most}{each}."

    def error(self, value: list[Any]) -> str | None:
        if not self.least <= len(value) <= self.most:
            return f"has {len(value)} entries: {self.least} to {self.most} are possible"
        return None


TITLE = Text(255)
"""A name or a title."""
DESCRIPTION = Text(20_000, lines=True)
"""Words that may go on for pages."""
REASON = Text(2_000, lines=True)
"""Why something is done."""
MONEY = Number(places=2, above=True)
"""An amount of money that is more than nothing."""
QUANTITY = Number(most=99_999_999_999, places=4, above=True)
"""A quantity of capacity or time that is more than nothing."""
ID = Text(40)
"""A reference id."""
CURRENCY = Text(3, least=3)
"""A currency, ISO 4217."""


def input_field(description: str, rule: Rule | None = None, **more: Any) -> Any:
    """A value of an input, and the rule that it keeps."""
    said = f"{description} {rule.description}" if rule else description
    return strawberry.field(description=said, metadata={"rule": rule}, **more)


def register_input(kind: type, name: str, description: str, /, **said: str | tuple[str, Rule]) -> None:
    """Make a plain dataclass of the rules a GraphQL input as it stands, with words and rule per value."""
    if "__slots__" in vars(kind):
        # Strawberry would take a slot for a default, and let the value be left out.
        raise TypeError(f"{kind.__name__} has slots: an input can not be made of it")
    strawberry.input(kind, name=name, description=description)
    for declared in get_object_definition(kind, strict=True).fields:
        words = said[declared.python_name]
        text, rule = words if isinstance(words, tuple) else (words, None)
        declared.description = f"{text} {rule.description}" if rule else text
        declared.metadata = MappingProxyType({"rule": rule})


def values(value: Any) -> dict[str, Any]:
    """What an input says, by its Python names. A `Maybe` that it leaves out is left out here too."""
    said = {one.python_name: getattr(value, one.python_name) for one in _declared(value)}
    left_out = {one.python_name for one in _declared(value) if isinstance(one.type, StrawberryMaybe)}
    return {
        name: one.value if isinstance(one, strawberry.Some) else one
        for name, one in said.items()
        if not (one is None and name in left_out)
    }


def violations(value: Any, path: Path = ()) -> Iterator[Refusal]:
    """Everything that is wrong in an input, with the path that leads there."""
    for declared in _declared(value):
        said = getattr(value, declared.python_name)
        said = said.value if isinstance(said, strawberry.Some) else said
        if said is not None:
            name = declared.graphql_name or to_camel_case(declared.python_name)
            yield from _violations(said, declared.metadata.get("rule"), (*path, name))


def _violations(said: Any, rule: Rule | None, path: Path) -> Iterator[Refusal]:
    no = rule.error(said) if rule else None
    if no:
        yield Refusal(ErrorCode.INVALID, f"{path[-1]} {no}.", path)
        return
    if isinstance(said, list):
        each = rule.each if isinstance(rule, ListOf) else None
        for place, one in enumerate(said):
            yield from _violations(one, each, (*path, str(place)))
    elif has_object_definition(said):
        yield from violations(said, path)
    elif isinstance(said, str) and rule is None and any(map(_is_control, said)):
        yield Refusal(ErrorCode.INVALID, f"{path[-1]} contains control characters.", path)


def _declared(value: Any) -> list[StrawberryField]:
    return get_object_definition(type(value), strict=True).fields


def _is_control(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cs")
