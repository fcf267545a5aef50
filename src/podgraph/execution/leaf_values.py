"""Serialization of columns of leaf values."""

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
def _fast_path(kind: GraphQLLeafType) -> tuple[type, Write | None]:
    """The Python type with a fast path, and its serializer; None if its values need none."""
    if kind in (GraphQLString, GraphQLID):
        return str, None
    if kind is GraphQLBoolean:
        return bool, None
    if isinstance(kind, GraphQLEnumType):
        return str, {member.value: name for name, member in kind.values.items()}.__getitem__
    return NoneType, None


def serialize_column(kind: GraphQLLeafType, values: list[Any], kinds: set[type]) -> list[Any]:
    """Serialize a column; `kinds` are the Python types of its values."""
    there = kinds - {NoneType}
    known, write = _fast_path(kind)
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
    if there != {known} and _has_unserialized(values, column):
        raise FallbackRequired("a value that its scalar cannot serialize")
    return column


def _has_unserialized(values: list[Any], column: list[Any]) -> bool:
    """Whether a value was serialized to None or Undefined."""
    results = set(map(type, column))
    if not results & {NoneType, type(Undefined)}:
        return False
    return any(
        value is not None and (result is None or result is Undefined)
        for value, result in zip(values, column, strict=True)
    )
