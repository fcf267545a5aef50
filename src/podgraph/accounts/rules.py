"""Rules of commercial subscriptions and of weekly hours."""

from decimal import Decimal

from podgraph.accounts.lifecycle import SubscriptionStatus

_CARRYING = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE})


def carries_new_work(status: str) -> bool:
    """Whether pods and scopes may be activated under a subscription in this status."""
    return status in _CARRYING


def overcommitted(hours_per_week: Decimal, limit: Decimal) -> bool:
    """Whether the committed hours per week exceed a talent's limit."""
    return hours_per_week > limit
