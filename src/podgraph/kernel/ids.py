"""The reference ids: `POD-26-000008` is prefix, year of issue and a number.

The number runs through per prefix and never restarts; nothing is read out of an id but its
prefix. Talent keeps the reference's own form without a year, `SCR-128491`.
"""

import re

_SHAPE = re.compile(r"(?P<prefix>[A-Z]+)-(?:[0-9]{2}-)?[0-9]{1,12}")

UNDATED = frozenset({"SCR"})
"""Prefixes whose ids carry no year."""


def format_id(prefix: str, number: int, year: int) -> str:
    """Write an id: `format_id("POD", 8, 2026)` is `POD-26-000008`."""
    if prefix in UNDATED:
        return f"{prefix}-{number:06d}"
    return f"{prefix}-{year % 100:02d}-{number:06d}"


def prefix_of(text: str) -> str | None:
    """The prefix of a well-formed id, None for anything else."""
    match = _SHAPE.fullmatch(text)
    return match["prefix"] if match else None


def number_of(text: str) -> int:
    """The running number of a well-formed id, for keeping its counter ahead of it."""
    return int(text.rsplit("-", 1)[1])
