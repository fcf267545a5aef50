"""What this process holds every request to, whoever sends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from strawberry.types.graphql import OperationType

from podgraph.edge.limits import Limits
from podgraph.edge.rates import Rates
from podgraph.edge.trusted import TrustedDocuments


class Introspection(StrEnum):
    """To whom the schema is told."""

    PUBLIC = "public"
    AUTHENTICATED = "authenticated"
    OFF = "off"


BY_METHOD: Mapping[str, frozenset[OperationType]] = {
    "GET": frozenset({OperationType.QUERY}),
    "POST": frozenset({OperationType.QUERY, OperationType.MUTATION}),
}


@dataclass(frozen=True)
class Policy:
    """The limits, and what else settings say of requests.

    `origins` are other sites whose pages may ask; without `rates` callers may ask as fast as they like.
    """

    limits: Limits = field(default_factory=Limits)
    origins: frozenset[str] = frozenset()
    introspection: Introspection = Introspection.AUTHENTICATED
    rates: Rates | None = None
    documents: TrustedDocuments | None = None
    operations: Mapping[str, frozenset[OperationType]] = field(default_factory=lambda: BY_METHOD)
