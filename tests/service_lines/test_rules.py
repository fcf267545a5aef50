"""Health, risk, usage and cost of service lines."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podgraph.kernel.money import Money
from podgraph.service_lines.lifecycle import HealthBand, IncidentSeverity, RiskLevel
from podgraph.service_lines.rules import (
    HealthFacts,
    UsageMetric,
    band,
    effective_day_rate,
    health,
    is_within,
    mean_percent,
    prorated_cost,
    subscription_charge,
    talent_days,
    usage,
    worst_risk,
)

NOW = datetime(2026, 5, 14, 16, tzinfo=UTC)

facts = st.builds(
    HealthFacts,
    committed=st.none() | st.decimals(0, 500, places=1),
    actual_last_week=st.none() | st.decimals(0, 500, places=1),
    utilisation_percent=st.none() | st.decimals(0, 300, places=1),
    compliance=st.none() | st.decimals(0, 100, places=1),
    open_incidents=st.dictionaries(st.sampled_from(IncidentSeverity), st.integers(0, 5)),
    incidents_in_30_days=st.integers(0, 20),
    deliverables=st.integers(0, 9),
    days_late=st.integers(0, 60),
)


def test_the_line_of_the_payments_pod_is_green() -> None:
    known = HealthFacts(
        committed=Decimal(200),
        actual_last_week=Decimal(198),
        utilisation_percent=Decimal("99.0"),
        compliance=Decimal("97.2"),
        open_incidents={IncidentSeverity.P2: 1},
        incidents_in_30_days=1,
    )

    found = health(known, NOW)

    assert [(one.kind, one.score, one.weight_percent) for one in found.signals] == [
        ("hours_on_target", 99, Decimal("29.4")),
        ("sla_compliance", 97, Decimal("29.4")),
        ("capacity_utilisation", 100, Decimal("17.6")),
        ("incident_frequency", 75, Decimal("23.5")),
    ]
    # (99 x 25 + 97 x 25 + 100 x 15 + 75 x 20) / 85 = 92.9
    assert (found.score, found.band, found.risk) == (93, HealthBand.GREEN, RiskLevel.LOW)


def test_every_signal_explains_itself() -> None:
    known = HealthFacts(
        committed=Decimal(40),
        actual_last_week=Decimal("38.5"),
        utilisation_percent=Decimal("96.3"),
        compliance=Decimal("97.2"),
        open_incidents={IncidentSeverity.P2: 1},
        incidents_in_30_days=2,
        deliverables_accepted=1,
        deliverables=3,
        days_late=1,
    )

    assert [signal.detail for signal in health(known, NOW).signals] == [
        "38.5 of 40 hours committed were delivered last week, 96.3 %.",
        "The latest published report shows a compliance of 97.2 %.",
        "96.3 % of the capacity is used, within the expected range.",
        "1 incident open, 2 raised in the last 30 days.",
        "1 of 3 deliverables accepted, 1 day late.",
    ]


def test_a_line_without_figures_is_judged_by_incidents() -> None:
    found = health(HealthFacts(), NOW)

    assert [(one.kind, one.weight_percent) for one in found.signals] == [("incident_frequency", Decimal("100.0"))]
    assert (found.score, found.risk) == (100, RiskLevel.LOW)


@pytest.mark.parametrize(("used", "score"), [("35", 50), ("70", 100), ("100", 100), ("110", 80), ("200", 0)])
def test_wasted_and_strained_capacity_lower_the_score(used: str, score: int) -> None:
    found = health(HealthFacts(utilisation_percent=Decimal(used)), NOW)

    assert next(one.score for one in found.signals if one.kind == "capacity_utilisation") == score


@pytest.mark.parametrize(("days_late", "risk"), [(6, "LOW"), (7, "MEDIUM"), (10, "MEDIUM"), (11, "HIGH")])
def test_an_amber_signal_is_a_medium_risk_and_a_red_one_high(days_late: int, risk: str) -> None:
    assert health(HealthFacts(deliverables=3, days_late=days_late), NOW).risk == risk


@pytest.mark.parametrize(
    ("score", "expected"), [(49, "RED"), (50, "AMBER"), (69, "AMBER"), (70, "GREEN"), (100, "GREEN")]
)
def test_a_score_reads_red_below_50_and_amber_below_70(score: int, expected: str) -> None:
    assert band(score) == expected


def test_a_workspace_is_at_the_risk_of_its_worst_line() -> None:
    assert worst_risk([RiskLevel.LOW, RiskLevel.HIGH, RiskLevel.MEDIUM]) is RiskLevel.HIGH
    assert worst_risk([]) is RiskLevel.LOW


def test_the_mean_of_percentages_is_rounded_half_up() -> None:
    assert mean_percent(Decimal("192.5"), 2) == Decimal("96.3")
    assert mean_percent(None, 0) is None


@given(facts)
def test_a_score_lies_between_its_signals_and_weights_add_up_to_100(
    known: HealthFacts,
) -> None:
    found = health(known, NOW)
    scores = [signal.score for signal in found.signals]

    assert 0 <= min(scores) <= found.score <= max(scores) <= 100
    weights = sum((signal.weight_percent for signal in found.signals), Decimal(0))
    assert Decimal("99.8") <= weights <= Decimal("100.2")


def test_hours_are_talent_days_of_eight() -> None:
    assert talent_days(Decimal(200)) == Decimal(25)
    assert talent_days(Decimal("38.5")) == Decimal("4.8125")


@pytest.mark.parametrize(
    ("first", "last", "cost"),
    [
        (date(2026, 4, 1), date(2026, 4, 30), "38000.00"),
        (date(2026, 4, 1), date(2026, 4, 15), "19000.00"),
        (date(2026, 2, 1), date(2026, 2, 1), "1357.14"),
        (date(2025, 12, 31), date(2026, 2, 1), "40582.95"),
        (date(2025, 9, 1), date(2026, 8, 31), "456000.00"),
        (date(2026, 4, 2), date(2026, 4, 1), "0.00"),
    ],
)
def test_a_monthly_price_is_charged_by_the_day(first: date, last: date, cost: str) -> None:
    assert prorated_cost(Decimal(38000), first, last) == Decimal(cost)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 900), st.integers(0, 900))
def test_a_span_costs_what_its_two_parts_cost_but_for_the_rounding(day: date, before: int, after: int) -> None:
    price = Decimal("38000.00")
    first, last = day - timedelta(days=before), day + timedelta(days=after + 1)

    parts = prorated_cost(price, first, day) + prorated_cost(price, day + timedelta(days=1), last)

    assert abs(prorated_cost(price, first, last) - parts) <= Decimal("0.01")


def test_a_month_of_the_payments_pod_has_a_rate_per_talent_day() -> None:
    assert effective_day_rate(Decimal(38000), Decimal(106)) == Decimal("358.49")
    assert effective_day_rate(Decimal(38000), Decimal(0)) is None
    assert effective_day_rate(Decimal(0), Decimal(106)) is None


@pytest.mark.parametrize(
    ("started", "ended", "charge"),
    [
        (date(2025, 9, 1), None, "38000.00"),
        (date(2026, 4, 16), None, "19000.00"),
        (date(2025, 9, 1), date(2026, 4, 15), "19000.00"),
        (date(2025, 9, 1), date(2026, 3, 31), "0.00"),
        (None, None, "0.00"),
    ],
)
def test_a_line_is_charged_only_while_it_runs(started: date | None, ended: date | None, charge: str) -> None:
    april = date(2026, 4, 1), date(2026, 4, 30)

    assert subscription_charge(Decimal(38000), (started, ended), *april) == Decimal(charge)
    assert subscription_charge(None, (started, ended), *april) == Decimal(0)


def test_usage_reports_hours_as_days_and_adds_charges() -> None:
    recorded = [
        UsageMetric("talent.hours", Decimal(848), "hours", None),
        UsageMetric("compute", Decimal(10), "vcpu_hours", Money(Decimal("4.00"), "USD")),
    ]

    found = usage(recorded, Decimal("38000.00"), "USD", date(2026, 4, 1), date(2026, 4, 30))

    assert found.metrics == (
        UsageMetric("compute", Decimal(10), "vcpu_hours", Money(Decimal("4.00"), "USD")),
        UsageMetric("talent.days", Decimal(106), "days", None),
    )
    assert found.total_cost == Money(Decimal("38004.00"), "USD")
    assert found.effective_day_rate == Money(Decimal("358.53"), "USD")


def test_hours_and_days_of_talent_are_one_metric() -> None:
    recorded = [
        UsageMetric("talent.hours", Decimal(20), "hours", Money(Decimal("1500.00"), "USD")),
        UsageMetric("talent.days", Decimal(3), "days", Money(Decimal("1800.00"), "USD")),
    ]

    found = usage(recorded, Decimal(0), "USD", date(2026, 4, 1), date(2026, 4, 30))

    assert found.metrics == (UsageMetric("talent.days", Decimal("5.5"), "days", Money(Decimal("3300.00"), "USD")),)
    assert found.effective_day_rate == Money(Decimal("600.00"), "USD")


def test_nothing_used_costs_nothing() -> None:
    found = usage([], Decimal("0.00"), "USD", date(2026, 4, 1), date(2026, 4, 30))

    assert (found.metrics, found.total_cost) == ((), Money(Decimal("0.00"), "USD"))
    assert found.effective_day_rate is None


@pytest.mark.parametrize(
    ("day", "ended_at", "expected"),
    [
        (date(2026, 3, 1), None, True),
        (date(2026, 2, 28), None, False),
        (date(2026, 5, 14), None, True),
        (date(2026, 5, 15), None, False),
        (date(2026, 4, 30), datetime(2026, 4, 30, 1, tzinfo=UTC), True),
        (date(2026, 5, 1), datetime(2026, 4, 30, 1, tzinfo=UTC), False),
    ],
)
def test_usage_lies_between_the_first_and_the_last_day_of_a_line(
    day: date, ended_at: datetime | None, expected: bool
) -> None:
    assert is_within(day, datetime(2026, 3, 1, 22, tzinfo=UTC), ended_at, NOW) is expected
