"""Calculations about service lines: health, risk, usage and cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period, months_between
from podgraph.kernel.rounding import half_up, ratio_percent, trimmed
from podgraph.service_lines.lifecycle import HealthBand, IncidentSeverity, RiskLevel

AMBER_BELOW = 70
"""Health scores below this are AMBER."""
RED_BELOW = 50
"""Health scores below this are RED."""
HOURS_PER_DAY = Decimal(8)
"""Working hours in a talent day."""
TALENT_HOURS = "talent.hours"
"""Metric in which working time is recorded."""
TALENT_DAYS = "talent.days"
"""Metric in which working time is reported."""
UNITS = {TALENT_HOURS: "hours", TALENT_DAYS: "days"}
"""Required unit of the metrics that are summed up; other metrics can have any unit."""

_WEIGHTS = {
    "hours_on_target": Decimal(25),
    "sla_compliance": Decimal(25),
    "capacity_utilisation": Decimal(15),
    "incident_frequency": Decimal(20),
    "outcome_progress": Decimal(15),
}
# Points deducted for each open incident, each incident of the last 30 days and each day of delay.
_OPEN_INCIDENT = {
    IncidentSeverity.P1: 40,
    IncidentSeverity.P2: 20,
    IncidentSeverity.P3: 10,
    IncidentSeverity.P4: 5,
}
_RECENT_INCIDENT = 5
_DAY_LATE = 5
# Utilisation in percent that scores 100: below it capacity is wasted, above it people are overloaded.
_WELL_USED = (Decimal(70), Decimal(100))

_RISK_OF = {
    HealthBand.RED: RiskLevel.HIGH,
    HealthBand.AMBER: RiskLevel.MEDIUM,
    HealthBand.GREEN: RiskLevel.LOW,
}
_RISKS = list(RiskLevel)


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """Facts about a service line; a fact that is None, or 0 of 0, is unknown and gives no signal.

    `committed` and `actual_last_week` are working hours per week; `utilisation_percent` is the mean over all
    resource types.
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
    """Signal of a health score: its score (0 to 100), weight and explanation."""

    kind: str
    score: int
    weight_percent: Decimal
    band: HealthBand
    detail: str


@dataclass(frozen=True, slots=True)
class ServiceLineHealth:
    """Health of a service line: the weighted score of its signals, 0 to 100."""

    score: int
    band: HealthBand
    risk: RiskLevel
    computed_at: datetime
    signals: tuple[HealthSignal, ...]


@dataclass(frozen=True, slots=True)
class UsageMetric:
    """Usage of one metric, and its cost if billed separately."""

    metric: str
    quantity: Decimal
    unit: str
    cost: Money | None


@dataclass(frozen=True, slots=True)
class UsageSummary:
    """Usage and cost of a service line between two days, both inclusive."""

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
    """Health of a line: only signals with data count, and their weights are scaled to 100 %."""
    readings = {kind: reading for kind, read in _READERS.items() for reading in [read(facts)] if reading is not None}
    whole = sum((_WEIGHTS[kind] for kind in readings), Decimal(0))
    signals = tuple(_signal(kind, reading, _WEIGHTS[kind] * 100 / whole) for kind, reading in readings.items())
    score = sum(signal.score * _WEIGHTS[signal.kind] for signal in signals) / whole
    rounded = int(half_up(Decimal(score), 0))
    risk = worst_risk(_RISK_OF[signal.band] for signal in signals)
    return ServiceLineHealth(rounded, band(rounded), risk, now, signals)


def band(score: int) -> HealthBand:
    """Rating of a score from 0 to 100."""
    if score < RED_BELOW:
        return HealthBand.RED
    return HealthBand.AMBER if score < AMBER_BELOW else HealthBand.GREEN


def worst_risk(risks: Iterable[RiskLevel]) -> RiskLevel:
    """Highest of several risks; LOW if there are none."""
    return max(risks, key=_RISKS.index, default=RiskLevel.LOW)


def mean_percent(total: Decimal | None, number: int | None) -> Decimal | None:
    """Mean of percentages from their sum, with 1 decimal place; None if there are none."""
    return half_up(total / number, 1) if total is not None and number else None


def talent_days(hours: Decimal) -> Decimal:
    """Convert working hours to talent days of 8 hours, with 4 decimal places."""
    return trimmed(half_up(hours / HOURS_PER_DAY, 4))


def prorated_cost(cost_per_month: Decimal, first: date, last: date) -> Decimal:
    """Prorated monthly price for the days from `first` to `last`, both inclusive, to the cent.

    Each day costs its share of its own month, so that a full month costs exactly its price.
    """
    months = months_between(Period.of(first), Period.of(last)) if first <= last else []
    parts = (cost_per_month * _days_within(month, first, last) / _days(month) for month in months)
    return half_up(sum(parts, Decimal(0)), 2)


def subscription_charge(
    cost_per_month: Decimal | None, charged: tuple[date | None, date | None], first: date, last: date
) -> Decimal:
    """Prorated monthly price for the days of `charged` between `first` and `last`.

    `charged` is the first and the last day of a line; the last one is None while the line runs.
    """
    started, ended = charged
    if cost_per_month is None or started is None:
        return Decimal("0.00")
    return prorated_cost(cost_per_month, max(first, started), min(last, ended or last))


def usage(recorded: Iterable[UsageMetric], charge: Decimal, currency: str, first: date, last: date) -> UsageSummary:
    """Recorded usage, with working time in days, and its cost: the charge plus usage billed separately."""
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
    """Whether a day is between the start and the end of a line, or today; both inclusive."""
    return started_at.date() <= day <= min(ended_at or now, now).date()


def effective_day_rate(cost: Decimal, days: Decimal) -> Decimal | None:
    """Cost per talent day, to the cent; None if there are no days or no cost."""
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
        return _Reading(used * 100 / low, f"{used} % of the capacity is used, below {low} %.")
    if used > full:
        return _Reading(100 - 2 * (used - full), f"{used} % of the capacity is used, more than committed.")
    return _Reading(Decimal(100), f"{used} % of the capacity is used, within the expected range.")


def _incident_frequency(facts: HealthFacts) -> _Reading:
    # The absence of incidents is data too, so this signal always exists.
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
