"""Type-aware cache keys: in Python, 0, False and 0.0 are equal, and so are Decimal("1.0") and 1."""

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def typed(value: Any) -> Hashable:
    """A key that equals another key only if both values have the same type and the same text.

    Mappings and dataclasses are compared by their fields, lists by their items, in order.
    """
    match value:
        case Mapping():
            parts: Any = ((key, typed(each)) for key, each in value.items())
        case list() | tuple():
            parts = map(typed, value)
        case _ if is_dataclass(value):
            parts = (typed(getattr(value, each.name)) for each in fields(value))
        case Hashable():
            parts = (str(value),)
        case _:
            raise TypeError(f"a {type(value).__name__} cannot be part of a key")
    return (type(value), *parts)
