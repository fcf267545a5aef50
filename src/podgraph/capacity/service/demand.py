"""Capacity requests: opened, replaced and closed, with a warning if demand exceeds supply."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, update

from podgraph.capacity import models, rules
from podgraph.capacity.lifecycle import PoolPeriod, ResourceType
from podgraph.capacity.repository import POOLS, REQUESTS, requested_quantities
from podgraph.database.model import table_of
from podgraph.kernel.errors import WarningCode
from podgraph.writes.transaction import WriteTransaction

_REQUEST = table_of(models.CapacityRequest)


_CLOSE_REQUEST = (
    update(_REQUEST)
    .where(_REQUEST.c.source_type == bindparam("type"), _REQUEST.c.source_id == bindparam("source"))
    .where(_REQUEST.c.organization_id == bindparam("owner_id"), _REQUEST.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"))
)


async def request_capacity(
    write: WriteTransaction, request_id: str, source_type: str, source_id: str, **values: Any
) -> None:
    """Open the capacity request of a pod, scope or outcome request. Replaces an earlier one."""
    await close_capacity_request(write, source_type, source_id, values["organization_id"])
    asked = {"id": request_id, "source_type": source_type, "source_id": source_id, **values}
    request = await write.create(REQUESTS, None, **asked)
    await report_capacity_gap(write, request.organization_id, request.workspace_id, request.resource_type)


async def close_capacity_request(
    write: WriteTransaction, source_type: str, source_id: str, organization_id: str
) -> None:
    """Close a capacity request that was met or is no longer needed."""
    closed = {"type": source_type, "source": source_id, "owner_id": organization_id, "at": write.now}
    await write.execute_deferred(models.CapacityRequest, _CLOSE_REQUEST, closed)


async def report_capacity_gap(
    write: WriteTransaction, organization_id: str, workspace_id: str | None, resource_type: str
) -> None:
    """Warn and emit an event on the first pool of the supply if demand exceeds it.

    Workspaces without a pool of their own use the organization-wide pools.
    """
    pools = await write.select(POOLS, organization_id=organization_id, resource_type=resource_type)
    owners = {one.workspace_id for one in pools}
    owner = workspace_id if workspace_id in owners else None
    supply = [one for one in pools if one.workspace_id == owner]
    asked = await requested_quantities(write, organization_id, resource_type)
    demand = rules.Demand(
        _weekly(supply, "allocated"),
        sum((each for by, each in asked.items() if (by if by in owners else None) == owner), Decimal(0)),
        _weekly(supply, "available"),
    )
    if not demand.supply_gap:
        return
    write.warn(
        WarningCode.CAPACITY_GAP,
        f"{demand.pending_requests} {resource_type} per week requested, {demand.available_supply} available.",
    )
    if supply:
        payload = {
            "pending_requests": demand.pending_requests,
            "available_supply": demand.available_supply,
            "supply_gap": demand.supply_gap,
        }
        write.emit("capacity.gap_detected", supply[0], payload)


def _weekly(pools: Iterable[Any], column: str) -> Decimal:
    parts = (
        rules.per_week(getattr(one, column), ResourceType[one.resource_type], PoolPeriod[one.period]) for one in pools
    )
    return sum(parts, Decimal(0))
