"""Root fields of outcomes."""

import strawberry

from podgraph.graphql.relationships import ById, connection, edge
from podgraph.outcomes.types import (
    Cycle,
    Deliverable,
    DeliverableConnection,
    OutcomeRequest,
    OutcomeRequestConnection,
    Payment,
    PaymentConnection,
    Scope,
    ScopeConnection,
)


@strawberry.type
class OutcomesQuery:
    outcome_request: OutcomeRequest | None = edge(ById(), "An outcome request by id.")
    outcome_requests: OutcomeRequestConnection = connection(None, "Outcome requests, latest first.")
    scope: Scope | None = edge(ById(), "A scope by id.")
    scopes: ScopeConnection = connection(None, "Scopes, latest first.")
    cycle: Cycle | None = edge(ById(), "A cycle by id.")
    deliverable: Deliverable | None = edge(ById(), "A deliverable by id.")
    deliverables: DeliverableConnection = connection(None, "Deliverables, earliest proposal first.")
    payment: Payment | None = edge(ById(), "A payment by id.")
    payments: PaymentConnection = connection(None, "Payments, next due first.")
