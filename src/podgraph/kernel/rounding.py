"""The one place that rounds."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache


def half_up(value: Decimal, places: int) -> Decimal:
    """Round to `places` decimals, a half away from zero, as the reference documents print it.

    Python's `round` and Decimal's default both round a half to the even neighbour: 38.5 of 40
    would come out as 96.2 where the documents say 96.3.
    """
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


@lru_cache(maxsize=50_000)
def trimmed(value: Decimal) -> Decimal:
    """The same number without trailing zeros or an exponent: 40.0000 becomes 40.

    Reports hold the same few quantities thousands of times: to remember them is quicker. -0, which is
    equal to 0 and would be remembered for it, is 0.
    """
    return value.quantize(Decimal(1)) + 0 if value == value.to_integral_value() else value.normalize()


def ratio_percent(part: Decimal, whole: Decimal, places: int = 1) -> Decimal | None:
    """`part` as a percentage of `whole`, rounded half up; None where `whole` is zero."""
    return half_up(part * 100 / whole, places) if whole else None
