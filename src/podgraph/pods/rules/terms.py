"""The team and the term of a pod: hours per week, start, end and renewal."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from podgraph.kernel.periods import Period
from podgraph.kernel.rounding import half_up, trimmed

HOURS_PER_PERSON = Decimal(40)
"""Estimated hours per week of a requested team member, until a proposal sets the exact hours."""


def renews_at(started_at: datetime, months: int) -> datetime:
    """End of a term of calendar months: one month after 31 January is the end of February."""
    month = Period.of(started_at.date()).shifted(months)
    day = min(started_at.day, monthrange(month.year, month.month)[1])
    return started_at.replace(year=month.year, month=month.month, day=day)


def renewed_until(started_at: datetime, ends_at: datetime, months: int) -> datetime:
    """End of a renewed term, on the same day of the month as the start, or on the last day of the month."""
    so_far = (ends_at.year - started_at.year) * 12 + ends_at.month - started_at.month
    return renews_at(started_at, so_far + months)


def term_begins(ends_at: datetime, months: int) -> Period:
    """First month of a term."""
    return Period.of(ends_at.date()).shifted(-months)


def starts_at(start_date: date | None, now: datetime) -> datetime:
    """Planned start at the confirmation: the requested day, or now if that day has passed."""
    return max(now, datetime.combine(start_date, time(), UTC)) if start_date else now


def hours_per_member(committed_per_week: Decimal, team_size: int) -> Decimal:
    """Hours per week of each member: an equal share of the commitment, with 4 decimal places."""
    return trimmed(half_up(committed_per_week / team_size, 4))


def requested_hours_per_week(team_size: int) -> Decimal:
    """Estimated demand of a pod in SCOPING, in hours per week, until a proposal sets the exact hours."""
    return HOURS_PER_PERSON * team_size


@dataclass(frozen=True)
class TeamMember:
    """Team member of a pod, in a role."""

    talent_id: str
    role: str
