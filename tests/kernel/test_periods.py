"""Months and quarters."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podgraph.kernel.periods import Period, months_between

months = st.builds(Period, year=st.integers(1990, 2090), month=st.integers(1, 12))


def test_a_month_lasts_from_midnight_to_midnight() -> None:
    april = Period.parse("2026-04")

    assert april.start == datetime(2026, 4, 1, tzinfo=UTC)
    assert april.end == datetime(2026, 5, 1, tzinfo=UTC)


def test_a_quarter_has_its_three_months() -> None:
    assert [str(month) for month in Period.parse("2026-Q3").each_month()] == ["2026-07", "2026-08", "2026-09"]


def test_after_the_last_quarter_comes_the_first_of_the_next_year() -> None:
    assert str(Period.parse("2026-Q4").next) == "2027-Q1"


@pytest.mark.parametrize("text", ["2026", "2026-00", "2026-13", "2026-Q5", "0000-01", "2026-4", "26-04", "2026-04-01"])
def test_an_invalid_period_is_rejected_with_both_notations(text: str) -> None:
    with pytest.raises(ValueError, match="write a month as 2026-04 or a quarter as 2026-Q3"):
        Period.parse(text)


def test_the_months_between_two_periods_include_both() -> None:
    between = months_between(Period.parse("2025-Q4"), Period.parse("2026-01"))

    assert [str(month) for month in between] == ["2025-10", "2025-11", "2025-12", "2026-01"]


def test_no_months_lie_between_a_period_and_an_earlier_one() -> None:
    assert months_between(Period.parse("2026-04"), Period.parse("2026-02")) == []


@given(months)
def test_a_formatted_period_is_parsed_back(month: Period) -> None:
    assert Period.parse(str(month)) == month


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_day_lies_within_its_month(day: date) -> None:
    month = Period.of(day)

    assert month.first_day <= day < month.next.first_day


@given(months, st.integers(-200, 200))
def test_shifting_there_and_back_changes_nothing(month: Period, by: int) -> None:
    assert month.shifted(by).shifted(-by) == month
