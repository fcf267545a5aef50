"""The GraphQL schema, composed of the root fields of all packages."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache, partial
from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.execution import PreExecutionError

from graphql import GraphQLError
from podgraph import tables
from podgraph.access.mutations import AccessMutation
from podgraph.accounts.mutations import AccountsMutation
from podgraph.accounts.queries import AccountsQuery
from podgraph.capacity.mutations import CapacityMutation
from podgraph.capacity.queries import CapacityQuery
from podgraph.events.queries import EventsQuery
from podgraph.events.subscriptions import EventsSubscription
from podgraph.execution.level_executor import LevelExecutor
from podgraph.execution.operation import Operation, mask_error
from podgraph.execution.protection import QueryProtection
from podgraph.execution.subscription_executor import SubscriptionExecutor
from podgraph.graphql.nodes import TYPES, Node
from podgraph.graphql.relationships import NodeById, NodesByIds, edge
from podgraph.graphql.scalars import SCALARS
from podgraph.limits.document_cache import Documents
from podgraph.limits.queries import EdgeQuery
from podgraph.observability.trace import Trace
from podgraph.outcomes.mutations import OutcomesMutation
from podgraph.outcomes.queries import OutcomesQuery
from podgraph.pods.mutations import PodsMutation
from podgraph.pods.queries import PodsQuery
from podgraph.scheduler.mutations import SchedulerMutation
from podgraph.service_lines.mutations import ServiceLinesMutation
from podgraph.service_lines.queries import ServiceLinesQuery

__all__ = ["Schema", "build_schema", "tables"]


@strawberry.type(description="The query root.")
class Query(AccountsQuery, EventsQuery, ServiceLinesQuery, CapacityQuery, PodsQuery, OutcomesQuery, EdgeQuery):
    node: Node | None = edge(NodeById(), "A record by id; null if it does not exist or is not visible to the caller.")
    nodes: list[Node | None] = edge(
        NodesByIds(), "Records by ids, in the given order; null for a record that is not visible."
    )


@strawberry.type(description="The mutation root. Each field is a separate transaction.")
class Mutation(
    ServiceLinesMutation,
    CapacityMutation,
    PodsMutation,
    OutcomesMutation,
    SchedulerMutation,
    AccountsMutation,
    AccessMutation,
):
    pass


@strawberry.type(description="The subscription root.")
class Subscription(EventsSubscription):
    pass


class Schema(strawberry.Schema):
    """The schema. Errors are logged once, by the `Operation` extension, with the trace id."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Do nothing: Strawberry's default logs every rejected document as a server error."""

    async def stream(self, *given: Any, **named: Any) -> Any:
        """The results of a subscription; the first one may be its request error."""
        return _results(await super().stream(*given, **named))


async def _results(stream: Any) -> AsyncGenerator[Any, None]:
    # An error before parsing would leave the stream as an exception.
    try:
        async with aclosing(stream):
            async for result in stream:
                yield result
    except GraphQLError as error:
        yield PreExecutionError(None, [mask_error(error, Trace())])


EXECUTORS = {"level": LevelExecutor, "reference": SubscriptionExecutor}
"""Execution contexts: level by level, or by graphql-core's executor, against which tests compare."""


@cache
def build_schema(executor: str = "level") -> Schema:
    """Build the schema, once per process and executor."""
    return Schema(
        Query,
        Mutation,
        Subscription,
        execution_context_class=EXECUTORS[executor],
        types=list(TYPES.values()),
        extensions=[
            Operation,
            partial(QueryProtection, Documents()),
        ],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=False),
    )
