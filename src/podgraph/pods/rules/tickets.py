"""The response of a ticket: deadline, time taken and verdict."""

from datetime import datetime, timedelta
from decimal import Decimal

from podgraph.kernel.rounding import half_up, trimmed
from podgraph.pods.lifecycle import ResponseSla


def response_due_at(created_at: datetime, response_time_hours: Decimal) -> datetime:
    """The deadline of a first response: hours of the clock, day and night."""
    return created_at + timedelta(microseconds=int(response_time_hours * 3_600_000_000))


def response_at_risk_at(created_at: datetime, due_at: datetime) -> datetime:
    """When four fifths of the time to respond are over."""
    return created_at + (due_at - created_at) * 4 / 5


def response_hours(seconds: int) -> Decimal:
    """The seconds until a first response as hours, four decimals."""
    return trimmed(half_up(Decimal(seconds) / 3600, 4))


def response_sla(due_at: datetime, responded_at: datetime) -> ResponseSla:
    """The verdict on a response; one at the very deadline is in time."""
    return ResponseSla.MET if responded_at <= due_at else ResponseSla.BREACHED
