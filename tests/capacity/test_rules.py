"""Units, utilisation, supply and demand."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podgraph.capacity.lifecycle import PoolPeriod, ResourceType
from podgraph.capacity.rules import (
    WEEK,
    Commitment,
    Demand,
    available,
    change_effective_at,
    charge,
    commitment,
    committed_in,
    estimated_waste_per_month,
    falls_short,
    measured_weeks,
    per_period,
    per_week,
    unit,
    utilisation_percent,
    utilisation_warning_due,
    weeks_below,
)

quantities = st.decimals(0, 1_000_000, places=4)


def decimals(*values: str | None) -> list[Decimal | None]:
    return [None if value is None else Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("resource_type", "period", "written"),
    [
        ("TALENT_HOURS", "WEEKLY", "hours_per_week"),
        ("TALENT_HOURS", "MONTHLY", "hours_per_month"),
        ("COMPUTE", "DAILY", "vcpu_hours"),
        ("STORAGE_GB", "MONTHLY", "gigabytes"),
        ("AGENT_CREDITS", "MONTHLY", "credits"),
        ("INTELLIGENCE_UNITS", "WEEKLY", "units"),
    ],
)
def test_a_pool_is_measured_in_the_unit_of_its_resource(resource_type: str, period: str, written: str) -> None:
    assert unit(ResourceType[resource_type], PoolPeriod[period]) == written


@pytest.mark.parametrize(
    ("period", "resource_type", "weekly"),
    [
        ("HOURLY", "COMPUTE", "168"),
        ("DAILY", "COMPUTE", "7"),
        ("WEEKLY", "TALENT_HOURS", "1"),
        ("MONTHLY", "AGENT_CREDITS", "0.2308"),
        ("MONTHLY", "STORAGE_GB", "1"),
    ],
)
def test_one_per_period_is_so_much_per_week(period: str, resource_type: str, weekly: str) -> None:
    assert per_week(Decimal(1), ResourceType[resource_type], PoolPeriod[period]) == Decimal(weekly)


def test_52_weeks_are_12_months() -> None:
    assert per_period(Decimal(12), ResourceType.AGENT_CREDITS, PoolPeriod.MONTHLY) == Decimal(52)


@given(quantities, st.sampled_from(ResourceType))
def test_a_weekly_quantity_survives_the_way_to_a_monthly_pool_and_back(
    weekly: Decimal, resource_type: ResourceType
) -> None:
    monthly = per_period(weekly, resource_type, PoolPeriod.MONTHLY)

    assert abs(per_week(monthly, resource_type, PoolPeriod.MONTHLY) - weekly) <= Decimal("0.0001")


def test_utilisation_is_rounded_up_at_a_half() -> None:
    assert utilisation_percent(Decimal("38.5"), Decimal(40)) == Decimal("96.3")


def test_utilisation_of_nothing_committed_or_nothing_measured_is_unknown() -> None:
    assert utilisation_percent(Decimal(3), Decimal(0)) is None
    assert utilisation_percent(None, Decimal(40)) is None


def test_the_pools_of_the_reference_have_this_much_available() -> None:
    assert available(Decimal(200), Decimal(160)) == 40
    assert available(Decimal(100000), Decimal(45000)) == 55000


@pytest.mark.parametrize(("scheduled", "charged"), [(None, "40"), ("48", "48"), ("32", "40")])
def test_a_scheduled_increase_is_held_and_a_scheduled_decrease_is_not_freed(
    scheduled: str | None, charged: str
) -> None:
    assert charge(Decimal(40), None if scheduled is None else Decimal(scheduled)) == Decimal(charged)


def test_a_change_takes_effect_next_month_unless_immediate() -> None:
    now = datetime(2026, 12, 14, 16, tzinfo=UTC)

    assert change_effective_at(now, immediately=False) == datetime(2027, 1, 1, tzinfo=UTC)
    assert change_effective_at(now, immediately=True) == now


def test_only_measured_weeks_below_the_threshold_are_counted() -> None:
    assert weeks_below(decimals("69.9", "70.0", None, "12.5", "96.3")) == 2


MONDAY = date(2026, 5, 4)


def measured(*newest_first: str | None) -> dict[date, Decimal | None]:
    """Weeks before MONDAY, by their own Mondays."""
    percents = decimals(*newest_first)
    return {MONDAY - WEEK * n: each for n, each in enumerate(percents, 1) if each is not None}


@pytest.mark.parametrize(
    ("week", "before", "due"),
    [
        ("60", ("60", "60", "80"), True),
        ("60", ("60", "60"), True),
        ("60", ("60",), False),
        ("60", ("60", "60", "60"), False),
        ("100", ("104", "100", "99.9"), True),
        ("60", (None, "60", "60"), False),
        ("60", ("100", "60"), False),
        ("80", ("60", "60"), False),
        (None, ("60", "60"), False),
    ],
)
def test_three_weeks_low_or_full_in_a_row_warn_once(
    week: str | None, before: tuple[str | None, ...], due: bool
) -> None:
    (utilisation,) = decimals(week)

    assert utilisation_warning_due(measured(*before), MONDAY, utilisation) is due


def test_a_week_put_right_within_its_streak_does_not_warn_again() -> None:
    weeks = {**measured("60", "60"), MONDAY: Decimal(60)}

    assert not utilisation_warning_due(weeks, MONDAY, Decimal(55))
    assert utilisation_warning_due(weeks | {MONDAY: Decimal(80)}, MONDAY, Decimal(55))


def test_a_week_measured_late_joins_the_streaks_around_it_for_one_warning() -> None:
    around = {MONDAY - WEEK: Decimal(60), MONDAY + WEEK: Decimal(60)}
    recorded = {MONDAY + WEEK * n: Decimal(60) for n in (1, 2, 3)}

    assert utilisation_warning_due(around, MONDAY, Decimal(60))
    assert not utilisation_warning_due(recorded, MONDAY, Decimal(60))


@pytest.mark.parametrize(
    ("given", "per_period", "per_week"),
    [
        ({"weekly": "10"}, "0.0595", "9.9960"),
        ({"periodic": "0.0595"}, "0.0595", "9.9960"),
        ({"weekly": "0.001"}, "0.0000", "0.0000"),
    ],
)
def test_the_weekly_commitment_follows_from_the_period_of_the_pool(
    given: dict[str, str], per_period: str, per_week: str
) -> None:
    exact = {name: Decimal(each) for name, each in given.items()}

    assert commitment(ResourceType.COMPUTE, PoolPeriod.HOURLY, **exact) == Commitment(
        Decimal(per_period), Decimal(per_week)
    )


@dataclass
class Change:
    effective_at: datetime
    previous_per_week: Decimal


def test_a_week_is_measured_by_what_was_agreed_as_it_began() -> None:
    june, july = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    changes = [Change(july, Decimal(32)), Change(june, Decimal(40))]

    assert committed_in(date(2026, 5, 25), Decimal(20), changes) == 40
    assert committed_in(date(2026, 6, 1), Decimal(20), changes) == 32
    assert committed_in(date(2026, 6, 29), Decimal(20), changes) == 32
    assert committed_in(date(2026, 7, 6), Decimal(20), changes) == 20


@pytest.mark.parametrize(
    ("committed", "actual", "short"),
    [("32", "38.5", True), ("38.5", "38.5", False), ("44", "50", False), ("32", None, False)],
)
def test_only_a_reduction_below_what_was_used_falls_short(committed: str, actual: str | None, short: bool) -> None:
    used = None if actual is None else Decimal(actual)

    assert falls_short(Decimal(committed), Decimal(40), used) is short


def test_waste_is_the_price_of_undelivered_hours() -> None:
    alone = (Decimal(38000), Decimal(200), Decimal(200))

    assert estimated_waste_per_month(*alone, Decimal(198)) == Decimal("380.00")
    assert estimated_waste_per_month(*alone, Decimal(210)) == Decimal("0.00")
    assert estimated_waste_per_month(*alone, None) is None


def test_allocations_of_one_line_share_its_price() -> None:
    wasted = estimated_waste_per_month(Decimal(9000), Decimal(120), Decimal(40), Decimal(28))

    assert wasted == Decimal("900.00")


@pytest.mark.parametrize("day", [11, 14, 17])
def test_the_weeks_measured_are_those_that_ended_before_this_monday(day: int) -> None:
    now = datetime(2026, 5, day, 16, tzinfo=UTC)

    assert measured_weeks(now, 8) == (date(2026, 3, 16), date(2026, 5, 11))


def test_the_demand_of_the_reference_has_a_gap_and_its_advice() -> None:
    demand = Demand(Decimal(160), pending_requests=Decimal(80), available_supply=Decimal(40))

    assert demand.supply_gap == 40
    assert demand.recommendation == (
        "Current supply cannot meet pending demand. Consider expanding the talent pool or deferring requests."
    )


def test_demand_that_the_supply_just_meets_has_no_gap() -> None:
    demand = Demand(Decimal(160), pending_requests=Decimal(40), available_supply=Decimal(40))

    assert demand.supply_gap == 0
    assert demand.recommendation == ("Current supply can meet pending demand. Requests can be confirmed as planned.")


def test_no_demand_says_so() -> None:
    demand = Demand(Decimal(160), pending_requests=Decimal(0), available_supply=Decimal(40))

    assert demand.recommendation == "No demand is pending. Current supply is free for new requests."
