"""How an event of a subscription is executed: once for all who ask the same of it at a time."""

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
    """graphql-core's executor, which executes each event of a subscription in a context of its own.

    Who follows it with the same document, and may see the same, is answered by one execution.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if self._follows:
            viewer = self.context_value.viewer
            # The document lives as long as this executor, so that nothing else has its id meanwhile.
            self._asked: Hashable = id(self.operation), viewer.tenancy, viewer.roles, self._variables()

    def execute_operation(self, serially: bool | None = None) -> Any:
        if not self._follows:
            return super().execute_operation(serially)
        event = self.root_value
        asked = "answer", event.sequence, self._asked
        return self._answered(event.organization_id, asked)

    async def _answered(self, organization_id: str, asked: Hashable) -> Any:
        try:
            return await self.context_value.notifier.single_flight(organization_id, asked, self._executed)
        except TimeoutError:
            late = RequestError(RequestErrorCode.DEADLINE_EXCEEDED, "The event took too long to read and was left out")
            return ExecutionResult(None, [GraphQLError(late.message, extensions=late.extensions)])

    @property
    def _follows(self) -> bool:
        return self.operation.operation is OperationType.SUBSCRIPTION

    def _variables(self) -> Hashable:
        """The variables that an answer depends on; the events are chosen, and no longer depend on any."""
        nodes = [node for selection in self.operation.selection_set.selections for node in _shown(selection)]
        names = sorted(variables_of(nodes, self.fragment_definitions))
        return tuple((name, typed(self.variable_values.coerced.get(name, Undefined))) for name in names)

    async def _executed(self) -> Any:
        # Whoever asked first may leave before all are answered, and closes the context that is theirs.
        context = self.context_value = replace(self.context_value)
        context.begin()
        try:
            result = super().execute_operation(False)
            return await result if isinstance(result, Awaitable) else result
        finally:
            await context.close()


def _shown(selection: Node) -> Iterator[Node]:
    """A root field without its arguments."""
    if not isinstance(selection, FieldNode):
        yield selection
        return
    yield from selection.directives or ()
    if selection.selection_set:
        yield selection.selection_set
