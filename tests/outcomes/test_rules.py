"""Payments, dates, progress and reviews of scopes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podgraph.outcomes.lifecycle import PaymentTrigger
from podgraph.outcomes.rules import (
    DEFAULT_SCHEDULE,
    PaymentMilestone,
    cycle_overdue,
    cycles_in_order,
    days_late,
    days_left,
    payment_amounts,
    payment_due_at,
    payment_terms,
    percent_accepted,
    planned_end,
    rejection_is_precise,
    remediation_end,
    review_age_hours,
    schedule_adds_up,
    schedule_flaw,
    scope_days_late,
    timeline_weeks,
    within_budget,
    within_timeline,
)

NOW = datetime(2026, 5, 14, 16, tzinfo=UTC)


def schedule(*percents: str) -> list[PaymentMilestone]:
    return [
        PaymentMilestone(f"part-{number}", PaymentTrigger.CYCLE_ACCEPTED, Decimal(percent))
        for number, percent in enumerate(percents, 1)
    ]


def test_the_price_of_the_reference_is_paid_in_two_halves() -> None:
    assert payment_amounts(Decimal("15500.00"), DEFAULT_SCHEDULE) == [Decimal("7750.00"), Decimal("7750.00")]


def test_the_default_schedule_reads_as_the_reference_writes_it() -> None:
    assert payment_terms(DEFAULT_SCHEDULE) == "50% on confirmation, 50% on final acceptance"
    assert [milestone.description for milestone in DEFAULT_SCHEDULE] == [
        "50% upfront on scope confirmation",
        "50% on final acceptance",
    ]


def test_a_part_of_a_percent_is_written_without_trailing_zeros() -> None:
    assert schedule("12.50")[0].description == "12.5% on acceptance of a cycle"


@pytest.mark.parametrize(
    ("price", "percents", "amounts"),
    [
        ("100.01", ("50", "50"), ["50.01", "50.00"]),
        ("100.00", ("33.3", "33.3", "33.4"), ["33.30", "33.30", "33.40"]),
        ("0.02", ("25", "25", "25", "25"), ["0.01", "0.01", "0.00", "0.00"]),
        ("99.99", ("100",), ["99.99"]),
    ],
)
def test_the_last_milestone_takes_what_is_left(price: str, percents: tuple[str, ...], amounts: list[str]) -> None:
    assert payment_amounts(Decimal(price), schedule(*percents)) == [Decimal(amount) for amount in amounts]


@given(
    price=st.decimals("0.01", "9999999.99", places=2),
    cuts=st.lists(st.integers(1, 999), unique=True, max_size=6).map(sorted),
)
def test_payments_sum_to_the_price_to_the_cent(price: Decimal, cuts: list[int]) -> None:
    ends = [0, *cuts, 1000]
    parts = schedule(*(str(Decimal(end - start) / 10) for start, end in pairwise(ends)))

    amounts = payment_amounts(price, parts)

    assert schedule_adds_up(parts)
    assert sum(amounts) == price
    assert min(amounts) >= 0


def test_a_schedule_that_is_not_the_whole_price_does_not_add_up() -> None:
    assert not schedule_adds_up(schedule("50", "49.9"))


@pytest.mark.parametrize(
    ("parts", "flaw"),
    [
        (DEFAULT_SCHEDULE, None),
        (DEFAULT_SCHEDULE[:1], "The milestones add up to 50 %; they must add up to 100 %."),
        ((DEFAULT_SCHEDULE[0],) * 2, "Milestone keys must be unique."),
        (
            schedule("40", "60"),
            "Exactly one milestone must have the trigger SCOPE_CONFIRMED and exactly one FINAL_ACCEPTANCE.",
        ),
        (
            (*schedule("25", "25"), *(replace(one, percent=Decimal(25)) for one in DEFAULT_SCHEDULE)),
            "The schedule has more CYCLE_ACCEPTED milestones than the scope has cycles (1).",
        ),
    ],
)
def test_an_invalid_schedule_is_described(parts: Sequence[PaymentMilestone], flaw: str | None) -> None:
    assert schedule_flaw(parts, cycles=1) == flaw


@pytest.mark.parametrize(
    "released_at",
    [
        datetime(2026, 4, 15, 0, tzinfo=UTC),
        datetime(2026, 4, 15, 23, 59, tzinfo=UTC),
        datetime(2026, 4, 16, 1, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_a_payment_is_due_seven_days_after_its_trigger(released_at: datetime) -> None:
    assert payment_due_at(released_at) == datetime(2026, 4, 22, tzinfo=UTC)


def test_three_weeks_from_1_may_end_on_21_may() -> None:
    assert planned_end(date(2026, 5, 1), 3) == date(2026, 5, 21)


def test_the_timeline_counts_every_week_that_has_begun() -> None:
    assert timeline_weeks(date(2026, 5, 1), date(2026, 5, 21)) == 3
    assert timeline_weeks(date(2026, 5, 1), date(2026, 5, 22)) == 4


def test_days_left_shrink_from_the_second_day() -> None:
    first, last = date(2026, 5, 1), date(2026, 5, 21)
    left = [days_left(first, last, date(2026, month, day)) for month, day in ((4, 2), (5, 1), (5, 2), (6, 1))]

    assert left == [(21, 21), (21, 21), (21, 20), (21, 0)]


@pytest.mark.parametrize(
    ("parent_end", "ends"), [(date(2026, 5, 21), date(2026, 6, 7)), (date(2026, 5, 3), date(2026, 6, 3))]
)
def test_a_remediation_is_at_most_a_week_long(parent_end: date, ends: date) -> None:
    assert remediation_end(date(2026, 6, 1), date(2026, 5, 1), parent_end) == ends


@pytest.mark.parametrize(
    ("days", "in_order"),
    [
        ([(1, 7), (8, 14)], True),
        ([(1, 7), (10, 10)], True),
        ([(1, 7), (7, 14)], False),
        ([(8, 14), (1, 7)], False),
        ([(7, 1)], False),
    ],
)
def test_cycles_follow_one_another_without_overlapping(days: list[tuple[int, int]], in_order: bool) -> None:
    spans = [(date(2026, 5, first), date(2026, 5, last)) for first, last in days]

    assert cycles_in_order(spans) is in_order


@pytest.mark.parametrize(
    ("status", "today", "overdue"),
    [
        ("IN_PROGRESS", date(2026, 5, 21), False),
        ("IN_PROGRESS", date(2026, 5, 22), True),
        ("PLANNED", date(2026, 5, 22), True),
        ("COMPLETED", date(2026, 5, 22), False),
        ("CANCELLED", date(2026, 5, 22), False),
    ],
)
def test_a_cycle_is_overdue_after_its_last_day_until_it_ends(status: str, today: date, overdue: bool) -> None:
    assert cycle_overdue(status, date(2026, 5, 21), today) is overdue


def test_progress_is_the_share_of_accepted_deliverables() -> None:
    assert percent_accepted(1, 3) == Decimal("33.3")
    assert percent_accepted(2, 3) == Decimal("66.7")
    assert percent_accepted(0, 0) == 0


def test_days_late_are_counted_from_the_day_after_the_planned_end() -> None:
    assert days_late(date(2026, 5, 21), date(2026, 5, 14)) == 0
    assert days_late(date(2026, 5, 21), date(2026, 5, 21)) == 0
    assert days_late(date(2026, 5, 21), date(2026, 5, 22)) == 1


def test_a_scope_is_late_only_from_its_confirmation_to_its_end() -> None:
    end, until = date(2026, 5, 10), NOW
    assert scope_days_late("ACTIVE", end, until) == 4
    assert scope_days_late("COMPLETED", end, until - timedelta(days=3)) == 1
    assert scope_days_late("PENDING_CONFIRMATION", end, until) == 0
    assert scope_days_late("CANCELLED", end, until) == 0
    assert scope_days_late("ACTIVE", None, until) == 0


def test_the_scope_of_the_reference_is_within_budget_and_timeline() -> None:
    assert within_budget(Decimal(15500), Decimal(18000)) is True
    assert within_timeline(3, 3) is True


def test_excess_price_and_weeks_are_detected() -> None:
    assert within_budget(Decimal("18000.01"), Decimal(18000)) is False
    assert within_timeline(4, 3) is False


def test_without_budget_and_timeline_the_summary_is_null() -> None:
    assert within_budget(Decimal(15500), None) is None
    assert within_timeline(3, None) is None


def test_review_age_counts_from_the_ready_time() -> None:
    assert review_age_hours("READY_FOR_ACCEPTANCE", NOW - timedelta(minutes=93), NOW) == Decimal("1.6")
    assert review_age_hours("ACCEPTED", NOW - timedelta(minutes=93), NOW) is None
    assert review_age_hours("PENDING", None, NOW) is None


@pytest.mark.parametrize(
    ("reason", "unmet", "precise"),
    [
        ("The failure rate is 0.3 % under load.", ["AC-1"], True),
        ("not good enough", ["AC-1"], False),
        ("The failure rate is 0.3 % under load.", [], False),
        ("too short            ", ["AC-1"], False),
    ],
)
def test_a_rejection_requires_unmet_criteria_and_a_reason(reason: str, unmet: list[str], precise: bool) -> None:
    assert rejection_is_precise(reason, unmet) is precise
