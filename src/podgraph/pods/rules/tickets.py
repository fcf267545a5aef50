"""The response of a ticket: deadline, time taken and verdict."""

from datetime import datetime, timedelta
from decimal import Decimal

from podgraph.kernel.rounding import half_up, trimmed
from podgraph.pods.lifecycle import ResponseSla


def response_due_at(created_at: datetime, response_time_hours: Decimal) -> datetime:
    """Deadline of the first response; the hours run around the clock."""
    return created_at + timedelta(microseconds=int(response_time_hours * 3_600_000_000))


def response_at_risk_at(created_at: datetime, due_at: datetime) -> datetime:
    """Time at which 80 % of the time to respond has passed."""
    return created_at + (due_at - created_at) * 4 / 5


def response_hours(seconds: int) -> Decimal:
    """Convert seconds to hours, with 4 decimal places."""
    return trimmed(half_up(Decimal(seconds) / 3600, 4))


def response_sla(due_at: datetime, responded_at: datetime) -> ResponseSla:
    """Result of a response; a response exactly at the deadline is in time."""
    return ResponseSla.MET if responded_at <= due_at else ResponseSla.BREACHED
