"""User errors and warnings of mutations: their codes, and the exception that reports them."""

from dataclasses import dataclass

from podgraph.kernel.enums import DescribedEnum


class ErrorCode(DescribedEnum):
    """Code of a user error."""

    NOT_FOUND = "NOT_FOUND", "The record does not exist or is not visible to you."
    FORBIDDEN = "FORBIDDEN", "Your roles do not permit this action."
    UNKNOWN_USER = "UNKNOWN_USER", "The user in the token does not exist in the database, so the user cannot write."
    INVALID = "INVALID", "A value is out of range or malformed."
    REQUIRED = "REQUIRED", "A required value is missing."
    INVALID_TRANSITION = "INVALID_TRANSITION", "The action is not possible in the record's current status."
    VERSION_CONFLICT = "VERSION_CONFLICT", "The record has changed since the expected version. Read it again."
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED", "The idempotency key was used before with a different input."
    IDEMPOTENCY_IN_PROGRESS = "IDEMPOTENCY_IN_PROGRESS", "The first call with this idempotency key is in progress."
    INSUFFICIENT_CAPACITY = "INSUFFICIENT_CAPACITY", "The capacity pool has less available than requested."
    POOL_SHORTFALL = "POOL_SHORTFALL", "The capacity pool would be smaller than the amount allocated from it."
    CROSS_TENANT_REFERENCE = "CROSS_TENANT_REFERENCE", "The input references a record of another organization."
    ACTOR_MISMATCH = "ACTOR_MISMATCH", "The user in the input is not the caller."
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH", "The currency differs from the organization's currency."
    SCOPE_EXCEEDS_BUDGET = "SCOPE_EXCEEDS_BUDGET", "The price exceeds the request's budget."
    SCOPE_EXCEEDS_TIMELINE = "SCOPE_EXCEEDS_TIMELINE", "The timeline exceeds the weeks that the request allows."
    PROPOSAL_EXPIRED = "PROPOSAL_EXPIRED", "The proposal is no longer valid."
    PROPOSAL_INCOMPLETE = "PROPOSAL_INCOMPLETE", "The proposal is missing or incomplete, so it cannot be confirmed."
    WEAK_ACCEPTANCE_CRITERIA = "WEAK_ACCEPTANCE_CRITERIA", "A deliverable has no acceptance criteria."
    REJECTION_TOO_VAGUE = "REJECTION_TOO_VAGUE", "A rejection requires a specific reason and the unmet criteria."
    ALREADY_DONE = "ALREADY_DONE", "The action has already been performed; the payload contains the result."
    SUBSCRIPTION_INACTIVE = "SUBSCRIPTION_INACTIVE", "The commercial subscription is neither trialing nor active."
    EMAIL_EXISTS = "EMAIL_EXISTS", "The email address belongs to a user or to a pending invitation."
    INVITATION_INVALID = "INVITATION_INVALID", "The invitation cannot be accepted: see the message."
    LAST_OWNER = "LAST_OWNER", "An organization must keep at least one active owner."
    REPORT_PUBLISHED = "REPORT_PUBLISHED", "The report is published and cannot be changed."
    BUSY = "BUSY", "Concurrent changes to the same records; nothing was changed."

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed if it is retried."""
        return self in {ErrorCode.BUSY, ErrorCode.IDEMPOTENCY_IN_PROGRESS}


class WarningCode(DescribedEnum):
    """Code of a warning about a mutation that succeeded."""

    UTILISATION_WARNING = "UTILISATION_WARNING", "The commitment is lower than last week's usage."
    RESOURCE_MISMATCH = "RESOURCE_MISMATCH", "The assigned talent's hours do not add up to the commitment."
    TALENT_OVERCOMMITTED = "TALENT_OVERCOMMITTED", "A talent's committed hours exceed the weekly limit."
    CAPACITY_GAP = "CAPACITY_GAP", "Demand exceeds the available capacity of the pools."
    LATE_CONFIRMATION = "LATE_CONFIRMATION", "The scope was confirmed after the planned start of its first cycle."
    TIMELINE_COMPRESSED = "TIMELINE_COMPRESSED", "Less time is left than the planned timeline."
    EVIDENCE_MISSING = "EVIDENCE_MISSING", "A criterion was submitted without evidence."
    BREACHES_IN_TERM = "BREACHES_IN_TERM", "The SLA was breached during the term that is being renewed."
    OPEN_WORK = "OPEN_WORK", "The user has open work, which others must take over."


class BadUserInput(ValueError):
    """A value in a request is invalid; the message describes the expected value.

    It appears in the response's `errors` with the code BAD_USER_INPUT; user errors of mutations are data.
    """


@dataclass(frozen=True, slots=True)
class Refusal:
    """A user error of a mutation: its code and message.

    `field` is the path to the input value in question; `hint` suggests what to do next.
    """

    code: ErrorCode
    reason: str
    field: tuple[str, ...] = ()
    hint: str | None = None


class Rejected(Exception):
    """A write is rejected and rolled back."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(*(refusal.reason for refusal in refusals))
        self.refusals = refusals


def rejected(code: ErrorCode, reason: str, *field: str, hint: str | None = None) -> Rejected:
    """Use: `raise rejected(INVALID, "startDate must not be in the past.", "startDate")`."""
    return Rejected(Refusal(code, reason, field, hint))


@dataclass(frozen=True, slots=True)
class MutationWarning:
    """A warning about a mutation that succeeded."""

    code: WarningCode
    message: str
    field: tuple[str, ...] = ()
