"""Capacity pools: created, resized and charged."""

from decimal import Decimal

from sqlalchemy import bindparam, update

from podgraph.accounts.repository import ORGANIZATIONS, WORKSPACES
from podgraph.accounts.service.checks import require_open
from podgraph.capacity import lifecycle, models, rules
from podgraph.capacity.lifecycle import PoolPeriod, ResourceType
from podgraph.capacity.repository import POOLS
from podgraph.capacity.service.demand import report_capacity_gap
from podgraph.database.columns import QUANTITY
from podgraph.database.model import table_of
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.records import CapacityPoolRecord
from podgraph.writes.transaction import WriteTransaction

_POOL = table_of(models.CapacityPool)


_MORE = bindparam("more", type_=QUANTITY)


# Check and update in one statement, so that concurrent transactions cannot allocate the same capacity twice.
_CHARGE = (
    update(_POOL)
    .where(_POOL.c.id == bindparam("pool_id"), _POOL.c.organization_id == bindparam("owner_id"))
    .where(_POOL.c.allocated + _MORE <= _POOL.c.total)
    .values(allocated=_POOL.c.allocated + _MORE, version=_POOL.c.version + 1, updated_at=bindparam("at"))
    .returning(_POOL.c.id)
)


async def charge_pool(write: WriteTransaction, pool: CapacityPoolRecord, more: Decimal, *path: str) -> None:
    """Charge a pool with `more` per period of the pool; a negative quantity is a release.

    Rejected with INSUFFICIENT_CAPACITY if the pool has less available. The allocation emits the event.
    """
    if not more:
        return

    async def refuse() -> None:
        now = await write.get(POOLS, pool.id)
        free = rules.available(now.total, now.allocated)
        raise rejected(
            ErrorCode.INSUFFICIENT_CAPACITY,
            f"{pool.id} has {free} {pool.unit} available, {more} requested.",
            *path,
            hint="Request less, close an allocation, or increase the pool with `updateCapacityPool`.",
        )

    charge = {"pool_id": pool.id, "owner_id": pool.organization_id, "more": more, "at": write.now}
    await write.execute_deferred(models.CapacityPool, _CHARGE, charge, refuse)


async def create_capacity_pool(
    write: WriteTransaction,
    *,
    organization_id: str,
    workspace_id: str | None,
    resource_type: ResourceType,
    period: PoolPeriod,
    total: Decimal,
) -> None:
    """Create a capacity pool for a workspace or a whole organization."""
    organization = await write.get(ORGANIZATIONS, organization_id, "organizationId")
    if workspace_id is None:
        write.authorize(lifecycle.CREATE_CAPACITY_POOL, within=organization)
    else:
        workspace = await write.get_owned(WORKSPACES, workspace_id, organization.id, "workspaceId")
        write.authorize(lifecycle.CREATE_CAPACITY_POOL, within=workspace)
    await require_open(write, organization.id, workspace_id, "workspaceId" if workspace_id else "organizationId")
    pool_id = (await write.issue(CAP=1))["CAP"][0]
    await write.create(
        POOLS,
        "capacity_pool.created",
        id=pool_id,
        organization_id=organization.id,
        workspace_id=workspace_id,
        resource_type=str(resource_type),
        total=total,
        unit=rules.unit(resource_type, period),
        period=str(period),
    )
    write.return_ids(capacity_pool_id=pool_id)


async def update_capacity_pool(write: WriteTransaction, *, capacity_pool_id: str, total: Decimal) -> None:
    """Change the total of a pool, to no less than its allocated quantity."""
    row = lifecycle.UPDATE_CAPACITY_POOL
    pool = await write.lock_for(POOLS, capacity_pool_id, row, "capacityPoolId")
    await require_open(write, pool.organization_id, pool.workspace_id, "capacityPoolId")
    if total < pool.allocated:
        raise rejected(
            ErrorCode.POOL_SHORTFALL,
            f"{pool.id} has {pool.allocated} {pool.unit} allocated, more than {total}.",
            "total",
            hint="Reduce or close allocations first. A scheduled decrease releases capacity when it takes effect.",
        )
    await write.change(pool, "capacity_pool.updated", total=total)
    if total < pool.total:
        await report_capacity_gap(write, pool.organization_id, pool.workspace_id, pool.resource_type)
