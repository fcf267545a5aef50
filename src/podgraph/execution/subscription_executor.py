"""Execution of subscription events: once for all subscribers with the same document and visibility."""

from collections.abc import Awaitable, Hashable, Iterator
from dataclasses import replace
from typing import Any

from graphql.language import OperationType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql import ExecutionResult, FieldNode, GraphQLError, Node, Undefined
from podgraph.execution.selection import variables_of
from podgraph.kernel.keys import typed
from podgraph.kernel.request_errors import RequestError, RequestErrorCode


class SubscriptionExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, which executes each event of a subscription in a separate context.

    Concurrent executions of an event by subscribers with the same document and visibility share one result.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if self._is_event:
            viewer = self.context_value.viewer
            # The document lives as long as this executor, so its id is not reused.
            self._result_key: Hashable = id(self.operation), viewer.tenancy, viewer.roles, self._variables()

    def execute_operation(self, serially: bool | None = None) -> Any:
        if not self._is_event:
            return super().execute_operation(serially)
        event = self.root_value
        result_key = "answer", event.sequence, self._result_key
        return self._execute_shared(event.organization_id, result_key)

    async def _execute_shared(self, organization_id: str, result_key: Hashable) -> Any:
        try:
            return await self.context_value.notifier.single_flight(organization_id, result_key, self._execute_event)
        except TimeoutError:
            late = RequestError(RequestErrorCode.DEADLINE_EXCEEDED, "The event took too long to read and was left out")
            return ExecutionResult(None, [GraphQLError(late.message, extensions=late.extensions)])

    @property
    def _is_event(self) -> bool:
        return self.operation.operation is OperationType.SUBSCRIPTION

    def _variables(self) -> Hashable:
        """The variables that a result depends on; those of the root field's arguments do not affect it."""
        nodes = [
            node for selection in self.operation.selection_set.selections for node in _without_arguments(selection)
        ]
        names = sorted(variables_of(nodes, self.fragment_definitions))
        return tuple((name, typed(self.variable_values.coerced.get(name, Undefined))) for name in names)

    async def _execute_event(self) -> Any:
        # The first subscriber may disconnect, which closes its context, so the shared execution has a separate one.
        context = self.context_value = replace(self.context_value)
        context.begin()
        try:
            result = super().execute_operation(False)
            return await result if isinstance(result, Awaitable) else result
        finally:
            await context.close()


def _without_arguments(selection: Node) -> Iterator[Node]:
    """A root field without its arguments."""
    if not isinstance(selection, FieldNode):
        yield selection
        return
    yield from selection.directives or ()
    if selection.selection_set:
        yield selection.selection_set
