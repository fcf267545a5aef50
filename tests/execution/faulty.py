"""A small schema with every kind of fault, which the real schema never has.

Parts are numbered 0 to 5, and each leads to the next. A field with the argument `when` goes wrong on
the part of that number, so that a document decides at which depth and in which item of a list.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Annotated, Any, NamedTuple

import strawberry
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField

from podgraph.database.read_model import Reader
from podgraph.execution.context import Context
from podgraph.execution.operation import Operation
from podgraph.graphql.descriptions import Items, sized
from podgraph.graphql.relationships import argument, batch
from podgraph.kernel.errors import BadUserInput
from podgraph.schema import EXECUTORS, Schema

LAST = 5
USUAL = 3
MOST = 6
"""Things in a list, at the most."""


class PartRecord(NamedTuple):
    """A part. Odd ones have no text, and the fourth has no name, though it should."""

    number: int

    @property
    def text(self) -> str | None:
        return None if self.number % 2 else f"text {self.number}"

    @property
    def name(self) -> str | None:
        return None if self.number == 4 else f"part {self.number}"


class CrateRecord(NamedTuple):
    """The other kind of thing."""

    number: int
    size: str = "large"


class StrayRecord(NamedTuple):
    """A record without a type in the schema."""

    number: int


class Broken(Exception):
    """An unexpected error of a field."""


@dataclass
class Workshop(Context):
    """A context that records mutations."""

    log: list[str] = field(default_factory=list)


@strawberry.enum
class Colour(Enum):
    RED = "RED"
    GREEN = "GREEN"


async def next_parts(_reader: Reader, numbers: Sequence[int]) -> Mapping[int, PartRecord]:
    """The next part; the last one has none."""
    return {number: PartRecord(number + 1) for number in numbers if number < LAST}


async def next_two(_reader: Reader, numbers: Sequence[int], when: int = -1) -> Mapping[int, list[Any]]:
    """The next two parts; the one with the number `when` is null."""
    return {
        number: [None if one == when else PartRecord(one) for one in (number + 1, number + 2) if one <= LAST]
        for number in numbers
    }


async def next_unless_broken(_reader: Reader, numbers: Sequence[int], when: int) -> Mapping[int, Any]:
    """The next part, but an error for the key `when`."""
    return {number: Broken(number) if number == when else PartRecord(number + 1) for number in numbers}


async def always_broken(_reader: Reader, numbers: Sequence[int]) -> Mapping[int, Any]:
    """An error for all keys at once."""
    raise Broken("the database is gone")


async def all_kinds(_reader: Reader, numbers: Sequence[int], when: int) -> Mapping[int, list[Any]]:
    """A part, a crate and a null, and a stray instead of the crate at `when`."""
    return {
        number: [
            PartRecord(min(number + 1, LAST)),
            StrayRecord(number) if number == when else CrateRecord(number),
            None,
        ]
        for number in numbers
    }


async def one_kind(_reader: Reader, numbers: Sequence[int], when: int) -> Mapping[int, Any]:
    """A crate or a part, and a stray at `when`."""
    kinds = [CrateRecord, PartRecord]
    return {number: (StrayRecord if number == when else kinds[number % 2])(number) for number in numbers}


async def numbers_or_text(_reader: Reader, numbers: Sequence[int], when: int) -> Mapping[int, Any]:
    """A number, text instead of it at `when`."""
    return {number: "many" if number == when else number for number in numbers}


def _edge(function: Any, *, when: int | None = None) -> Any:
    arguments = () if when is None else (argument("when", int, "On which part.", default=when),)
    return batch(function, "An edge.", *arguments, key="number", length=Items(MOST))


def _is_of(kind: type) -> Any:
    return classmethod(lambda _cls, value, _info: isinstance(value, kind))


@strawberry.interface
class Thing:
    number: int


@strawberry.type
class Crate(Thing):
    is_type_of = _is_of(CrateRecord)
    size: str
    things: list[Thing | None] = _edge(all_kinds, when=USUAL)


@strawberry.type
class Selected:
    names: list[str]


@strawberry.type
class Part(Thing):
    is_type_of = _is_of(PartRecord)
    text: str | None
    name: str
    lost: str | None

    following: "Part | None" = _edge(next_parts)
    needed: "Part" = _edge(next_parts)
    parts: list["Part"] = _edge(next_two)
    holes: "list[Part | None]" = _edge(next_two, when=USUAL)
    whole: list["Part"] = _edge(next_two, when=USUAL)
    whole_or_null: "list[Part] | None" = _edge(next_two, when=USUAL)
    unlucky: "Part | None" = _edge(next_unless_broken, when=USUAL)
    unlucky_needed: "Part" = _edge(next_unless_broken, when=USUAL)
    never: "Part | None" = _edge(always_broken)
    things: list[Thing | None] = _edge(all_kinds, when=USUAL)
    any: "list[AnyThing | None] | None" = _edge(all_kinds, when=USUAL)
    some: Thing | None = _edge(one_kind, when=USUAL)
    count: int = _edge(numbers_or_text, when=USUAL)
    colour: Colour | None = _edge(numbers_or_text, when=-1)

    @strawberry.field
    def raises(self, when: int = USUAL) -> str | None:
        return _unless(self.number, when)

    @strawberry.field
    def raises_needed(self, when: int = USUAL) -> str:
        return _unless(self.number, when)

    @strawberry.field
    async def raises_later(self, when: int = USUAL) -> str | None:
        await asyncio.sleep(0)
        return _unless(self.number, when)

    @strawberry.field
    async def raises_later_needed(self, when: int = USUAL) -> str:
        await asyncio.sleep(0)
        return _unless(self.number, when)

    @strawberry.field
    def refuses(self, when: int = USUAL) -> int:
        if self.number == when:
            raise BadUserInput("not this one")
        return self.number

    @strawberry.field
    def double(self) -> int:
        return self.number * 2

    @strawberry.field
    def missing(self, when: int = USUAL) -> str:
        return None if self.number == when else "here"  # type: ignore[return-value]

    @strawberry.field
    async def missing_later(self, when: int = USUAL) -> str:
        await asyncio.sleep(0)
        return None if self.number == when else "here"  # type: ignore[return-value]

    @strawberry.field
    def amount(self, when: int = USUAL) -> int | None:
        return 2**40 if self.number == when else self.number

    @strawberry.field
    def shade(self, when: int = USUAL) -> Colour:
        return "PURPLE" if self.number == when else Colour.RED  # type: ignore[return-value]

    @strawberry.field
    def numbers(self, when: int = USUAL) -> list[int]:
        return [1, "many" if self.number == when else 2]  # type: ignore[list-item]

    @strawberry.field
    def matrix(self, when: int = USUAL) -> list[list[int] | None]:
        return [[1, 2], [], [3, None if self.number == when else 4]]  # type: ignore[list-item]

    @strawberry.field
    def generated(self) -> list[int]:
        return (number for number in range(self.number))  # type: ignore[return-value]

    @strawberry.field
    async def streamed(self) -> list[int]:
        return _streamed(self.number)  # type: ignore[return-value]

    @strawberry.field
    def slow(self, when: int = USUAL) -> list[str | None]:
        return [_later(number, when) for number in (self.number, self.number + 1)]  # type: ignore[misc]

    @strawberry.field
    def no_list(self, when: int = USUAL) -> list[int] | None:
        return self.number if self.number == when else []  # type: ignore[return-value]

    @strawberry.field
    def itself(self) -> "Part":
        return self

    @strawberry.field
    async def itself_later(self, when: int = USUAL) -> "Part | None":
        await asyncio.sleep(0)
        return None if self.number == when else self

    @strawberry.field
    def wrong_kind(self, when: int = USUAL) -> "Part | None":
        return CrateRecord(1) if self.number == when else self  # type: ignore[return-value]

    @strawberry.field
    def place(self, info: strawberry.Info) -> str:
        return "/".join(map(str, [info.field_name, *_path(info)]))

    @strawberry.field
    def selected(self, info: strawberry.Info) -> Selected:
        return Selected(names=[name for one in info.selected_fields for name in _names(one)])


AnyThing = Annotated[Part | Crate, strawberry.union("AnyThing")]


def _unless(number: int, when: int) -> str:
    if number == when:
        raise Broken(number)
    return f"well {number}"


async def _later(number: int, when: int) -> str:
    await asyncio.sleep(0)
    return _unless(number, when)


async def _streamed(most: int) -> AsyncIterator[int]:
    for number in range(most):
        yield number


def _path(info: strawberry.Info) -> list[str | int]:
    return info.path.as_list()


def _names(selected: SelectedField | FragmentSpread | InlineFragment) -> Iterator[str]:
    for inner in selected.selections:
        if isinstance(inner, SelectedField):
            yield inner.alias or inner.name
        else:
            yield from _names(inner)


@strawberry.type
class Query:
    @strawberry.field
    def part(self, number: int = 0) -> Part | None:
        return PartRecord(number)  # type: ignore[return-value]

    @strawberry.field
    async def needed(self, number: int = 0) -> Part:
        return PartRecord(number)  # type: ignore[return-value]

    @strawberry.field(metadata=sized(MOST))
    def parts(self, number: int = LAST) -> list[Part]:
        return list(map(PartRecord, range(number)))  # type: ignore[arg-type]

    @strawberry.field(metadata=sized(MOST))
    def parts_or_null(self, number: int = LAST) -> list[Part | None] | None:
        return [None, *map(PartRecord, range(number))]  # type: ignore[list-item]

    @strawberry.field(metadata=sized(MOST))
    def things(self, when: int = USUAL) -> list[Thing | None]:
        return [PartRecord(1), CrateRecord(2), None, *([StrayRecord(3)] * (when == USUAL))]  # type: ignore[list-item]

    @strawberry.field
    def some(self, when: int = USUAL) -> AnyThing | None:
        return (StrayRecord if when == USUAL else PartRecord)(2)  # type: ignore[return-value]


@strawberry.type
class Step:
    """What a mutation answers; its log shows that no later mutation has begun."""

    name: str
    part: Part

    @strawberry.field
    async def log(self, info: strawberry.Info[Workshop]) -> list[str]:
        for _ in range(3):
            await asyncio.sleep(0)
        return list(info.context.log)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def step(self, info: strawberry.Info[Workshop], name: str = "step", number: int = 0) -> Step | None:
        await asyncio.sleep(0)
        info.context.log.append(name)
        return Step(name=name, part=PartRecord(number))  # type: ignore[arg-type]

    @strawberry.mutation
    def step_now(self, info: strawberry.Info[Workshop], name: str = "now", number: int = 0) -> Step:
        info.context.log.append(name)
        return Step(name=name, part=PartRecord(number))  # type: ignore[arg-type]

    @strawberry.mutation
    async def stumble(self, info: strawberry.Info[Workshop], name: str = "stumble") -> Step | None:
        info.context.log.append(name)
        raise Broken(name)


@cache
def build_schema(executor: str) -> Schema:
    """The graph, for one of the executors."""
    return Schema(Query, Mutation, execution_context_class=EXECUTORS[executor], extensions=[Operation], types=[Crate])


def values(scalar: str, name: str, owner: str) -> Sequence[Any]:
    """Numbers of parts, so that most faults are met."""
    return range(LAST + 1) if scalar == "Int" else ()
