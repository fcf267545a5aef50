"""Where a query into outcomes on demand begins."""

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
class OdsQuery:
    outcome_request: OutcomeRequest | None = edge(ById(), "An outcome request.")
    outcome_requests: OutcomeRequestConnection = connection(None, "Outcome requests, the latest first.")
    scope: Scope | None = edge(ById(), "A scope.")
    scopes: ScopeConnection = connection(None, "Scopes, the latest first.")
    cycle: Cycle | None = edge(ById(), "A cycle.")
    deliverable: Deliverable | None = edge(ById(), "A deliverable.")
    deliverables: DeliverableConnection = connection(None, "Deliverables, the earliest proposed first.")
    payment: Payment | None = edge(ById(), "A payment.")
    payments: PaymentConnection = connection(None, "Payments, the next one due first.")
