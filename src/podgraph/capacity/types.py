"""Pools, allocations and demand in the graph."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from podgraph.accounts.types import Organization, Talent, User, Workspace
from podgraph.capacity import lifecycle, repository, rules
from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.database.read_model import Reader
from podgraph.events.types import Entity
from podgraph.graphql.aggregates import average, count, lowest, total
from podgraph.graphql.descriptions import Items, computed, field, register_enums
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

MANAGED = strawberry.lazy("podgraph.pods.types")
ODS = strawberry.lazy("podgraph.outcomes.types")

LONGEST_LOOK_BACK = 104
"""Weeks that can be looked back at once: two years."""


async def _trend(reader: Reader, keys: Sequence[str], *, weeks: int) -> Mapping[str, list[Any]]:
    return await repository.trend(reader, keys, weeks=_in_reach(weeks))


async def _weeks_below(reader: Reader, keys: Sequence[str], *, percent: Decimal, weeks: int) -> Mapping[str, int]:
    return await repository.weeks_below(reader, keys, percent=percent, weeks=_in_reach(weeks))


def _in_reach(weeks: int) -> int:
    if not 1 <= weeks <= LONGEST_LOOK_BACK:
        raise BadUserInput(f"weeks is {weeks}: look back 1 to {LONGEST_LOOK_BACK} weeks")
    return weeks


USUAL_LOOK_BACK = 8
WEEKS = argument(
    "weeks",
    int,
    f"How many of the weeks that have ended last, 1 to {LONGEST_LOOK_BACK}.",
    default=USUAL_LOOK_BACK,
)


@record(repository.POOLS, "Capacity of one resource, of which service lines are given allocations.")
class CapacityPool(Entity):
    transitions = lifecycle.CAPACITY_POOL

    organization: Organization = one("organization_id", "The organization that it belongs to.")
    workspace: Workspace | None = one("workspace_id", "The workspace that it is for; null for the whole organization.")
    resource_type: ResourceType = field("What it holds.")
    total: Decimal = field("What it holds in all, in its unit per period: 200.")
    allocated: Decimal = field(
        "What is promised to service lines, with what is reserved for increases that are scheduled."
    )
    available: Decimal = field("What it can still give: the total less what is allocated.")
    reserved_by_paused: Decimal = field("The part of what is allocated that paused allocations hold.")
    unit: str = field("What it is counted in: hours_per_week, credits.")
    period: PoolPeriod = field("The time that its quantities are for.")
    allocations: "AllocationConnection" = connection("capacity_pool_id", "What is drawn from it.")

    @computed("The part of the total that is allocated, in percent: 80.0.", "allocated", "total")
    def utilisation_percent(self) -> Decimal | None:
        return rules.utilisation_percent(self.allocated, self.total)


@record(repository.ALLOCATIONS, "Capacity of a pool that a service line holds.")
class Allocation(Entity):
    transitions = lifecycle.ALLOCATION

    capacity_pool: CapacityPool = one("capacity_pool_id", "The pool that it is drawn from.")
    service_line: ServiceLine = one("service_line_id", "The service line that holds it.")
    resource_type: ResourceType = field("What it is of.")
    committed_per_week: Decimal = field("What is agreed, per week: 40.")
    committed_per_period: Decimal = field("What is agreed, per period of the pool.")
    actual_last_week: Decimal | None = field("What was delivered in the week measured last: 38.5.")
    utilisation_percent: Decimal | None = field(
        "What was delivered in the week measured last, as a percentage of what is agreed: 96.3."
    )
    trend: list["AllocationActual"] = batch(
        _trend,
        "What was delivered week by week, the earliest first.",
        WEEKS,
        default=list,
        length=Items(USUAL_LOOK_BACK, ("weeks",), LONGEST_LOOK_BACK),
    )
    weeks_below: int = batch(
        _weeks_below,
        "In how many weeks less than a percentage of what was agreed was delivered.",
        argument("percent", Decimal, "The percentage.", default=rules.LOW_UTILISATION),
        WEEKS,
        default=int,
    )
    status: AllocationStatus = field("Where it stands.")
    resources: list["AllocationResource"] = many(
        "allocation_id",
        "Who works for it now.",
        order=(("position", False),),
        length=20,
        where=lambda source: source["replaced_at"].is_(None),
    )
    starts_at: datetime = field("When it is planned to start.")
    started_at: datetime | None = field("When it started; null before.")
    ends_at: datetime | None = field("When it is planned to end; null for an open end.")
    ended_at: datetime | None = field("When it ended; null before.")
    orphaned: bool = field("Whether it is still open on a service line that has ended; none should be.")
    pending_changes: list["AllocationChange"] = many(
        "allocation_id",
        "Changes that are scheduled, the next one first.",
        order=(("effective_at", False), ("id", False)),
        length=10,
        where=lambda source: source["applied_at"].is_(None) & source["cancelled_at"].is_(None),
    )
    estimated_waste_per_month: Money | None = batch(
        repository.waste,
        "What is paid a month for capacity that nobody used: the service line's monthly price × what this"
        " allocation committed and did not deliver last week ÷ all that the line's open allocations commit."
        " Null where it can not be known: ended, unmeasured, no monthly price, or one price for several"
        " resources.",
    )


@record(repository.RESOURCES, "Somebody who works for an allocation.")
class AllocationResource:
    type: str = field("What kind of resource: talent.")
    talent: Talent | None = one("talent_id", "The person.")
    role: str = field("What the person does here: senior_backend_engineer.")
    committed_hours_per_week: Decimal = field("Hours per week that the person is promised for.")
    allocation: Allocation = one("allocation_id", "The allocation that the person works for.")


@record(repository.ACTUALS, "What was used of an allocation in one week.")
class AllocationActual:
    week_start: date = field("The Monday that the week starts on.")
    actual: Decimal = field("What was delivered in the week.")
    committed: Decimal = field("What was agreed for the week.")
    utilisation_percent: Decimal | None = field(
        "What was delivered as a percentage of what was agreed; null where nothing was."
    )


@strawberry.type(description="Somebody who will work for an allocation when its change takes effect.")
class ScheduledResource:
    talent: Talent | None = one("talent_id", "The person.")
    role: str = field("What the person will do: senior_backend_engineer.")
    committed_hours_per_week: Decimal = field("Hours per week that the person will be promised for.")


@record(repository.CHANGES, "A change of an allocation that takes effect later, unless it is cancelled.")
class AllocationChange(Node):
    committed_per_week: Decimal | None = field("What will be agreed, per week; null where that stays.")
    ends_at: datetime | None = field(
        "The planned end that was asked for with it, which holds already; null where that stays."
    )
    reason: str = field("Why it was asked for.")
    effective_at: datetime = field("When it takes effect.")
    requested_by: User | None = one("requested_by", "Who asked for it; null where it was the platform.")

    @computed("Who will work for it, in place of all who do now; null where they stay.", "resources", items=20)
    def resources(self: Any) -> list[ScheduledResource] | None:
        scheduled: Any = None if self.resources is None else list(map(rules.Resource.of, self.resources))
        return scheduled  # type: ignore[no-any-return]


DemandSource = Annotated[
    Annotated["Pod", MANAGED] | Annotated["Scope", ODS] | Annotated["OutcomeRequest", ODS],
    strawberry.union("DemandSource", description="What will need capacity."),
]


@strawberry.type(description="A part of the demand, and what it comes from.")
class DemandContributor:
    source: DemandSource = edge(ToNode("source_id"), "What will need it.")
    quantity: Decimal = field("How much it will need, per week.")
    confidence: str = field("How sure that is: requested, proposed or expected.")


@strawberry.type(
    description="What a workspace will need of a resource until a period ends, beside what its own pools"
    " hold: those of the whole organization do not count. All quantities are per week."
)
class CapacityDemand:
    resource_type: ResourceType = field("The resource.")
    period: Period = field("The month or quarter: 2026-Q3.")
    current_committed: Decimal = field("What the pools have allocated: 160.")
    pending_requests: Decimal = field("What is asked for and not allocated yet: 80.")
    available_supply: Decimal = field("What the pools can still give: 40.")
    supply_gap: Decimal = field("What is asked for beyond what the pools can give: 40.")
    recommendation: str = field("What to do about it, in a sentence or two.")
    contributors: list[DemandContributor] = field("What the pending requests are made of, earliest first.", items=50)


class AllocationOrderField(DescribedEnum):
    """What allocations can be ordered by."""

    CREATED_AT = "created_at", "When they came to be."
    UTILISATION_PERCENT = "utilisation_percent", "The percentage delivered in the week measured last."
    COMMITTED = "committed_per_week", "What is agreed, per week."
    ENDS_AT = "ends_at", "When they are planned to end."


class AllocationGroupBy(DescribedEnum):
    """What allocations can be grouped by."""

    STATUS = "status", "Where they stand."
    RESOURCE_TYPE = "resource_type", "What they are of."
    POOL = "capacity_pool_id", "The pool that they are drawn from."
    SERVICE_LINE = "service_line_id", "The service line that holds them."


register_enums(AllocationOrderField, AllocationGroupBy)


@strawberry.input(description="Which pools.")
class CapacityPoolFilter:
    organization_id: IdFilter | None = by("The organization that the pool belongs to.")
    workspace_id: IdFilter | None = by("The workspace that the pool is for; null for the whole organization.")
    resource_type: Filter[ResourceType] | None = by("What the pool holds.")
    available: DecimalFilter | None = by("What the pool can still give, in its unit per period.")


@strawberry.input(description="Which allocations.")
class AllocationFilter:
    and_: list["AllocationFilter"] | None = by(AND, name="and")
    or_: list["AllocationFilter"] | None = by(OR, name="or")
    not_: "AllocationFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("The organization that the capacity works for.")
    workspace_id: IdFilter | None = by("The workspace of the service line.")
    capacity_pool_id: IdFilter | None = by("The pool that it is drawn from.")
    service_line_id: IdFilter | None = by("The service line that holds it.")
    resource_type: Filter[ResourceType] | None = by("What it is of.")
    status: Filter[AllocationStatus] | None = by("Where it stands.")
    utilisation_percent: DecimalFilter | None = by("The percentage delivered in the week measured last.")
    service_line: ServiceLineFilter | None = by(
        "What holds of the service line.", related("service_line", "service_line_id")
    )
    ends_at: DateTimeFilter | None = by("When it is planned to end.")
    orphaned: bool | None = by("Whether it is still open on a service line that has ended.", flag("orphaned"))


@strawberry.type(description="Allocations that have something in common. Fields not grouped by are null.")
class AllocationGroup:
    status: AllocationStatus | None = field("Where they stand.")
    resource_type: ResourceType | None = field("What they are of.")
    pool: CapacityPool | None = one("capacity_pool_id", "The pool that they are drawn from.")
    service_line: ServiceLine | None = one("service_line_id", "The service line that holds them.")
    count: int = count("How many they are.")
    sum_committed_per_week: Decimal | None = total("committed_per_week", "What is agreed in all, per week.")
    avg_utilisation_percent: Decimal | None = average("utilisation_percent", "The mean utilisation of those measured.")


@strawberry.type(description="Figures over all allocations that match.")
class AllocationAggregate:
    count: int = count("How many they are.")
    sum_committed_per_week: Decimal | None = total("committed_per_week", "What is agreed in all, per week.")
    sum_actual_last_week: Decimal | None = total(
        "actual_last_week", "What was delivered in all in the week measured last."
    )
    avg_utilisation_percent: Decimal | None = average("utilisation_percent", "The mean utilisation of those measured.")
    min_utilisation_percent: Decimal | None = lowest("utilisation_percent", "The lowest utilisation.")
    groups: list[AllocationGroup] = edge(Groups(AllocationGroupBy), "The same by what they have in common.")


@strawberry.type(description="A page of capacity pools.")
class CapacityPoolConnection(Connection[CapacityPool]):
    relation = repository.POOLS
    filters = CapacityPoolFilter


@strawberry.type(description="A page of allocations.")
class AllocationConnection(Connection[Allocation]):
    relation = repository.ALLOCATIONS
    filters = AllocationFilter
    orders = AllocationOrderField
    aggregate: AllocationAggregate = field("Figures over all that match, whatever the page.")
