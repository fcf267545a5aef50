"""Query fields of pods, SLA reports and tickets."""

import strawberry

from podgraph.graphql.relationships import ById, connection, edge
from podgraph.pods.types import Pod, PodConnection, SlaReportConnection, Ticket, TicketConnection


@strawberry.type
class PodsQuery:
    pod: Pod | None = edge(ById(), "Pod by id; null if it does not exist or is not visible to the caller.")
    pods: PodConnection = connection(None, "Pods in all organizations of the caller.")
    sla_reports: SlaReportConnection = connection(None, "SLA reports of all pods, latest month first.")
    ticket: Ticket | None = edge(ById(), "Ticket by id; null if it does not exist or is not visible to the caller.")
    tickets: TicketConnection = connection(None, "Tickets of all pods, latest first.")
