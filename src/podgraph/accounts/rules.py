"""Rules of commercial subscriptions, weekly hours and email addresses."""

import unicodedata
from decimal import Decimal

from podgraph.accounts.lifecycle import SubscriptionStatus

MAX_EMAIL_LENGTH = 254
"""Maximum length of an email address in characters (RFC 5321)."""

_CARRYING = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE})


def carries_new_work(status: str) -> bool:
    """Whether pods and scopes may be activated under a subscription in this status."""
    return status in _CARRYING


def overcommitted(hours_per_week: Decimal, limit: Decimal) -> bool:
    """Whether the committed hours per week exceed a talent's limit."""
    return hours_per_week > limit


class EmailAddress:
    """Validates an email address: its form only, because only a message could show that it is read."""

    description = "One @, no spaces, at most 254 characters."

    def error(self, value: str) -> str | None:
        """Why the text is not an email address, or None."""
        if len(value) > MAX_EMAIL_LENGTH:
            return f"has {len(value):,} characters, more than {MAX_EMAIL_LENGTH}"
        if any(one.isspace() or unicodedata.category(one).startswith("C") for one in value):
            return "contains spaces or control characters"
        name, at, host = value.partition("@")
        if not (name and at and host) or "@" in host:
            return "is not an email address, e.g. ana@acme.example"
        return None


EMAIL = EmailAddress()


def email_key(email: str) -> str:
    """The form in which email addresses are compared."""
    return email.lower()
