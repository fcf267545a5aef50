"""What a subscription carries, and when a person is booked beyond what they can work."""

from decimal import Decimal

from podgraph.accounts.lifecycle import SubscriptionStatus

_CARRYING = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE})


def carries_new_work(status: str) -> bool:
    """Whether a pod or scope may be activated on a subscription in this status."""
    return status in _CARRYING


def overcommitted(hours_per_week: Decimal, limit: Decimal) -> bool:
    """Whether somebody is promised for more hours per week than they can work."""
    return hours_per_week > limit
