"""Subscriptions and bookings."""

from decimal import Decimal

import pytest

from podgraph.accounts.rules import carries_new_work, overcommitted


@pytest.mark.parametrize(
    ("status", "carries"), [("TRIALING", True), ("ACTIVE", True), ("PAST_DUE", False), ("CANCELLED", False)]
)
def test_only_a_running_subscription_allows_new_work(status: str, carries: bool) -> None:
    assert carries_new_work(status) is carries


def test_40_hours_in_a_pod_and_an_allocation_are_overcommitted() -> None:
    assert overcommitted(Decimal(80), Decimal(40))


def test_hours_equal_to_the_limit_are_not_overcommitted() -> None:
    assert not overcommitted(Decimal(40), Decimal(40))
