"""Sums about service lines: health, risk, usage and cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period, months_between
from podgraph.kernel.rounding import half_up, ratio_percent, trimmed
from podgraph.service_lines.lifecycle import HealthBand, IncidentSeverity, RiskLevel

AMBER_BELOW = 70
"""A health score below this is to be watched."""
RED_BELOW = 50
"""A health score below this is to be acted on."""
HOURS_PER_DAY = Decimal(8)
"""Hours of work in a talent day."""
TALENT_HOURS = "talent.hours"
"""The metric that people's work is recorded in."""
TALENT_DAYS = "talent.days"
"""The metric that people's work is reported in."""
UNITS = {TALENT_HOURS: "hours", TALENT_DAYS: "days"}
"""What the metrics count that sums are made of; others count what their name says."""

_WEIGHTS = {
    "hours_on_target": Decimal(25),
    "sla_compliance": Decimal(25),
    "capacity_utilisation": Decimal(15),
    "incident_frequency": Decimal(20),
    "outcome_progress": Decimal(15),
}
# What a score loses by each open incident, by each incident of the month and by each day of delay.
_OPEN_INCIDENT = {
    IncidentSeverity.P1: 40,
    IncidentSeverity.P2: 20,
    IncidentSeverity.P3: 10,
    IncidentSeverity.P4: 5,
}
_RECENT_INCIDENT = 5
_DAY_LATE = 5
# Between these percentages capacity is well used: below it is wasted, above people are strained.
_WELL_USED = (Decimal(70), Decimal(100))

_RISK_OF = {
    HealthBand.RED: RiskLevel.HIGH,
    HealthBand.AMBER: RiskLevel.MEDIUM,
    HealthBand.GREEN: RiskLevel.LOW,
}
_RISKS = list(RiskLevel)


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What is known of a service line; what is None or 0 of 0 is not known and gives no signal.

    `committed` and `actual_last_week` are hours of people's work in a week; `utilisation_percent`
    is the mean over capacity of every kind.
    """

    committed: Decimal | None = None
    actual_last_week: Decimal | None = None
    utilisation_percent: Decimal | None = None
    compliance: Decimal | None = None
    open_incidents: Mapping[IncidentSeverity, int] = field(default_factory=dict)
    incidents_in_30_days: int = 0
    deliverables_accepted: int = 0
    deliverables: int = 0
    days_late: int = 0


@dataclass(frozen=True, slots=True)
class HealthSignal:
    """One reason for a health score: its own score (0 to 100), its weight and a sentence."""

    kind: str
    score: int
    weight_percent: Decimal
    band: HealthBand
    detail: str


@dataclass(frozen=True, slots=True)
class ServiceLineHealth:
    """How a service line is doing: the weighted score of its signals, 0 to 100."""

    score: int
    band: HealthBand
    risk: RiskLevel
    computed_at: datetime
    signals: tuple[HealthSignal, ...]


@dataclass(frozen=True, slots=True)
class UsageMetric:
    """What was used of one thing, and what that cost where it is charged by itself."""

    metric: str
    quantity: Decimal
    unit: str
    cost: Money | None


@dataclass(frozen=True, slots=True)
class UsageSummary:
    """What was used of a service line from one day to another, both included, and what it cost."""

    from_: date
    to: date
    metrics: tuple[UsageMetric, ...]
    total_cost: Money
    effective_day_rate: Money | None


@dataclass(frozen=True, slots=True)
class _Reading:
    score: Decimal
    detail: str


def health(facts: HealthFacts, now: datetime) -> ServiceLineHealth:
    """The health of a line: only signals with data count, and their weights are made up to 100."""
    readings = {kind: reading for kind, read in _READERS.items() for reading in [read(facts)] if reading is not None}
    whole = sum((_WEIGHTS[kind] for kind in readings), Decimal(0))
    signals = tuple(_signal(kind, reading, _WEIGHTS[kind] * 100 / whole) for kind, reading in readings.items())
    score = sum(signal.score * _WEIGHTS[signal.kind] for signal in signals) / whole
    rounded = int(half_up(Decimal(score), 0))
    risk = worst_risk(_RISK_OF[signal.band] for signal in signals)
    return ServiceLineHealth(rounded, band(rounded), risk, now, signals)


def band(score: int) -> HealthBand:
    """How a score of 0 to 100 reads."""
    if score < RED_BELOW:
        return HealthBand.RED
    return HealthBand.AMBER if score < AMBER_BELOW else HealthBand.GREEN


def worst_risk(risks: Iterable[RiskLevel]) -> RiskLevel:
    """The highest of several risks, LOW of none: a workspace is at the risk of its worst line."""
    return max(risks, key=_RISKS.index, default=RiskLevel.LOW)


def mean_percent(total: Decimal | None, number: int | None) -> Decimal | None:
    """The mean of percentages from their sum, one decimal; None of none."""
    return half_up(total / number, 1) if total is not None and number else None


def talent_days(hours: Decimal) -> Decimal:
    """Hours of work as talent days of 8 hours, four decimals."""
    return trimmed(half_up(hours / HOURS_PER_DAY, 4))


def prorated_cost(cost_per_month: Decimal, first: date, last: date) -> Decimal:
    """A monthly price for the days from `first` to `last`, both included, to the cent.

    A day costs its part of its own month, so that a whole month costs exactly its price.
    """
    months = months_between(Period.of(first), Period.of(last)) if first <= last else []
    parts = (cost_per_month * _days_within(month, first, last) / _days(month) for month in months)
    return half_up(sum(parts, Decimal(0)), 2)


def subscription_charge(
    cost_per_month: Decimal | None, charged: tuple[date | None, date | None], first: date, last: date
) -> Decimal:
    """A monthly price for those days of `charged` that lie between `first` and `last`.

    `charged` are the first and the last day of a line's life, the last one open while it runs.
    """
    started, ended = charged
    if cost_per_month is None or started is None:
        return Decimal("0.00")
    return prorated_cost(cost_per_month, max(first, started), min(last, ended or last))


def usage(recorded: Iterable[UsageMetric], charge: Decimal, currency: str, first: date, last: date) -> UsageSummary:
    """What was recorded, people's work in days, and its cost: the charge and what is charged by itself."""
    metrics: dict[tuple[str, str], UsageMetric] = {}
    for metric in map(_reported, recorded):
        same = metrics.get((metric.metric, metric.unit))
        metrics[metric.metric, metric.unit] = _added(same, metric) if same else metric
    total = sum((metric.cost.amount for metric in metrics.values() if metric.cost), charge)
    days = sum((metric.quantity for metric in metrics.values() if metric.metric == TALENT_DAYS), Decimal(0))
    rate = effective_day_rate(total, days)
    return UsageSummary(
        first,
        last,
        tuple(metrics[key] for key in sorted(metrics)),
        Money(total, currency),
        None if rate is None else Money(rate, currency),
    )


