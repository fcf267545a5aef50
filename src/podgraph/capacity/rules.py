"""Sums about capacity: units, utilisation, what is free, and what is still asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count, takewhile
from typing import Any, Protocol, Self

from podgraph.capacity.lifecycle import PoolPeriod, ResourceType
from podgraph.kernel.periods import Period
from podgraph.kernel.rounding import half_up, ratio_percent, trimmed

LOW_UTILISATION = Decimal(70)
"""Below this percentage an allocation is commercial waste."""
FULL_UTILISATION = Decimal(100)
"""From this percentage on an allocation is under strain."""
MOST_UTILISATION = Decimal("999999.9")
"""The highest percentage that can be written down."""
WEEK = timedelta(weeks=1)
STREAK = 3
"""Weeks in a row of low or full utilisation after which a warning is due."""

_TALENT_UNITS = {
    PoolPeriod.HOURLY: "hours_per_hour",
    PoolPeriod.DAILY: "hours_per_day",
    PoolPeriod.WEEKLY: "hours_per_week",
    PoolPeriod.MONTHLY: "hours_per_month",
}
_UNITS = {
    ResourceType.COMPUTE: "vcpu_hours",
    ResourceType.STORAGE_GB: "gigabytes",
    ResourceType.AGENT_CREDITS: "credits",
    ResourceType.INTELLIGENCE_UNITS: "units",
}
_PER_WEEK = {
    PoolPeriod.HOURLY: Fraction(168),
    PoolPeriod.DAILY: Fraction(7),
    PoolPeriod.WEEKLY: Fraction(1),
    PoolPeriod.MONTHLY: Fraction(12, 52),
}


@dataclass(frozen=True)
class Resource:
    """Somebody who works hours of an allocation, in a role; hours per week."""

    talent_id: str
    role: str
    committed_hours_per_week: Decimal

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self:
        """What a change that takes effect later has written down."""
        return cls(written["talent_id"], written["role"], Decimal(written["committed_hours_per_week"]))


@dataclass(frozen=True, slots=True)
class Commitment:
    """What an allocation is agreed for. The pool's own period is the authority, the week follows from it."""

    per_period: Decimal
    per_week: Decimal


class Change(Protocol):
    """A change of what is agreed that took effect: when, and what was agreed per week before."""

    @property
    def effective_at(self) -> datetime: ...

    @property
    def previous_per_week(self) -> Decimal: ...


def commitment(
    resource_type: ResourceType,
    period: PoolPeriod,
    *,
    weekly: Decimal | None = None,
    periodic: Decimal | None = None,
) -> Commitment:
    """The commitment of a pool that is said `weekly` or, per period of the pool, `periodic`: one of them."""
    if periodic is None:
        periodic = per_period(weekly or Decimal(0), resource_type, period)
    return Commitment(periodic, per_week(periodic, resource_type, period))


def unit(resource_type: ResourceType, period: PoolPeriod) -> str:
    """The unit that a pool's quantities are in: `hours_per_week`, `credits`."""
    return _UNITS.get(resource_type) or _TALENT_UNITS[period]


def per_week(per_period: Decimal, resource_type: ResourceType, period: PoolPeriod) -> Decimal:
    """A quantity per period of the pool, as a quantity per week (four decimals)."""
    return _times(per_period, _weekly(resource_type, period))


def per_period(per_week: Decimal, resource_type: ResourceType, period: PoolPeriod) -> Decimal:
    """A quantity per week, as a quantity per period of the pool (four decimals)."""
    return _times(per_week, 1 / _weekly(resource_type, period))


def utilisation_percent(actual: Decimal | None, committed: Decimal) -> Decimal | None:
    """Delivered as a percentage of committed, one decimal; None unmeasured or with nothing committed."""
    return None if actual is None else ratio_percent(actual, committed)


def available(total: Decimal, allocated: Decimal) -> Decimal:
    """What a pool can still give."""
    return total - allocated


def charge(current: Decimal, scheduled: Decimal | None) -> Decimal:
    """What an allocation takes from its pool: an increase is held at once, a decrease frees when it comes."""
    return current if scheduled is None else max(current, scheduled)


