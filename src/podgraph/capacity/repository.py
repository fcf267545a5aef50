"""Read models and queries of capacity."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, func, literal_column, null, select, type_coerce, union_all

from podgraph.accounts.repository import WORKSPACES
from podgraph.capacity import models, rules
from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, PoolStatus, ResourceType
from podgraph.database.columns import QUANTITY
from podgraph.database.read_model import KEYS, NOW, READ_MODELS, Reader, ReadModel, ReadModelAlias, among, in_constants
from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period
from podgraph.kernel.roles import Area
from podgraph.records import (
    AllocationActualRecord,
    AllocationChangeRecord,
    AllocationRecord,
    AllocationResourceRecord,
    CapacityPoolRecord,
    CapacityRequestRecord,
)
from podgraph.service_lines.lifecycle import ServiceLineStatus
from podgraph.writes.unit_of_work import UnitOfWork

ENDED = (ServiceLineStatus.CLOSED, ServiceLineStatus.TERMINATED)


def _reserved_by_paused(pool: ReadModelAlias) -> ColumnElement[Any]:
    """Capacity of a pool that is held by paused allocations, per period of the pool."""
    allocation = READ_MODELS["allocation"].source()
    charge = allocation["charge"]
    return (
        select(func.coalesce(func.sum(charge), 0, type_=charge.type))
        .where(allocation["capacity_pool_id"] == pool["id"], allocation["status"] == AllocationStatus.PAUSED)
        .scalar_subquery()
    )


def _orphaned(allocation: ReadModelAlias) -> ColumnElement[bool]:
    """Whether an allocation is open although its service line has ended."""
    line = READ_MODELS["service_line"].source()
    ended = and_(line["id"] == allocation["service_line_id"], in_constants(line["status"], ENDED))
    return and_(allocation["status"] != AllocationStatus.CLOSED, select(1).where(ended).exists())


def _change_pending(allocation: ReadModelAlias) -> ColumnElement[bool]:
    """Whether an allocation has a pending change that is not due yet."""
    change = READ_MODELS["allocation_change"].source()
    here = change["allocation_id"] == allocation["id"]
    return select(1).where(here, is_pending(change), change["effective_at"] > NOW).exists()


def is_pending(change: ReadModelAlias) -> ColumnElement[bool]:
    """Whether a change has neither been applied nor cancelled."""
    return and_(change["applied_at"].is_(None), change["cancelled_at"].is_(None))


POOLS = ReadModel[CapacityPoolRecord](
    models.CapacityPool,
    "CAP",
    area=Area.CONTRACTS,
    shared=True,
    computed={
        "available": lambda source: source["total"] - source["allocated"],
        "reserved_by_paused": _reserved_by_paused,
        # A pool never ends, so its status is a constant.
        "status": lambda _source: literal_column(f"'{PoolStatus.OPEN}'", Text),
    },
)
ALLOCATIONS = ReadModel[AllocationRecord](
    models.Allocation, "ALLOC", computed={"orphaned": _orphaned, "change_pending": _change_pending}
)
RESOURCES = ReadModel[AllocationResourceRecord](models.AllocationResource, identity="position", parent="allocation_id")
ACTUALS = ReadModel[AllocationActualRecord](models.AllocationActual, identity="week_start", parent="allocation_id")
CHANGES = ReadModel[AllocationChangeRecord](models.AllocationChange, "ACHG", parent="allocation_id")
REQUESTS = ReadModel[CapacityRequestRecord](models.CapacityRequest)


class Contribution(NamedTuple):
    """Part of the demand: its source, the quantity per week and the confidence."""

    source_id: str
    quantity: Decimal
    confidence: str


@dataclass(frozen=True)
class Forecast(rules.Demand):
    """Demand of a workspace for a resource in a period, with its sources."""

    resource_type: ResourceType
    period: Period
    contributors: Sequence[Contribution]


async def demand(
    reader: Reader, keys: Sequence[str], *, resource_type: ResourceType, period: Period
) -> Mapping[str, Forecast]:
    """Demand of workspaces for a resource until the end of a period, compared with their own pools.

    All quantities are per week. A workspace that is unknown or invisible has no forecast.
    """
    workspace, pool, request = WORKSPACES.source(), POOLS.source(), REQUESTS.source()
    own = and_(pool["workspace_id"] == workspace["id"], pool["resource_type"] == resource_type)
    supply = (
        select(
            workspace["id"].label("workspace_id"),
            pool["period"].label("pool_period"),
            func.sum(pool["allocated"]).label("allocated"),
            func.sum(pool["available"]).label("available"),
            type_coerce(null(), Text).label("source_id"),
            type_coerce(null(), QUANTITY).label("quantity"),
            type_coerce(null(), Text).label("confidence"),
            type_coerce(null(), request["needed_from"].type).label("needed_from"),
        )
        .select_from(workspace.table.outerjoin(pool.table, own))
        .where(among(workspace["id"], KEYS), *workspace.tenant_filter(reader.tenancy))
        .group_by(workspace["id"], pool["period"])
    )
    asked = [request[name] for name in ("source_id", "quantity", "confidence", "needed_from")]
    requests = select(request["workspace_id"], null(), null(), null(), *asked).where(
        among(request["workspace_id"], KEYS),
        request["resource_type"] == resource_type,
        request["closed_at"].is_(None),
        request["needed_from"] < period.next.first_day,
        *request.tenant_filter(reader.tenancy),
    )
    both = union_all(supply, requests).order_by("needed_from", "source_id")
    rows_of: dict[str, list[Any]] = defaultdict(list)
    for row in await reader.rows(both, keys=keys):
        rows_of[row.workspace_id].append(row)
    return {key: _forecast(rows, resource_type, period) for key, rows in rows_of.items()}


def _forecast(rows: Sequence[Any], resource_type: ResourceType, period: Period) -> Forecast:
    def weekly(column: str) -> Decimal:
        held = ((getattr(row, column), row.pool_period) for row in rows if row.pool_period)
        parts = (rules.per_week(amount, resource_type, PoolPeriod[of]) for amount, of in held)
        return sum(parts, Decimal(0))

    asked = [Contribution(row.source_id, row.quantity, row.confidence) for row in rows if row.source_id]
    return Forecast(
        current_committed=weekly("allocated"),
        pending_requests=sum((each.quantity for each in asked), Decimal(0)),
        available_supply=weekly("available"),
        resource_type=resource_type,
        period=period,
        contributors=asked,
    )


async def requested_quantities(unit: UnitOfWork, organization_id: str, resource_type: str) -> Mapping[str, Decimal]:
    """Requested but not yet allocated quantity of a resource per week, by workspace."""
    request = REQUESTS.source()
    statement = (
        select(request["workspace_id"], func.sum(request["quantity"]))
        .where(request["organization_id"] == organization_id, request["resource_type"] == resource_type)
        .where(request["closed_at"].is_(None))
        .group_by(request["workspace_id"])
    )
    return dict(map(tuple, await unit.rows(statement)))


async def assignments(
    reader: Reader, keys: Sequence[str], *, status: AllocationStatus | None = None
) -> Mapping[str, list[Any]]:
    """Current assignments of talent, optionally only to allocations with a status."""
    resource, allocation = RESOURCES.source(), ALLOCATIONS.source()
    statement = (
        select(*resource.columns)
        .select_from(resource.table.join(allocation.table, allocation["id"] == resource["allocation_id"]))
        .where(among(resource["talent_id"], KEYS), resource["replaced_at"].is_(None))
        .where(*resource.tenant_filter(reader.tenancy))
        .order_by(resource["allocation_id"], resource["position"])
    )
    if status is not None:
        statement = statement.where(allocation["status"] == status)
    found: dict[str, list[Any]] = defaultdict(list)
    for record in RESOURCES.records(await reader.rows(statement, keys=keys)):
        found[record.talent_id].append(record)
    return found


async def trend(reader: Reader, keys: Sequence[str], *, weeks: int) -> Mapping[str, list[Any]]:
    """Actuals of allocations in the latest completed weeks, oldest first."""
    actual = ACTUALS.source()
    first, end = rules.measured_weeks(reader.now, weeks)
    statement = (
        select(*actual.columns)
        .where(among(actual["allocation_id"], KEYS), *actual.tenant_filter(reader.tenancy))
        .where(actual["week_start"] >= first, actual["week_start"] < end)
        .order_by(actual["allocation_id"], actual["week_start"])
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for record in ACTUALS.records(await reader.rows(statement, keys=keys)):
        found[record.allocation_id].append(record)
    return found


async def weeks_below(reader: Reader, keys: Sequence[str], *, percent: Decimal, weeks: int) -> Mapping[str, int]:
    """Number of the latest completed weeks in which the utilisation was below `percent`."""
    measured = await trend(reader, keys, weeks=weeks)
    return {
        key: rules.weeks_below((week.utilisation_percent for week in found), percent) for key, found in measured.items()
    }


async def waste(reader: Reader, keys: Sequence[str]) -> Mapping[str, Money | None]:
    """Estimated monthly cost of the unused part of open allocations whose line has a monthly price.

    A line with several resource types has one price for all of them, so that no estimate is possible.
    """
    allocation, line, sibling = ALLOCATIONS.source(), READ_MODELS["service_line"].source(), ALLOCATIONS.source()
    open_sibling = and_(sibling["service_line_id"] == line["id"], sibling["status"] != AllocationStatus.CLOSED)
    each = [allocation[name] for name in ("id", "committed_per_week", "actual_last_week")]
    priced = [line["monthly_price"], line["currency"]]
    statement = (
        select(*each, *priced, func.sum(sibling["committed_per_week"]).label("line_committed"))
        .select_from(
            allocation.table.join(line.table, line["id"] == allocation["service_line_id"]).join(
                sibling.table, open_sibling
            )
        )
        .where(among(allocation["id"], KEYS), *allocation.tenant_filter(reader.tenancy))
        .where(allocation["status"] != AllocationStatus.CLOSED)
        .where(line["status"].not_in(ENDED), line["monthly_price"].is_not(None))
        .group_by(*each, *priced)
        .having(func.min(sibling["resource_type"]) == func.max(sibling["resource_type"]))
    )
    return {row.id: _wasted(row) for row in await reader.rows(statement, keys=keys)}


def _wasted(row: Any) -> Money | None:
    amount = rules.estimated_waste_per_month(
        row.monthly_price, row.line_committed, row.committed_per_week, row.actual_last_week
    )
    return None if amount is None else Money(amount, row.currency)
