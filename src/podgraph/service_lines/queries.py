"""Where a query into service lines begins."""

import strawberry

from podgraph.graphql.relationships import ById, connection, edge
from podgraph.service_lines.types import Incident, IncidentConnection, ServiceLine, ServiceLineConnection


@strawberry.type
class LinesQuery:
    service_line: ServiceLine | None = edge(ById(), "A service line.")
    service_lines: ServiceLineConnection = connection(None, "Service lines, by id.")
    incident: Incident | None = edge(ById(), "An incident.")
    incidents: IncidentConnection = connection(None, "Incidents, the latest first.")
