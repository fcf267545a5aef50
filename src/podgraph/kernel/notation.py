"""Parsers of decimals, instants and days: one notation each, in ASCII digits, without loss.

Invalid text raises a ValueError that describes the expected notation.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

WHOLE_DIGITS, PLACES = 14, 20
"""Maximum digits of a decimal before and after its point: 1e999999999 is short but expensive to compute."""
MAX_DECIMAL_LENGTH = 40
"""Maximum length of a decimal in characters."""

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    rf"(?P<second>{_DAY.pattern}[Tt][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})"
    r"(?:(?P<fraction>\.[0-9]{1,6})(?P<finer>[0-9]*))?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-5][0-9])"
)


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """A count with its noun: 1 hour, 2 hours."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def read_decimal(text: str) -> Decimal:
    """Parse a decimal in the notation of JSON numbers: 38.5."""
    if len(text) <= MAX_DECIMAL_LENGTH and _DECIMAL.fullmatch(text):
        value = Decimal(text)
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent >= -PLACES and value.adjusted() < WHOLE_DIGITS:
            return value
    raise ValueError(
        f"write a number such as 38.5, of at most {WHOLE_DIGITS} digits before the point and {PLACES} after it"
    )


def read_instant(text: str) -> datetime:
    """Parse an instant in the notation of RFC 3339 and convert it to UTC: 2026-05-14T16:00:00Z."""
    match = _INSTANT.fullmatch(text)
    if match and (match["finer"] or "").strip("0"):
        raise ValueError("write at most 6 digits after the seconds: instants are kept to the microsecond")
    try:
        if match:
            found = f"{match['second']}{match['fraction'] or ''}{match['offset']}"
            return datetime.fromisoformat(found.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # The day, time or offset does not exist, or is out of range in UTC.
    raise ValueError("write an instant such as 2026-05-14T16:00:00Z, with its seconds and its offset")


def read_day(text: str) -> date:
    """Parse a calendar day: 2026-05-14."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # The day does not exist.
    raise ValueError("write a day such as 2026-05-14")