def change_effective_at(now: datetime, *, immediately: bool) -> datetime:
    """When a change of an allocation takes effect: with the next month, unless it is for now."""
    return now if immediately else Period.of(now.date()).end


def weeks_below(utilisations: Iterable[Decimal | None], percent: Decimal = LOW_UTILISATION) -> int:
    """How many of these weekly utilisations are below `percent`; a week not measured is not."""
    return sum(week is not None and week < percent for week in utilisations)


def utilisation_warning_due(
    measured: Mapping[date, Decimal | None], week_start: date, utilisation: Decimal | None
) -> bool:
    """Whether measuring a week makes its streak of low or of full weeks long enough for its one warning.

    `measured` are the utilisations known until now, by the Mondays that the weeks start on; the week that
    is measured may be among them. A week that was not measured ends a streak.
    """
    strain = _strain(utilisation)
    if strain is None or strain == _strain(measured.get(week_start)):
        return False

    def run(step: timedelta) -> int:
        weeks = (week_start + step * n for n in count(1))
        return sum(1 for _ in takewhile(lambda week: _strain(measured.get(week)) == strain, weeks))

    earlier, later = run(-WEEK), run(WEEK)
    return max(earlier, later) < STREAK <= earlier + 1 + later


def falls_short(committed: Decimal, committed_before: Decimal, actual: Decimal | None) -> bool:
    """Whether a commitment, per week, is reduced below what was used in the week measured last."""
    return actual is not None and committed < committed_before and committed < actual


def _strain(utilisation: Decimal | None) -> str | None:
    if utilisation is None or LOW_UTILISATION <= utilisation < FULL_UTILISATION:
        return None
    return "low" if utilisation < LOW_UTILISATION else "full"


def agreed_in(week_start: date, now_per_week: Decimal, changes: Iterable[Change]) -> Decimal:
    """What was agreed per week as a week began: what the first change after that put an end to."""
    began = datetime.combine(week_start, time(), UTC)
    later = sorted((one for one in changes if one.effective_at > began), key=lambda one: one.effective_at)
    return later[0].previous_per_week if later else now_per_week


def estimated_waste_per_month(
    cost_per_month: Decimal, line_committed: Decimal, committed: Decimal, actual: Decimal | None
) -> Decimal | None:
    """The part of a line's monthly price that buys what nobody delivered, to the cent; None unmeasured.

    The price buys all that the line's open allocations commit, `line_committed`: what one of them
    commits and did not deliver last week is that part of it.
    """
    if actual is None or not line_committed:
        return None
    return half_up(cost_per_month * max(committed - actual, Decimal(0)) / line_committed, 2)


def measured_weeks(now: datetime, weeks: int) -> tuple[date, date]:
    """The `weeks` weeks that have ended last: the first one's Monday, and the Monday that now follows."""
    monday = now.date() - timedelta(days=now.weekday())
    return monday - timedelta(weeks=weeks), monday


@dataclass(frozen=True, slots=True)
class Demand:
    """What is committed, asked for and free in a workspace for a period, in the resource's unit per week."""

    current_committed: Decimal
    pending_requests: Decimal
    available_supply: Decimal

    @property
    def supply_gap(self) -> Decimal:
        """What is asked for beyond what is free."""
        return max(self.pending_requests - self.available_supply, Decimal(0))

    @property
    def recommendation(self) -> str:
        if self.supply_gap:
            return (
                "Current supply cannot meet pending demand. Consider expanding the talent pool or deferring requests."
            )
        if self.pending_requests:
            return "Current supply can meet pending demand. Requests can be confirmed as planned."
        return "No demand is pending. Current supply is free for new requests."


def _weekly(resource_type: ResourceType, period: PoolPeriod) -> Fraction:
    # Storage is a stock: a gigabyte kept is one gigabyte, however long the period.
    return Fraction(1) if resource_type == ResourceType.STORAGE_GB else _PER_WEEK[period]


def _times(quantity: Decimal, factor: Fraction) -> Decimal:
    return trimmed(half_up(quantity * factor.numerator / factor.denominator, 4))
