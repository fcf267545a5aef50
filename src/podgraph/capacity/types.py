"""GraphQL types of capacity pools, allocations and demand."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from podgraph.accounts.types import Organization, Talent, User, Workspace
from podgraph.capacity import lifecycle, repository, rules
from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.database.read_model import Reader
from podgraph.graphql.aggregates import average, count, lowest, total
from podgraph.graphql.descriptions import Items, computed, field, register_enums
from podgraph.graphql.entities import Entity
from podgraph.graphql.filters import (
    AND,
    NOT,
    OR,
    DateTimeFilter,
    DecimalFilter,
    Filter,
    IdFilter,
    by,
    flag,
    related,
)
from podgraph.graphql.nodes import Node, record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import Groups, ToNode, argument, batch, connection, edge, many, one
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period
from podgraph.service_lines.types import ServiceLine, ServiceLineFilter

if TYPE_CHECKING:
    from podgraph.outcomes.types import OutcomeRequest, Scope
    from podgraph.pods.types import Pod

register_enums(ResourceType, PoolPeriod, AllocationStatus)

PODS = strawberry.lazy("podgraph.pods.types")
OUTCOMES = strawberry.lazy("podgraph.outcomes.types")

MAX_WEEKS = 104
"""Maximum number of past weeks in one request: two years."""


async def _trend(reader: Reader, keys: Sequence[str], *, weeks: int) -> Mapping[str, list[Any]]:
    return await repository.trend(reader, keys, weeks=_checked_weeks(weeks))


async def _weeks_below(reader: Reader, keys: Sequence[str], *, percent: Decimal, weeks: int) -> Mapping[str, int]:
    return await repository.weeks_below(reader, keys, percent=percent, weeks=_checked_weeks(weeks))


def _checked_weeks(weeks: int) -> int:
    if not 1 <= weeks <= MAX_WEEKS:
        raise BadUserInput(f"weeks is {weeks}; it must be between 1 and {MAX_WEEKS}")
    return weeks


DEFAULT_WEEKS = 8
WEEKS = argument(
    "weeks",
    int,
    f"Number of most recent completed weeks, 1 to {MAX_WEEKS}.",
    default=DEFAULT_WEEKS,
)


@record(repository.POOLS, "Capacity of one resource type, from which service lines receive allocations.")
class CapacityPool(Entity):
    transitions = lifecycle.CAPACITY_POOL

    organization: Organization = one("organization_id", "Organization that owns the pool.")
    workspace: Workspace | None = one(
        "workspace_id", "Workspace that the pool is reserved for; null if it serves the whole organization."
    )
    resource_type: ResourceType = field("Resource type of the pool.")
    total: Decimal = field("Total capacity in `unit` per `period`, e.g. 200.")
    allocated: Decimal = field(
        "Capacity charged by allocations, including reservations for scheduled increases, in `unit` per `period`."
    )
    available: Decimal = field("Capacity that is still free, in `unit` per `period`: `total` minus `allocated`.")
    reserved_by_paused: Decimal = field("Part of `allocated` that paused allocations hold, in `unit` per `period`.")
    unit: str = field(
        "Unit of the quantities: hours_per_hour, hours_per_day, hours_per_week, hours_per_month, vcpu_hours,"
        " gigabytes, credits or units."
    )
    period: PoolPeriod = field("Period that the quantities refer to.")
    allocations: "AllocationConnection" = connection("capacity_pool_id", "Allocations from the pool.")

    @computed("`allocated` as a percentage of `total`, e.g. 80.0; null if `total` is 0.", "allocated", "total")
    def utilisation_percent(self) -> Decimal | None:
        return rules.utilisation_percent(self.allocated, self.total)


@record(repository.ALLOCATIONS, "Capacity from a pool that is committed to a service line.")
class Allocation(Entity):
    transitions = lifecycle.ALLOCATION

    capacity_pool: CapacityPool = one("capacity_pool_id", "Capacity pool that the allocation is taken from.")
    service_line: ServiceLine = one("service_line_id", "Service line that holds the allocation.")
    resource_type: ResourceType = field("Resource type of the pool.")
    committed_per_week: Decimal = field("Committed quantity per week, in the pool's unit, e.g. 40.")
    committed_per_period: Decimal = field("Committed quantity per period of the pool.")
    actual_last_week: Decimal | None = field(
        "Delivered quantity in the latest week with an actual, e.g. 38.5; null before the first actual."
    )
    utilisation_percent: Decimal | None = field(
        "Utilisation in the latest week with an actual: delivered as a percentage of committed, e.g. 96.3;"
        " null before the first actual."
    )
    trend: list["AllocationActual"] = batch(
        _trend,
        "Weekly actuals, oldest first. Weeks without an actual are left out.",
        WEEKS,
        default=list,
        length=Items(DEFAULT_WEEKS, ("weeks",), MAX_WEEKS),
    )
    weeks_below: int = batch(
        _weeks_below,
        "Number of weeks with a utilisation below `percent`. Weeks without an actual do not count.",
        argument("percent", Decimal, "Utilisation threshold in percent.", default=rules.LOW_UTILISATION),
        WEEKS,
        default=int,
    )
    status: AllocationStatus = field("Status of the allocation.")
    resources: list["AllocationResource"] = many(
        "allocation_id",
        "People who currently work for the allocation.",
        order=(("position", False),),
        length=20,
        where=lambda source: source["replaced_at"].is_(None),
    )
    starts_at: datetime = field("Planned start.")
    started_at: datetime | None = field("Actual start; null until then.")
    ends_at: datetime | None = field("Planned end; null if open-ended.")
    ended_at: datetime | None = field("Actual end; null until then.")
    orphaned: bool = field(
        "Whether the allocation is still open although its service line has ended: a data error that needs correction."
    )
    pending_changes: list["AllocationChange"] = many(
        "allocation_id",
        "Scheduled changes that have neither taken effect nor been cancelled, next first.",
        order=(("effective_at", False), ("id", False)),
        length=10,
        where=lambda source: source["applied_at"].is_(None) & source["cancelled_at"].is_(None),
    )
    estimated_waste_per_month: Money | None = batch(
        repository.waste,
        "Estimated monthly cost of unused capacity: the service line's monthly price × the quantity committed"
        " but not delivered last week ÷ the total commitment of the line's open allocations. Null if the"
        " allocation has ended or has no actual, or if the line has no monthly price or several resource types.",
    )


@record(repository.RESOURCES, "Person who works hours of an allocation.")
class AllocationResource:
    type: str = field("Kind of resource; always `talent`.")
    talent: Talent | None = one("talent_id", "Person; null if not visible to the caller.")
    role: str = field("Role of the person, e.g. senior_backend_engineer.")
    committed_hours_per_week: Decimal = field("Committed hours per week.")
    allocation: Allocation = one("allocation_id", "Allocation that the person works for.")


@record(repository.ACTUALS, "Delivered quantity of an allocation in one week.")
class AllocationActual:
    week_start: date = field("Monday on which the week starts.")
    actual: Decimal = field("Delivered quantity, in the pool's unit.")
    committed: Decimal = field("Committed quantity for the week, in the pool's unit.")
    utilisation_percent: Decimal | None = field(
        "Delivered as a percentage of committed; null if nothing was committed."
    )


@strawberry.type(description="Person who will work for an allocation once a change takes effect.")
class ScheduledResource:
    talent: Talent | None = one("talent_id", "Person; null if not visible to the caller.")
    role: str = field("Role of the person, e.g. senior_backend_engineer.")
    committed_hours_per_week: Decimal = field("Committed hours per week.")


@record(
    repository.CHANGES, "Scheduled change of an allocation. It takes effect at `effectiveAt` unless it is cancelled."
)
class AllocationChange(Node):
    committed_per_week: Decimal | None = field("New committed quantity per week; null if unchanged.")
    ends_at: datetime | None = field("New planned end of the allocation, already in effect; null if unchanged.")
    reason: str = field("Reason for the change.")
    effective_at: datetime = field("Time at which the change takes effect.")
    requested_by: User | None = one("requested_by", "User who requested the change; null if the platform did.")

    @computed("People who will replace all current ones; null if unchanged.", "resources", items=20)
    def resources(self: Any) -> list[ScheduledResource] | None:
        scheduled: Any = None if self.resources is None else list(map(rules.Resource.of, self.resources))
        return scheduled  # type: ignore[no-any-return]


DemandSource = Annotated[
    Annotated["Pod", PODS] | Annotated["Scope", OUTCOMES] | Annotated["OutcomeRequest", OUTCOMES],
    strawberry.union("DemandSource", description="Source of a demand for capacity."),
]


@strawberry.type(description="Part of the demand, with its source.")
class DemandContributor:
    source: DemandSource = edge(ToNode("source_id"), "Pod, scope or outcome request that needs the capacity.")
    quantity: Decimal = field("Required quantity per week.")
    confidence: str = field("Confidence of the demand: requested, proposed or expected.")


@strawberry.type(
    description="Demand for a resource in a workspace until the end of a period, compared with the supply of the"
    " workspace's own pools. Organization-wide pools do not count. All quantities are per week."
)
class CapacityDemand:
    resource_type: ResourceType = field("Resource type.")
    period: Period = field("Month or quarter, e.g. 2026-Q3.")
    current_committed: Decimal = field("Quantity allocated from the pools, e.g. 160.")
    pending_requests: Decimal = field("Quantity requested but not yet allocated, e.g. 80.")
    available_supply: Decimal = field("Quantity still free in the pools, e.g. 40.")
    supply_gap: Decimal = field("Pending requests that exceed the available supply, e.g. 40; 0 if there is enough.")
    recommendation: str = field("Recommended action, in one or two sentences.")
    contributors: list[DemandContributor] = field("Sources of the pending requests, earliest need first.", items=50)


class AllocationOrderField(DescribedEnum):
    """Fields that allocations can be ordered by."""

    CREATED_AT = "created_at", "Time of creation."
    UTILISATION_PERCENT = "utilisation_percent", "Utilisation in percent in the latest week with an actual."
    COMMITTED = "committed_per_week", "Committed quantity per week."
    ENDS_AT = "ends_at", "Planned end."


class AllocationGroupBy(DescribedEnum):
    """Fields that allocations can be grouped by."""

    STATUS = "status", "Status."
    RESOURCE_TYPE = "resource_type", "Resource type."
    POOL = "capacity_pool_id", "Capacity pool."
    SERVICE_LINE = "service_line_id", "Service line."


register_enums(AllocationOrderField, AllocationGroupBy)


@strawberry.input(description="Filter for capacity pools.")
class CapacityPoolFilter:
    organization_id: IdFilter | None = by("Id of the organization that owns the pool.")
    workspace_id: IdFilter | None = by(
        "Id of the workspace that the pool is reserved for; null for organization-wide pools."
    )
    resource_type: Filter[ResourceType] | None = by("Resource type.")
    available: DecimalFilter | None = by("Free capacity, in the pool's unit per period.")


@strawberry.input(description="Filter for allocations.")
class AllocationFilter:
    and_: list["AllocationFilter"] | None = by(AND, name="and")
    or_: list["AllocationFilter"] | None = by(OR, name="or")
    not_: "AllocationFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("Id of the organization.")
    workspace_id: IdFilter | None = by("Id of the service line's workspace.")
    capacity_pool_id: IdFilter | None = by("Capacity pool that the allocation is taken from.")
    service_line_id: IdFilter | None = by("Service line that holds the allocation.")
    resource_type: Filter[ResourceType] | None = by("Resource type.")
    status: Filter[AllocationStatus] | None = by("Status.")
    utilisation_percent: DecimalFilter | None = by("Utilisation in percent in the latest week with an actual.")
    service_line: ServiceLineFilter | None = by(
        "Filter for the service line.", related("service_line", "service_line_id")
    )
    ends_at: DateTimeFilter | None = by("Planned end.")
    orphaned: bool | None = by(
        "Whether the allocation is still open although its service line has ended.", flag("orphaned")
    )


@strawberry.type(description="Group of allocations. Fields that are not part of `by` are null.")
class AllocationGroup:
    status: AllocationStatus | None = field("Status of the group; null if not grouped by it.")
    resource_type: ResourceType | None = field("Resource type of the group; null if not grouped by it.")
    pool: CapacityPool | None = one("capacity_pool_id", "Capacity pool.")
    service_line: ServiceLine | None = one("service_line_id", "Service line.")
    count: int = count("Number of allocations.")
    sum_committed_per_week: Decimal | None = total(
        "committed_per_week", "Total committed quantity per week; null if there are no allocations."
    )
    avg_utilisation_percent: Decimal | None = average(
        "utilisation_percent", "Mean utilisation in percent over allocations with an actual; null if there are none."
    )


@strawberry.type(description="Aggregates over all matching allocations.")
class AllocationAggregate:
    count: int = count("Number of allocations.")
    sum_committed_per_week: Decimal | None = total(
        "committed_per_week", "Total committed quantity per week; null if there are no allocations."
    )
    sum_actual_last_week: Decimal | None = total(
        "actual_last_week", "Total quantity delivered in the latest week with an actual; null if there are no actuals."
    )
    avg_utilisation_percent: Decimal | None = average(
        "utilisation_percent", "Mean utilisation in percent over allocations with an actual; null if there are none."
    )
    min_utilisation_percent: Decimal | None = lowest(
        "utilisation_percent", "Lowest utilisation in percent; null if there are no actuals."
    )
    groups: list[AllocationGroup] = edge(Groups(AllocationGroupBy), "Aggregates by group.")


@strawberry.type(description="A page of capacity pools.")
class CapacityPoolConnection(Connection[CapacityPool]):
    relation = repository.POOLS
    filters = CapacityPoolFilter


@strawberry.type(description="A page of allocations.")
class AllocationConnection(Connection[Allocation]):
    relation = repository.ALLOCATIONS
    filters = AllocationFilter
    orders = AllocationOrderField
    aggregate: AllocationAggregate = field("Aggregates over all matching records, independent of the page.")
