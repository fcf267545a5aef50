"""Calendar months and quarters in UTC: `2026-04`, `2026-Q3`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Self

_SHAPE = re.compile(r"(?P<year>[0-9]{4})-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2]))")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Consecutive whole months: `months` of them, starting with (`year`, `month`)."""

    year: int
    month: int
    months: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `2026-04` or `2026-Q3`; other text raises a ValueError."""
        match = _SHAPE.fullmatch(text)
        if match is None or int(match["year"]) == 0:
            raise ValueError(f"'{text}' is not a period: write a month as 2026-04 or a quarter as 2026-Q3")
        year = int(match["year"])
        if match["quarter"]:
            return cls(year, 3 * int(match["quarter"]) - 2, 3)
        return cls(year, int(match["month"]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The month of `day`."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        if self.months == 3:
            return f"{self.year:04d}-Q{(self.month + 2) // 3}"
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def next(self) -> "Period":
        """The following period of the same length."""
        return self.shifted(self.months)

    @property
    def start(self) -> datetime:
        """The first instant: midnight UTC."""
        return datetime.combine(self.first_day, time(), UTC)

    @property
    def end(self) -> datetime:
        """The start of the next period, exclusive."""
        return self.next.start

    def shifted(self, months: int) -> "Period":
        years, month0 = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Period(years, month0 + 1, self.months)

    def each_month(self) -> Iterator["Period"]:
        """The months of the period, in order."""
        first = Period(self.year, self.month)
        return (first.shifted(n) for n in range(self.months))


def months_between(first: Period, last: Period) -> list[Period]:
    """Every month from the start of `first` to the end of `last`, both included."""
    stop = last.next
    return [
        month
        for n in range((stop.year - first.year) * 12 + stop.month - first.month)
        for month in [Period(first.year, first.month).shifted(n)]
    ]
