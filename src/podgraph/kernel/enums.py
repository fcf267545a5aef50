"""Closed vocabularies: an enum whose members carry their own meaning."""

from enum import StrEnum
from typing import Self


class DescribedEnum(StrEnum):
    """A word of the domain. Its value is the word itself, its docstring what it means.

    >>> class Light(Term):
    ...     RED = "RED", "Stop."
    >>> Light.RED.__doc__
    'Stop.'

    The value equals the name, so that a row's plain text, the Python member and the GraphQL
    enum value are the same string.
    """

    def __new__(cls, value: str, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.__doc__ = meaning
        return member
