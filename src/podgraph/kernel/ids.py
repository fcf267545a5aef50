"""Ids of records: `POD-26-000008` consists of a prefix, the year of issue and a number.

Numbers are consecutive per prefix and never restart. Only the prefix of an id has a meaning to the code.
Talent ids have no year: `SCR-128491`.
"""

import re

_SHAPE = re.compile(r"(?P<prefix>[A-Z]+)-(?:[0-9]{2}-)?[0-9]{1,12}")

UNDATED = frozenset({"SCR"})
"""Prefixes whose ids have no year."""


def format_id(prefix: str, number: int, year: int) -> str:
    """Format an id: `format_id("POD", 8, 2026)` is `POD-26-000008`."""
    if prefix in UNDATED:
        return f"{prefix}-{number:06d}"
    return f"{prefix}-{year % 100:02d}-{number:06d}"


def prefix_of(text: str) -> str | None:
    """The prefix of a well-formed id, otherwise None."""
    match = _SHAPE.fullmatch(text)
    return match["prefix"] if match else None


def number_of(text: str) -> int:
    """The number of a well-formed id, with which its counter is advanced."""
    return int(text.rsplit("-", 1)[1])
