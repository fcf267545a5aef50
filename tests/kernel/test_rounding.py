"""Rounding: a half goes up, as the reference documents print it."""

from decimal import Decimal

import pytest

from podgraph.kernel.rounding import half_up, ratio_percent, trimmed


def test_a_half_is_rounded_up_where_python_would_round_it_to_even() -> None:
    assert half_up(Decimal("96.25"), 1) == Decimal("96.3")
    assert half_up(Decimal("96.25"), 1) != round(Decimal("96.25"), 1)


def test_a_negative_half_is_rounded_away_from_zero() -> None:
    assert half_up(Decimal("-0.125"), 2) == Decimal("-0.13")


def test_a_ratio_is_a_percentage_with_one_decimal() -> None:
    assert ratio_percent(Decimal("38.5"), Decimal(40)) == Decimal("96.3")


def test_a_ratio_of_nothing_is_unknown() -> None:
    assert ratio_percent(Decimal(3), Decimal(0)) is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("40.0000", "40"),
        ("38.5000", "38.5"),
        ("100000", "100000"),
        ("1E+2", "100"),
        ("-0.00", "0"),
        ("0.0000", "0"),
    ],
)
def test_a_trimmed_number_has_neither_trailing_zeros_nor_an_exponent(value: str, written: str) -> None:
    assert str(trimmed(Decimal(value))) == written
