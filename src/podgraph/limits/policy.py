"""Policy: the limits and settings that apply to every request of a process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from strawberry.types.graphql import OperationType

from podgraph.limits.limits import Limits
from podgraph.limits.persisted_documents import PersistedDocuments
from podgraph.limits.rate_limiter import RateLimiter


class Introspection(StrEnum):
    """Callers that may use introspection."""

    PUBLIC = "public"
    AUTHENTICATED = "authenticated"
    OFF = "off"


BY_METHOD: Mapping[str, frozenset[OperationType]] = {
    "GET": frozenset({OperationType.QUERY}),
    "POST": frozenset({OperationType.QUERY, OperationType.MUTATION}),
}


@dataclass(frozen=True)
class Policy:
    """The limits and the other settings of requests.

    `origins` are allowed by CORS; without a `rate_limiter` the rate is unlimited.
    """

    limits: Limits = field(default_factory=Limits)
    origins: frozenset[str] = frozenset()
    introspection: Introspection = Introspection.AUTHENTICATED
    rate_limiter: RateLimiter | None = None
    documents: PersistedDocuments | None = None
    operations: Mapping[str, frozenset[OperationType]] = field(default_factory=lambda: BY_METHOD)
