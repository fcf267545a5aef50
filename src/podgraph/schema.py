"""The graph put together: every slice's roots in one schema."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache, partial
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.execution import PreExecutionError

from podgraph import tables
from podgraph.access.mutations import AccessMutation
from podgraph.accounts.queries import AccountsQuery
from podgraph.api.nodes import TYPES, Node
from podgraph.api.operation import Operation, told
from podgraph.api.scalars import SCALARS
from podgraph.api.trace import Trace
from podgraph.capacity.mutations import CapacityMutation
from podgraph.capacity.queries import CapacityQuery
from podgraph.edge.documents import Documents
from podgraph.edge.guard import Guard
from podgraph.edge.queries import EdgeQuery
from podgraph.events.queries import EventsQuery
from podgraph.events.subscriptions import EventsSubscription
from podgraph.execution.edges import AnyById, AnyByIds, edge
from podgraph.execution.events import EventExecutor
from podgraph.execution.executor import LevelExecutor
from podgraph.lines.mutations import LinesMutation
from podgraph.lines.queries import LinesQuery
from podgraph.managed.mutations import ManagedMutation
from podgraph.managed.queries import ManagedQuery
from podgraph.ods.mutations import OdsMutation
from podgraph.ods.queries import OdsQuery
from podgraph.platform.mutations import PlatformMutation

__all__ = ["Schema", "build_schema", "tables"]


@strawberry.type(description="Where every query begins.")
class Query(AccountsQuery, EventsQuery, LinesQuery, CapacityQuery, ManagedQuery, OdsQuery, EdgeQuery):
    node: Node | None = edge(AnyById(), "Anything by its id; null when unknown or not yours to see.")
    nodes: list[Node | None] = edge(AnyByIds(), "Anything by ids, in their order, null in place.")


@strawberry.type(description="Everything that changes something; each field is a transaction of its own.")
class Mutation(
    LinesMutation, CapacityMutation, ManagedMutation, OdsMutation, PlatformMutation, AccessMutation
):
    pass


@strawberry.type(description="What can be followed as it happens.")
class Subscription(EventsSubscription):
    pass


class Schema(strawberry.Schema):
    """The schema. What goes wrong inside is logged once, by the operation, with its trace id."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Strawberry would log every refused document as an error of ours."""

    async def stream(self, *given: Any, **named: Any) -> Any:
        """The results of a subscription, the first one of which may be why there are none."""
        return _results(await super().stream(*given, **named))


async def _results(stream: Any) -> AsyncGenerator[Any, None]:
    # What is refused before it is parsed would come out of the stream as an exception.
    try:
        async with aclosing(stream):
            async for result in stream:
                yield result
    except GraphQLError as error:
        yield PreExecutionError(None, [told(error, Trace())])


EXECUTORS = {"level": LevelExecutor, "reference": EventExecutor}
"""How operations are executed: a level at a time, or by graphql-core as it comes, the oracle."""


@cache
def build_schema(executor: str = "level") -> Schema:
    """The schema of the whole API, made once per process and executor."""
    return Schema(
        Query,
        Mutation,
        Subscription,
        execution_context_class=EXECUTORS[executor],
        types=list(TYPES.values()),
        extensions=[
            Operation,
            partial(Guard, Documents()),
        ],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=False),
    )
