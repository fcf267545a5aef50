"""Where a query into capacity begins."""

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
    capacity_pool: CapacityPool | None = edge(ById(), "A pool of capacity.")
    capacity_pools: CapacityPoolConnection = connection(None, "Pools of capacity.")
    allocation: Allocation | None = edge(ById(), "An allocation.")
    allocations: AllocationConnection = connection(None, "Allocations.")

    @strawberry.field(
        description="What a workspace will need of a resource, beside what its pools can still give;"
        " null for an unknown workspace."
    )
    async def capacity_demand(
        self,
        info: strawberry.Info,
        workspace_id: Annotated[strawberry.ID, strawberry.argument(description="Its id: WS-26-000021.")],
        resource_type: Annotated[ResourceType, strawberry.argument(description="The resource.")],
        period: Annotated[Period, strawberry.argument(description="The month or quarter: 2026-Q3.")],
    ) -> CapacityDemand | None:
        reader = info.context.loaders.reader
        forecasts: Any = await repository.demand(reader, [workspace_id], resource_type=resource_type, period=period)
        forecast: CapacityDemand | None = forecasts.get(workspace_id)
        return forecast
