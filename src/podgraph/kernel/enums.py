"""Enums whose members have descriptions."""

from enum import StrEnum
from typing import Self


class DescribedEnum(StrEnum):
    """A string enum: each member has a value and a description, its docstring.

    >>> class Light(DescribedEnum):
        ...     RED = "RED", "Stop."
        >>> Light.RED.__doc__
        'Stop.'

        The value equals the name, so that the column's text, the Python member and the GraphQL
        enum value are the same string.
    """

    def __new__(cls, value: str, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.__doc__ = meaning
        return member
