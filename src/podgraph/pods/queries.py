"""Where a query into managed services begins."""

import strawberry

from podgraph.graphql.relationships import ById, connection, edge
from podgraph.pods.types import Pod, PodConnection, SlaReportConnection, Ticket, TicketConnection


@strawberry.type
class ManagedQuery:
    pod: Pod | None = edge(ById(), "A pod.")
    pods: PodConnection = connection(None, "Pods of all the caller's organizations.")
    sla_reports: SlaReportConnection = connection(None, "SLA reports of all pods, the latest month first.")
    ticket: Ticket | None = edge(ById(), "A ticket.")
    tickets: TicketConnection = connection(None, "Tickets of all pods, the latest first.")