def is_within(day: date, started_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Whether a day lies in a line's life, first and last day included; what is to come does not yet."""
    return started_at.date() <= day <= min(ended_at or now, now).date()


def effective_day_rate(cost: Decimal, days: Decimal) -> Decimal | None:
    """What a talent day came to, to the cent; None without a day, or where days are not what is charged."""
    return half_up(cost / days, 2) if days and cost else None


def _reported(metric: UsageMetric) -> UsageMetric:
    if metric.metric != TALENT_HOURS:
        return metric
    return replace(metric, metric=TALENT_DAYS, quantity=talent_days(metric.quantity), unit="days")


def _added(one: UsageMetric, other: UsageMetric) -> UsageMetric:
    costs = [metric.cost for metric in (one, other) if metric.cost]
    cost = Money(sum((cost.amount for cost in costs), Decimal(0)), costs[0].currency) if costs else None
    return replace(one, quantity=one.quantity + other.quantity, cost=cost)


def _signal(kind: str, reading: _Reading, weight: Decimal) -> HealthSignal:
    score = int(half_up(min(max(reading.score, Decimal(0)), Decimal(100)), 0))
    return HealthSignal(kind, score, half_up(weight, 1), band(score), reading.detail)


def _hours_on_target(facts: HealthFacts) -> _Reading | None:
    if facts.committed is None or facts.actual_last_week is None:
        return None
    used = ratio_percent(facts.actual_last_week, facts.committed)
    if used is None:
        return None
    hours = f"{facts.actual_last_week} of {facts.committed} hours committed"
    return _Reading(used, f"{hours} were delivered last week, {used} %.")


def _sla_compliance(facts: HealthFacts) -> _Reading | None:
    if facts.compliance is None:
        return None
    return _Reading(facts.compliance, f"The latest published report shows a compliance of {facts.compliance} %.")


def _capacity_utilisation(facts: HealthFacts) -> _Reading | None:
    used = facts.utilisation_percent
    if used is None:
        return None
    low, full = _WELL_USED
    if used < low:
        return _Reading(used * 100 / low, f"{used} % of the capacity is used, less than {low} %.")
    if used > full:
        return _Reading(100 - 2 * (used - full), f"{used} % of the capacity is used, more than there is.")
    return _Reading(Decimal(100), f"{used} % of the capacity is used, as it should be.")


def _incident_frequency(facts: HealthFacts) -> _Reading:
    # No incident at all is something known too, so this signal is always there.
    still_open = sum(facts.open_incidents.values())
    loss = sum(_OPEN_INCIDENT[severity] * count for severity, count in facts.open_incidents.items())
    return _Reading(
        Decimal(100 - loss - _RECENT_INCIDENT * facts.incidents_in_30_days),
        f"{_count(still_open, 'incident')} open, {facts.incidents_in_30_days} raised in the last 30 days.",
    )


def _outcome_progress(facts: HealthFacts) -> _Reading | None:
    if not facts.deliverables:
        return None
    return _Reading(
        Decimal(100 - _DAY_LATE * facts.days_late),
        f"{facts.deliverables_accepted} of {_count(facts.deliverables, 'deliverable')} accepted,"
        f" {_count(facts.days_late, 'day')} late.",
    )


_READERS = {
    "hours_on_target": _hours_on_target,
    "sla_compliance": _sla_compliance,
    "capacity_utilisation": _capacity_utilisation,
    "incident_frequency": _incident_frequency,
    "outcome_progress": _outcome_progress,
}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _days(month: Period) -> int:
    return (month.end - month.start).days


def _days_within(month: Period, first: date, last: date) -> int:
    from_first = max(first, month.first_day)
    to_last = min(last.toordinal() + 1, month.next.first_day.toordinal())
    return to_last - from_first.toordinal()
