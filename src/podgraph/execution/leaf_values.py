"""Columns of leaf values, written as the response has them."""

from collections.abc import Callable
from functools import cache
from types import NoneType
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from podgraph.execution.errors import FallbackRequired

Write = Callable[[Any], Any]


@cache
def _shortcut(kind: GraphQLLeafType) -> tuple[type, Write | None]:
    """A Python type whose values are written in a quicker way than one by one, or not at all."""
    if kind in (GraphQLString, GraphQLID):
        return str, None
    if kind is GraphQLBoolean:
        return bool, None
    if isinstance(kind, GraphQLEnumType):
        return str, {member.value: name for name, member in kind.values.items()}.__getitem__
    return NoneType, None


def written(kind: GraphQLLeafType, values: list[Any], kinds: set[type]) -> list[Any]:
    """The column of `values` as it stands in the response; `kinds` are the types that occur in it."""
    there = kinds - {NoneType}
    known, write = _shortcut(kind)
    if not there or (there == {known} and write is None):
        return values
    if there != {known}:
        if any(issubclass(each, Exception) for each in there):
            raise FallbackRequired("an error as a value")
        write = kind.coerce_output_value
    assert write is not None
    if NoneType in kinds:
        column = [None if value is None else write(value) for value in values]
    else:
        column = list(map(write, values))
    if there != {known} and _unwritten(values, column):
        raise FallbackRequired("a value that its scalar cannot serialize")
    return column


def _unwritten(values: list[Any], column: list[Any]) -> bool:
    """Whether a value came out as nothing."""
    results = set(map(type, column))
    if not results & {NoneType, type(Undefined)}:
        return False
    return any(
        value is not None and (result is None or result is Undefined)
        for value, result in zip(values, column, strict=True)
    )
