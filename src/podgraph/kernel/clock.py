"""The one clock. Rules and services are handed the time; only the edges ask for it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Tells the time: an aware datetime in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def clock_from(start: datetime) -> Clock:
    """A clock that says `start` now and runs on from there at the usual speed."""
    offset = start - system_clock()
    return lambda: system_clock() + offset


def stopped_clock(at: datetime) -> Clock:
    """A clock that stands still, for tests and for figures that must not move."""
    return lambda: at
