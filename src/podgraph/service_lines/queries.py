"""Query fields of service lines and incidents."""

import strawberry

from podgraph.graphql.relationships import ById, connection, edge
from podgraph.service_lines.types import Incident, IncidentConnection, ServiceLine, ServiceLineConnection


@strawberry.type
class ServiceLinesQuery:
    service_line: ServiceLine | None = edge(
        ById(), "Service line by id; null if it does not exist or is not visible to the caller."
    )
    service_lines: ServiceLineConnection = connection(None, "Service lines, ordered by id.")
    incident: Incident | None = edge(
        ById(), "Incident by id; null if it does not exist or is not visible to the caller."
    )
    incidents: IncidentConnection = connection(None, "Incidents, latest first.")
