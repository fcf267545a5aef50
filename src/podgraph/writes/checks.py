"""Checks of input values that several services share."""

from datetime import date, datetime

from podgraph.kernel.errors import ErrorCode, Refusal, Rejected
from podgraph.writes.unit_of_work import UnitOfWork


def past_refusal(now: datetime, value: date | None, *path: str, hint: str | None = None) -> Refusal | None:
    """The error for a time or date in the past; None if `value` is null or in the future. Today is not past."""
    # A time equal to `now` counts as past.
    is_past = value is not None and (value <= now if isinstance(value, datetime) else value < now.date())
    return Refusal(ErrorCode.INVALID, f"{path[-1]} must not be in the past.", path, hint) if is_past else None


def ensure_future(write: UnitOfWork, value: date | None, *path: str, hint: str | None = None) -> None:
    """Reject an input value in the past; `path` is its field."""
    if refusal := past_refusal(write.now, value, *path, hint=hint):
        raise Rejected(refusal)
