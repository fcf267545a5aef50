"""SLA metrics: targets, attainment, compliance, and each verdict in a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from podgraph.kernel.periods import Period
from podgraph.kernel.rounding import half_up, trimmed
from podgraph.pods.lifecycle import SlaMetricKind, SlaMetricStatus

_WHOLE = Decimal(100)


_MAX_ATTAINMENT = Decimal("999999.9")
"""Maximum attainment that the database column can store, in percent."""


PUBLISHED_ON = 3
"""Day of the next month on which the scheduler publishes a report."""


@dataclass(frozen=True, slots=True)
class SlaMetric:
    """Constants of a metric: names, unit, and default weight and tolerance.

    `name` is the name in the report; `measured` is the phrase for an actual and its target.
    """

    name: str
    title: str
    unit: str
    measured: str
    weight_percent: Decimal
    tolerance_percent: Decimal = Decimal(0)
    lower_is_better: bool = False


METRICS = {
    SlaMetricKind.THROUGHPUT: SlaMetric(
        "throughput", "throughput", "tasks_per_sprint", "{actual} of {target} tasks a sprint", Decimal(10)
    ),
    SlaMetricKind.RESPONSE_TIME: SlaMetric(
        "response_time_hours",
        "response time",
        "hours",
        "{actual} where {target} hours are allowed",
        Decimal(10),
        lower_is_better=True,
    ),
    SlaMetricKind.AVAILABILITY: SlaMetric(
        "availability_hours",
        "availability",
        "hours_per_week",
        "{actual} of {target} hours a week",
        Decimal(30),
        # Availability is a noisy measure: 198 of 200 hours count as met.
        Decimal(1),
    ),
    SlaMetricKind.QUALITY_GATE: SlaMetric(
        "quality_gate", "quality gate", "percent", "{actual} of {target} %", Decimal(50)
    ),
}
"""The four metrics, in the order of the report."""


@dataclass(frozen=True, slots=True)
class SlaMetricTerm:
    """Agreed target of one metric, with its tolerance and its weight in the compliance."""

    metric: SlaMetricKind
    target: Decimal
    tolerance_percent: Decimal
    weight_percent: Decimal

    @property
    def unit(self) -> str:
        return METRICS[self.metric].unit


@dataclass(frozen=True, slots=True)
class SlaMetricResult:
    """Result of one metric in a month; attainment is 100 if the target is just reached."""

    term: SlaMetricTerm
    actual: Decimal | None
    attainment: Decimal | None
    status: SlaMetricStatus
    explanation: str

    @property
    def name(self) -> str:
        """Name of the metric in the report: `availability_hours`."""
        return METRICS[self.term.metric].name

    @property
    def attainment_percent(self) -> Decimal | None:
        """The attainment with 1 decimal place, for display; results use the exact value."""
        return None if self.attainment is None else min(half_up(self.attainment, 1), _MAX_ATTAINMENT)


TARGETS = {
    SlaMetricKind.THROUGHPUT: "throughput_tasks_per_sprint",
    SlaMetricKind.RESPONSE_TIME: "response_time_hours",
    SlaMetricKind.AVAILABILITY: "availability_hours_per_week",
    SlaMetricKind.QUALITY_GATE: "quality_gate_percent",
}
"""Name of each metric in targets and measurements."""


@dataclass(frozen=True)
class MetricJudgement:
    """Tolerance and weight of a metric, in percent."""

    metric: SlaMetricKind
    tolerance_percent: Decimal | None = None
    weight_percent: Decimal | None = None


@dataclass(frozen=True)
class SlaTargets:
    """SLA targets of a team; metrics that are not listed have the default tolerance and weight."""

    throughput_tasks_per_sprint: int
    response_time_hours: Decimal
    availability_hours_per_week: Decimal
    quality_gate_percent: Decimal
    sprint_length_days: int = 14
    max_defect_rate_percent: Decimal | None = None
    metrics: list[MetricJudgement] | None = None


@dataclass(frozen=True, slots=True)
class TermBreach:
    """Metric that missed its target in a month of a pod's term, with an explanation."""

    period: Period
    metric: SlaMetricKind
    explanation: str


def judged(
    stored: tuple[Mapping[str, str], Mapping[str, str]], judgements: Iterable[MetricJudgement]
) -> tuple[dict[str, str], dict[str, str]]:
    """Stored tolerances and weights by metric, updated by the judgements."""
    tolerances = {str(kind): str(metric.tolerance_percent) for kind, metric in METRICS.items()}
    weights = {str(kind): str(metric.weight_percent) for kind, metric in METRICS.items()}
    tolerances.update(stored[0])
    weights.update(stored[1])
    for one in judgements:
        if one.tolerance_percent is not None:
            tolerances[str(one.metric)] = str(one.tolerance_percent)
        if one.weight_percent is not None:
            weights[str(one.metric)] = str(one.weight_percent)
    return tolerances, weights


def metric_terms(
    targets: Mapping[SlaMetricKind, Decimal],
    *,
    tolerances: Mapping[SlaMetricKind, Decimal] | None = None,
    weights: Mapping[SlaMetricKind, Decimal] | None = None,
) -> tuple[SlaMetricTerm, ...]:
    """Terms of all four metrics, in the order of the report; omitted values are the defaults."""
    return tuple(
        SlaMetricTerm(
            kind,
            targets[kind],
            (tolerances or {}).get(kind, metric.tolerance_percent),
            (weights or {}).get(kind, metric.weight_percent),
        )
        for kind, metric in METRICS.items()
    )


