"""Calculations about capacity: units, commitments, utilisation, supply and demand."""

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
"""Low utilisation, in percent: an allocation below it is underused."""
FULL_UTILISATION = Decimal(100)
"""Full utilisation, in percent: an allocation at or above it is at its limit."""
MAX_UTILISATION = Decimal("999999.9")
"""Maximum percentage that the database column can store."""
WEEK = timedelta(weeks=1)
STREAK = 3
"""Consecutive weeks of low or full utilisation after which a warning is due."""

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
    """Person who works hours of an allocation, in a role."""

    talent_id: str
    role: str
    committed_hours_per_week: Decimal

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self:
        """The resource from the JSON stored with a scheduled change."""
        return cls(written["talent_id"], written["role"], Decimal(written["committed_hours_per_week"]))


@dataclass(frozen=True, slots=True)
class Commitment:
    """Committed quantity of an allocation. The quantity per period is authoritative; per week is derived."""

    per_period: Decimal
    per_week: Decimal


class Change(Protocol):
    """Applied change of a commitment, with the previous commitment per week."""

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
    """The commitment from a quantity per week or per period of the pool: exactly one of them."""
    if periodic is None:
        periodic = per_period(weekly or Decimal(0), resource_type, period)
    return Commitment(periodic, per_week(periodic, resource_type, period))


def unit(resource_type: ResourceType, period: PoolPeriod) -> str:
    """Unit of a pool's quantities: `hours_per_week`, `credits`."""
    return _UNITS.get(resource_type) or _TALENT_UNITS[period]


def per_week(per_period: Decimal, resource_type: ResourceType, period: PoolPeriod) -> Decimal:
    """Convert a quantity per period of the pool to a quantity per week, with 4 decimal places."""
    return _times(per_period, _weekly(resource_type, period))


def per_period(per_week: Decimal, resource_type: ResourceType, period: PoolPeriod) -> Decimal:
    """Convert a quantity per week to a quantity per period of the pool, with 4 decimal places."""
    return _times(per_week, 1 / _weekly(resource_type, period))


def utilisation_percent(actual: Decimal | None, committed: Decimal) -> Decimal | None:
    """Delivered as a percentage of committed, with 1 decimal place; None without an actual or a commitment."""
    return None if actual is None else ratio_percent(actual, committed)


def available(total: Decimal, allocated: Decimal) -> Decimal:
    """Free capacity of a pool."""
    return total - allocated


def charge(current: Decimal, scheduled: Decimal | None) -> Decimal:
    """Charge of an allocation: an increase is reserved at once, a decrease is released when it takes effect."""
    return current if scheduled is None else max(current, scheduled)


def change_effective_at(now: datetime, *, immediately: bool) -> datetime:
    """Time at which a change takes effect: the start of next month, or now."""
    return now if immediately else Period.of(now.date()).end


def weeks_below(utilisations: Iterable[Decimal | None], percent: Decimal = LOW_UTILISATION) -> int:
    """Number of weeks with a utilisation below `percent`; weeks without an actual do not count."""
    return sum(week is not None and week < percent for week in utilisations)


def utilisation_warning_due(
    measured: Mapping[date, Decimal | None], week_start: date, utilisation: Decimal | None
) -> bool:
    """Whether the actual of a week completes a streak of low or full weeks that is due for its one warning.

    `measured` maps the Monday of each week to its utilisation and may contain the week itself. A week without
    an actual ends a streak.
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
    """Whether a commitment per week is reduced below the actual of the latest week."""
    return actual is not None and committed < committed_before and committed < actual


def _strain(utilisation: Decimal | None) -> str | None:
    if utilisation is None or LOW_UTILISATION <= utilisation < FULL_UTILISATION:
        return None
    return "low" if utilisation < LOW_UTILISATION else "full"


def committed_in(week_start: date, now_per_week: Decimal, changes: Iterable[Change]) -> Decimal:
    """Commitment per week at the start of a week: the previous value of the first change after that."""
    began = datetime.combine(week_start, time(), UTC)
    later = sorted((one for one in changes if one.effective_at > began), key=lambda one: one.effective_at)
    return later[0].previous_per_week if later else now_per_week


def estimated_waste_per_month(
    cost_per_month: Decimal, line_committed: Decimal, committed: Decimal, actual: Decimal | None
) -> Decimal | None:
    """Estimated monthly cost of unused capacity, to the cent; None without an actual.

    The monthly price of a line covers `line_committed`, the commitment of all its open allocations. The
    undelivered part of one allocation costs its share of the price.
    """
    if actual is None or not line_committed:
        return None
    return half_up(cost_per_month * max(committed - actual, Decimal(0)) / line_committed, 2)


def measured_weeks(now: datetime, weeks: int) -> tuple[date, date]:
    """The latest completed weeks: the Monday of the first one, and the Monday after the last one."""
    monday = now.date() - timedelta(days=now.weekday())
    return monday - timedelta(weeks=weeks), monday


@dataclass(frozen=True, slots=True)
class Demand:
    """Commitment, demand and supply of a workspace for a period, per week."""

    current_committed: Decimal
    pending_requests: Decimal
    available_supply: Decimal

    @property
    def supply_gap(self) -> Decimal:
        """Pending requests that exceed the available supply."""
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
    # Storage is a level, not a rate: the quantity is the same for every period.
    return Fraction(1) if resource_type == ResourceType.STORAGE_GB else _PER_WEEK[period]


def _times(quantity: Decimal, factor: Fraction) -> Decimal:
    return trimmed(half_up(quantity * factor.numerator / factor.denominator, 4))
