"""Clocks. Rules and services receive the time as an argument; only entry points read a clock."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time as an aware datetime in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def clock_from(start: datetime) -> Clock:
    """A clock that starts at `start` and runs at normal speed."""
    offset = start - system_clock()
    return lambda: system_clock() + offset


def stopped_clock(at: datetime) -> Clock:
    """A clock that always returns `at`, for tests and reproducible figures."""
    return lambda: at
