from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from podgraph.kernel.notation import read_day, read_decimal, read_instant


@pytest.mark.parametrize("text", ["0", "-0.0", "38.50", "12e-3", "99999999999999", "0.00000000000000000001"])
def test_a_decimal_is_read_digit_by_digit(text: str) -> None:
    assert read_decimal(text).as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize(
    ("text", "microsecond"), [(".1", 100_000), (".000001", 1), (".1847759990", None), (".184775000", 184_775)]
)
def test_a_fraction_is_kept_whole_or_refused(text: str, microsecond: int | None) -> None:
    if microsecond is None:
        with pytest.raises(ValueError, match="write at most 6 digits after the seconds"):
            read_instant(f"2026-05-14T16:00:00{text}Z")
    else:
        found = datetime(2026, 5, 14, 16, 0, 0, microsecond, UTC)
        assert read_instant(f"2026-05-14T16:00:00{text}Z") == found


@pytest.mark.parametrize("read", [read_decimal, read_instant, read_day])
@pytest.mark.parametrize("text", ["", "\n", "x" * 10_000, "NaN", "٣", "2026-05-14\n"])
def test_invalid_text_is_rejected_with_an_example(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match="write "):
        read(text)
