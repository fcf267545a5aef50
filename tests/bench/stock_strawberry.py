"""The same report as it is usually written: an entity for every row, a loader and a resolver per edge."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import strawberry
from aiodataloader import DataLoader
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlmodel import col, select
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

from podgraph import tables
from podgraph.accounts import models as accounts
from podgraph.capacity import models as capacity
from podgraph.database.model import Model
from podgraph.pods import models as managed
from podgraph.service_lines import models as lines

__all__ = ["app", "tables"]

Info = strawberry.Info[Any, None]

# Where the database is, the driver reads from the environment.
engine = create_async_engine("postgresql+asyncpg://", pool_size=10, max_overflow=0)


class OneLoader(DataLoader[str, Any]):
    """The entity whose `column` equals the key."""

    def __init__(self, model: Any, column: str = "id") -> None:
        super().__init__()
        self.model, self.column = model, column

    async def batch_load_fn(self, keys: list[str]) -> list[Any]:
        async with AsyncSession(engine) as session:
            statement = select(self.model).where(getattr(self.model, self.column).in_(keys))
            found = {getattr(one, self.column): one for one in await session.scalars(statement)}
        return [found.get(key) for key in keys]


class ManyLoader(DataLoader[str, list[Any]]):
    """The entities whose `column` equals the key, in order; where there is a `limit`, only the first ones."""

    def __init__(
        self, model: Any, column: str, order: Sequence[Any], *, where: Any = True, limit: int | None = None
    ) -> None:
        super().__init__()
        self.model, self.column, self.order, self.where, self.limit = model, column, order, where, limit

    async def batch_load_fn(self, keys: list[str]) -> list[list[Any]]:
        owner = getattr(self.model, self.column)
        statement = select(self.model).where(owner.in_(keys), self.where).order_by(*self.order)
        if self.limit is not None:
            place = func.row_number().over(partition_by=owner, order_by=self.order)
            ranked = select(self.model.id, place.label("place")).where(owner.in_(keys)).subquery()
            statement = statement.join(ranked, ranked.c.id == self.model.id).where(ranked.c.place <= self.limit)
        found: dict[str, list[Any]] = defaultdict(list)
        async with AsyncSession(engine) as session:
            for one in await session.scalars(statement):
                found[getattr(one, self.column)].append(one)
        return [found[key] for key in keys]


class Loaders:
    """The loaders of one request."""

    def __init__(self) -> None:
        self.talent = OneLoader(accounts.Talent)
        self.service_line = OneLoader(lines.ServiceLine)
        self.capacity_pool = OneLoader(capacity.CapacityPool)
        terms, month = managed.SlaTerms, datetime.now(UTC).strftime("%Y-%m")
        self.terms = ManyLoader(
            terms, "pod_id", [col(terms.effective_from).desc()], where=terms.effective_from <= month
        )
        member, resource = managed.PodMember, capacity.AllocationResource
        self.team = ManyLoader(
            member, "pod_id", [member.joined_at, member.position], where=col(member.left_at).is_(None)
        )
        self.resources = ManyLoader(
            resource, "allocation_id", [resource.position], where=col(resource.replaced_at).is_(None)
        )
        metric = managed.SlaMetricResult
        self.metrics = ManyLoader(metric, "sla_report_id", [metric.position])
        self._pages: dict[tuple[Any, int], ManyLoader] = {}

    def page(self, model: Any, column: str, order: Sequence[Any], first: int) -> ManyLoader:
        loader = self._pages.get((model, first))
        if loader is None:
            loader = self._pages[model, first] = ManyLoader(model, column, order, limit=first)
        return loader


@strawberry.type
class Money:
    amount: Decimal
    currency: str


@strawberry.type
class Talent:
    id: strawberry.ID


@strawberry.type
class PodMember:
    role: str

    @strawberry.field
    async def talent(self: Any, info: Info) -> Talent:
        found: Talent = await info.context["loaders"].talent.load(self.talent_id)
        return found


@strawberry.type
class CapacityPool:
    id: strawberry.ID
    resource_type: str
    total: Decimal
    allocated: Decimal


@strawberry.type
class AllocationResource:
    role: str
    committed_hours_per_week: Decimal

    @strawberry.field
    async def talent(self: Any, info: Info) -> Talent:
        found: Talent = await info.context["loaders"].talent.load(self.talent_id)
        return found


@strawberry.type
class Allocation:
    id: strawberry.ID
    status: str
    committed_per_week: Decimal
    actual_last_week: Decimal | None

    @strawberry.field
    async def capacity_pool(self: Any, info: Info) -> CapacityPool:
        found: CapacityPool = await info.context["loaders"].capacity_pool.load(self.capacity_pool_id)
        return found

    @strawberry.field
    async def resources(self: Any, info: Info) -> list[AllocationResource]:
        found: list[AllocationResource] = await info.context["loaders"].resources.load(self.id)
        return found


@strawberry.type
class AllocationConnection:
    nodes: list[Allocation]


@strawberry.type
class ServiceLine:
    id: strawberry.ID
    status: str
    execution_model: str

    @strawberry.field
    async def allocations(self: Any, info: Info, first: int = 20) -> AllocationConnection:
        model = capacity.Allocation
        loader = info.context["loaders"].page(model, "service_line_id", [model.id], first)
        return AllocationConnection(nodes=await loader.load(self.id))


@strawberry.type
class SlaMetricResult:
    metric: str
    target: Decimal
    actual: Decimal | None
    status: str


@strawberry.type
class SlaReport:
    id: strawberry.ID
    period: str
    compliance_percent: Decimal | None

    @strawberry.field
    async def metrics(self: Any, info: Info) -> list[SlaMetricResult]:
        found: list[SlaMetricResult] = await info.context["loaders"].metrics.load(self.id)
        return found


@strawberry.type
class SlaReportConnection:
    nodes: list[SlaReport]


@strawberry.type
class SlaTerms:
    id: strawberry.ID
    throughput_tasks_per_sprint: int
    response_time_hours: Decimal
    current_compliance: Decimal | None


@strawberry.type
class Ticket:
    id: strawberry.ID
    title: str
    priority: str
    status: str
    response_due_at: datetime


@strawberry.type
class TicketConnection:
    nodes: list[Ticket]


@strawberry.type
class Pod:
    id: strawberry.ID
    name: str
    status: str
    team_size: int
    started_at: datetime | None
    renews_at: datetime | None

    @strawberry.field
    def cost_per_month(self: Any) -> Money | None:
        if self.cost_per_month is None:
            return None
        return Money(amount=self.cost_per_month, currency=self.currency)

    @strawberry.field
    async def team(self: Any, info: Info) -> list[PodMember]:
        found: list[PodMember] = await info.context["loaders"].team.load(self.id)
        return found

    @strawberry.field
    async def service_line(self: Any, info: Info) -> ServiceLine | None:
        if self.service_line_id is None:
            return None
        found: ServiceLine | None = await info.context["loaders"].service_line.load(self.service_line_id)
        return found

    @strawberry.field
    async def sla(self: Any, info: Info) -> SlaTerms | None:
        found: list[SlaTerms] = await info.context["loaders"].terms.load(self.id)
        return found[0] if found else None

    @strawberry.field
    async def sla_reports(self: Any, info: Info, first: int = 12) -> SlaReportConnection:
        model = managed.SlaReport
        loader = info.context["loaders"].page(model, "pod_id", [col(model.period).desc()], first)
        return SlaReportConnection(nodes=await loader.load(self.id))

    @strawberry.field
    async def tickets(self: Any, info: Info, first: int = 20) -> TicketConnection:
        model = managed.Ticket
        order = [col(model.created_at).desc(), col(model.id).desc()]
        loader = info.context["loaders"].page(model, "pod_id", order, first)
        return TicketConnection(nodes=await loader.load(self.id))


@strawberry.type
class PodConnection:
    nodes: list[Pod]


@strawberry.type
class Query:
    @strawberry.field
    async def pods(self, first: int = 20) -> PodConnection:
        async with AsyncSession(engine) as session:
            found: Any = await session.scalars(select(managed.Pod).order_by(managed.Pod.id).limit(first))
            return PodConnection(nodes=list(found))


class Endpoint(GraphQL[dict[str, Any], None]):
    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        return {"loaders": Loaders()}


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    # Podgraph itself has no entities: its tables' classes are mapped here alone.
    async with engine.connect() as connection:
        await connection.run_sync(lambda sync: Model.prepare(sync))
    yield


routes = [Route("/graphql", Endpoint(strawberry.Schema(Query)), methods=["POST"])]
app = Starlette(routes=routes, lifespan=lifespan)
