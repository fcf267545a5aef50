"""The team and the term of a pod: hours per week, start, end and renewal."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from podgraph.kernel.periods import Period
from podgraph.kernel.rounding import half_up, trimmed

HOURS_PER_PERSON = Decimal(40)
"""Hours per week that a requested team member is counted with before a proposal says it exactly."""


def renews_at(started_at: datetime, months: int) -> datetime:
    """The end of a term of calendar months: from 31 January, one month later is the end of February."""
    month = Period.of(started_at.date()).shifted(months)
    day = min(started_at.day, monthrange(month.year, month.month)[1])
    return started_at.replace(year=month.year, month=month.month, day=day)


def renewed_until(started_at: datetime, ends_at: datetime, months: int) -> datetime:
    """The end of a term that is renewed; it falls on the day of the start again, where the month has it."""
    so_far = (ends_at.year - started_at.year) * 12 + ends_at.month - started_at.month
    return renews_at(started_at, so_far + months)


def term_begins(ends_at: datetime, months: int) -> Period:
    """The first month of a term."""
    return Period.of(ends_at.date()).shifted(-months)


def starts_at(start_date: date | None, now: datetime) -> datetime:
    """The planned start of what is confirmed now: the day that was asked for, unless it is over."""
    return max(now, datetime.combine(start_date, time(), UTC)) if start_date else now


def hours_per_member(committed_per_week: Decimal, team_size: int) -> Decimal:
    """The hours per week of each member, who share alike what the team commits; four decimals."""
    return trimmed(half_up(committed_per_week / team_size, 4))


def requested_hours_per_week(team_size: int) -> Decimal:
    """What a pod in scoping will ask of the talent pool, as long as no proposal says it exactly."""
    return HOURS_PER_PERSON * team_size


@dataclass(frozen=True)
class TeamMember:
    """Somebody who is to work in a pod, in a role."""

    talent_id: str
    role: str
