"""The clock."""

from datetime import UTC, datetime, timedelta

from podgraph.kernel.clock import clock_from, stopped_clock, system_clock

MAY = datetime(2026, 5, 14, 16, tzinfo=UTC)


def test_the_system_clock_is_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta(0)


def test_a_clock_from_a_start_runs_on_from_there() -> None:
    clock = clock_from(MAY)

    assert MAY <= clock() <= clock() < MAY + timedelta(minutes=1)


def test_a_stopped_clock_stands_still() -> None:
    clock = stopped_clock(MAY)

    assert clock() == clock() == MAY
