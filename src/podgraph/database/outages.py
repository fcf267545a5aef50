"""Outages: errors of an unavailable database as request errors."""

from podgraph.database.availability import is_pool_timeout, is_unreachable
from podgraph.database.connections import OutcomeUnknown
from podgraph.kernel.request_errors import RequestError, RequestErrorCode

RETRY_AFTER = 1
"""Seconds after which a client may retry."""


OUTAGES = {str(RequestErrorCode.UNAVAILABLE), str(RequestErrorCode.OVERLOADED)}
"""Error codes of requests that can be retried."""


def outcome_unknown() -> RequestError:
    """The error for a mutation whose COMMIT the database has not confirmed."""
    message = "The database did not confirm the change; retry with the same idempotencyKey."
    return RequestError(RequestErrorCode.UNAVAILABLE, message, retryAfter=RETRY_AFTER)


def database_error(error: BaseException | None) -> RequestError | None:
    """The request error for an unavailable database or an exhausted pool; None for any other error."""
    if error is None:
        return None
    if is_pool_timeout(error):
        message = "The server is overloaded: no database connection became free in time. Retry later."
        return RequestError(RequestErrorCode.OVERLOADED, message, retryAfter=RETRY_AFTER)
    if isinstance(error, OutcomeUnknown):
        return outcome_unknown()
    if is_unreachable(error):
        message = "The database is unavailable; retry, and send mutations with the same idempotencyKey."
        return RequestError(RequestErrorCode.UNAVAILABLE, message, retryAfter=RETRY_AFTER)
    return None
