"""The codes of every business refusal and warning, and what carries them."""

from dataclasses import dataclass

from podgraph.kernel.enums import DescribedEnum


class ErrorCode(DescribedEnum):
    """Why something was refused. One vocabulary for the whole API."""

    NOT_FOUND = "NOT_FOUND", "No such record, or none that you may see."
    FORBIDDEN = "FORBIDDEN", "Your roles do not allow it."
    UNKNOWN_USER = "UNKNOWN_USER", "The user that the token names is not in the database, so cannot write."
    INVALID = "INVALID", "A value is out of its range or form."
    REQUIRED = "REQUIRED", "A value that is needed here is missing."
    INVALID_TRANSITION = "INVALID_TRANSITION", "Not possible in the present status."
    VERSION_CONFLICT = "VERSION_CONFLICT", "The record has changed since the version you named."
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED", "This key was used before with another input."
    IDEMPOTENCY_IN_PROGRESS = "IDEMPOTENCY_IN_PROGRESS", "The first call with this key is still running."
    INSUFFICIENT_CAPACITY = "INSUFFICIENT_CAPACITY", "The pool has less free than is asked for."
    POOL_SHORTFALL = "POOL_SHORTFALL", "The pool would hold less than is allocated from it."
    CROSS_TENANT_REFERENCE = "CROSS_TENANT_REFERENCE", "A record of another organization was named."
    ACTOR_MISMATCH = "ACTOR_MISMATCH", "The user named is not the one who calls."
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH", "Another currency than the organization's."
    SCOPE_EXCEEDS_BUDGET = "SCOPE_EXCEEDS_BUDGET", "The price is above the request's budget."
    SCOPE_EXCEEDS_TIMELINE = "SCOPE_EXCEEDS_TIMELINE", "The weeks are more than the request allows."
    PROPOSAL_EXPIRED = "PROPOSAL_EXPIRED", "The proposal is past the time it was valid for."
    PROPOSAL_INCOMPLETE = "PROPOSAL_INCOMPLETE", "There is no complete proposal to confirm."
    WEAK_ACCEPTANCE_CRITERIA = "WEAK_ACCEPTANCE_CRITERIA", "A deliverable has no acceptance criterion."
    REJECTION_TOO_VAGUE = "REJECTION_TOO_VAGUE", "A rejection needs a reason and the unmet criteria."
    ALREADY_DONE = "ALREADY_DONE", "It was done before; the payload shows the result."
    OPEN_DELIVERABLES = "OPEN_DELIVERABLES", "Deliverables are still open."
    SUBSCRIPTION_INACTIVE = "SUBSCRIPTION_INACTIVE", "The commercial subscription is not active."
    REPORT_PUBLISHED = "REPORT_PUBLISHED", "The report is published and can not change."
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED", "More than the API allows in one call."
    BUSY = "BUSY", "Too many others are changing the same records; nothing was done."

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed a moment later."""
        return self in {ErrorCode.BUSY, ErrorCode.IDEMPOTENCY_IN_PROGRESS}


class WarningCode(DescribedEnum):
    """What somebody should know about a write that was done all the same."""

    UTILISATION_WARNING = "UTILISATION_WARNING", "Less is committed than was used last week."
    RESOURCE_MISMATCH = "RESOURCE_MISMATCH", "The people's hours do not add up to what is committed."
    TALENT_OVERCOMMITTED = "TALENT_OVERCOMMITTED", "Somebody is committed beyond the weekly limit."
    CAPACITY_GAP = "CAPACITY_GAP", "More is asked for than the pools have free."
    LATE_CONFIRMATION = "LATE_CONFIRMATION", "Confirmed after the planned start of the first cycle."
    TIMELINE_COMPRESSED = "TIMELINE_COMPRESSED", "Less time is left than the timeline says."
    EVIDENCE_MISSING = "EVIDENCE_MISSING", "A criterion was handed in without evidence."
    BREACHES_IN_TERM = "BREACHES_IN_TERM", "The SLA was breached in the term that is renewed."


class BadUserInput(ValueError):
    """A value in a request can not be used; the message says what to write instead.

    It stands in the answer's `errors` with the code BAD_USER_INPUT. A business refusal is data.
    """


@dataclass(frozen=True, slots=True)
class Refusal:
    """A business answer of no: its code, and one sentence for the person who asked.

    `field` leads to the value of the input that it concerns; `hint` says what to do instead.
    """

    code: ErrorCode
    reason: str
    field: tuple[str, ...] = ()
    hint: str | None = None


class Rejected(Exception):
    """A write is refused; it leaves nothing behind."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(*(refusal.reason for refusal in refusals))
        self.refusals = refusals


def rejected(code: ErrorCode, reason: str, *field: str, hint: str | None = None) -> Rejected:
    """`raise refused(INVALID, "startDate lies in the past.", "startDate")`."""
    return Rejected(Refusal(code, reason, field, hint))


@dataclass(frozen=True, slots=True)
class MutationWarning:
    """What somebody should know about a write that was done all the same."""

    code: WarningCode
    message: str
    field: tuple[str, ...] = ()