def weights_add_up(weights: Iterable[Decimal]) -> bool:
    """Whether the weights add up to 100 %."""
    return sum(weights) == _WHOLE


def attainment(kind: SlaMetricKind, target: Decimal, actual: Decimal) -> Decimal:
    """Attainment of a target in percent, not rounded; inverted for metrics where lower is better.

    A divisor of zero (an immediate response, or a target of 0) counts as just reached.
    """
    part, whole = (target, actual) if METRICS[kind].lower_is_better else (actual, target)
    return part * 100 / whole if whole else _WHOLE


def metric_result(
    term: SlaMetricTerm,
    actual: Decimal | None,
    *,
    defect_rate: Decimal | None = None,
    max_defect_rate: Decimal | None = None,
) -> SlaMetricResult:
    """Result of one metric: met if the attainment is at least 100 minus the tolerance.

    For the quality gate, the limit on the defect rate must hold as well: the lower of the two attainments
    counts.
    """
    if actual is None:
        words = "Not measured in this month; its weight is distributed among the other metrics."
        return SlaMetricResult(term, None, None, SlaMetricStatus.NOT_MEASURED, words)
    reached = attainment(term.metric, term.target, actual)
    measured = METRICS[term.metric].measured.format(actual=_plain(actual), target=_plain(term.target))
    if defect_rate and max_defect_rate is not None and max_defect_rate * 100 / defect_rate < reached:
        reached = max_defect_rate * 100 / defect_rate
        measured = f"A defect rate of {_plain(defect_rate)} % where {_plain(max_defect_rate)} % is allowed"
    required = _WHOLE - term.tolerance_percent
    status = SlaMetricStatus.MET if reached >= required else SlaMetricStatus.BREACHED
    return SlaMetricResult(term, actual, reached, status, _explanation(measured, reached, required))


def compliance_percent(results: Sequence[SlaMetricResult]) -> Decimal | None:
    """Weighted attainment of the measured metrics, with 1 decimal place; None if there are none.

    Each attainment is rounded to 1 decimal place and capped at 100. The weight of a metric without a
    measurement is distributed among the others in proportion.
    """
    weighed = _weighed(results)
    total = sum((one.term.weight_percent * _capped(one) for one in weighed), Decimal(0))
    return half_up(total / _weight(weighed), 1) if weighed else None


def compliance_formula(results: Sequence[SlaMetricResult]) -> str:
    """Calculation of the compliance as text.

    All measured: `throughput 10 % × 100.0 (105.6, capped) + ... + quality gate 50 % × 95.0 = 97.2`.
    Otherwise: `(throughput 10 % × 90.0 + availability 30 % × 99.0) / 40 % = 96.8; not measured: ...`.
    """
    weighed = _weighed(results)
    if not weighed:
        return "Nothing was measured."
    summed = " + ".join(_summand(one) for one in weighed)
    left_out = ", ".join(METRICS[one.term.metric].title for one in results if one.attainment is None)
    if not left_out:
        return f"{summed} = {compliance_percent(results)}"
    whole = _plain(_weight(weighed))
    return f"({summed}) / {whole} % = {compliance_percent(results)}; not measured: {left_out}"


def mean(values: Sequence[Decimal]) -> Decimal | None:
    """Mean of a month's measurements, with 4 decimal places; None if there are none."""
    return trimmed(half_up(sum(values, Decimal(0)) / len(values), 4)) if values else None


def last_month_to_publish(now: datetime) -> Period:
    """Latest month whose report is due for publication."""
    return Period.of(now.date() - timedelta(days=PUBLISHED_ON - 1)).shifted(-1)


def _explanation(measured: str, reached: Decimal, required: Decimal) -> str:
    stated = f"{measured} is {_distinguishable(reached, required)} %"
    if reached < required:
        return f"{stated}, below the {_plain(required)} % required: breached."
    if reached < _WHOLE:
        return f"{stated}; with a tolerance of {_plain(_WHOLE - required)} % that meets the target."
    return f"{stated}: met."


def _distinguishable(reached: Decimal, required: Decimal) -> Decimal:
    # 99.96 is below 100 but would round to 100.0, so a miss is shown with as many decimals as needed.
    shown = (half_up(reached, places) for places in range(1, 9))
    return next((one for one in shown if reached >= required or one < required), reached)


def _weighed(results: Sequence[SlaMetricResult]) -> list[SlaMetricResult]:
    return [one for one in results if one.attainment is not None and one.term.weight_percent]


def _weight(results: Sequence[SlaMetricResult]) -> Decimal:
    return sum((one.term.weight_percent for one in results), Decimal(0))


def _summand(result: SlaMetricResult) -> str:
    term, printed = result.term, result.attainment_percent or Decimal(0)
    capped = f" ({printed}, capped)" if printed > _WHOLE else ""
    return f"{METRICS[term.metric].title} {_plain(term.weight_percent)} % × {_capped(result):.1f}{capped}"


def _capped(result: SlaMetricResult) -> Decimal:
    return min(result.attainment_percent or Decimal(0), _WHOLE)


def _plain(value: Decimal) -> str:
    return f"{trimmed(value):f}"
