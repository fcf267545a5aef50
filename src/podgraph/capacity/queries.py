"""Query fields of capacity."""

from typing import Annotated, Any

import strawberry

from podgraph.capacity import repository
from podgraph.capacity.lifecycle import ResourceType
from podgraph.capacity.types import (
    Allocation,
    AllocationConnection,
    CapacityDemand,
    CapacityPool,
    CapacityPoolConnection,
)
from podgraph.graphql.relationships import ById, connection, edge
from podgraph.kernel.periods import Period


@strawberry.type
class CapacityQuery:
    capacity_pool: CapacityPool | None = edge(
        ById(), "Capacity pool by id; null if it does not exist or is not visible to the caller."
    )
    capacity_pools: CapacityPoolConnection = connection(None, "Capacity pools.")
    allocation: Allocation | None = edge(
        ById(), "Allocation by id; null if it does not exist or is not visible to the caller."
    )
    allocations: AllocationConnection = connection(None, "Allocations.")

    @strawberry.field(
        description="Demand for a resource in a workspace, compared with the supply of the workspace's own pools;"
        " null if the workspace does not exist or is not visible to the caller."
    )
    async def capacity_demand(
        self,
        info: strawberry.Info,
        workspace_id: Annotated[strawberry.ID, strawberry.argument(description="Workspace id, e.g. WS-26-000021.")],
        resource_type: Annotated[ResourceType, strawberry.argument(description="Resource type.")],
        period: Annotated[Period, strawberry.argument(description="Month or quarter, e.g. 2026-09 or 2026-Q3.")],
    ) -> CapacityDemand | None:
        reader = info.context.loaders.reader
        forecasts: Any = await repository.demand(reader, [workspace_id], resource_type=resource_type, period=period)
        forecast: CapacityDemand | None = forecasts.get(workspace_id)
        return forecast
