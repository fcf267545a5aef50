"""Executor: runs everything below a root field level by level."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from graphql.pyutils import Path

from graphql import GraphQLOutputType, GraphQLResolveInfo, get_named_type, is_leaf_type
from podgraph.database.sql_json import RawJson
from podgraph.execution.level_fields import Field
from podgraph.execution.subscription_executor import SubscriptionExecutor


class LevelExecutor(SubscriptionExecutor):
    """graphql-core's executor with level-by-level execution below root fields.

    graphql-core handles variables, root fields, serial mutations, introspection and subscriptions. After an error
    below a root field, graphql-core executes the root field again, field by field; `context.fallbacks` counts
    these fields.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._field_by_field: set[Path] = set()
        self.context_value.loaders.enable_json(self.variable_values)

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: Any,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        fall_back = partial(
            super().complete_value, return_type, field_details_list, info, path, result, position_context
        )
        if isinstance(result, RawJson):
            return self.context_value.embed_json(result.text)
        target = get_named_type(return_type)
        # Strawberry always passes a manager; middleware must wrap each resolver.
        if self.middleware_manager and self.middleware_manager.middlewares:
            return fall_back()
        if path.prev is not None or path in self._field_by_field:
            return fall_back()
        if result is None or is_leaf_type(target) or target.name.startswith("__"):
            return fall_back()
        root = Field(self, info.parent_type, str(path.key), field_details_list)
        return self._execute_levelwise(root, return_type, result, path, fall_back)

    def build_per_event_executor(self, payload: Any) -> Any:
        """Reset the fallbacks: an error of one event does not affect the next."""
        executor: Any = super().build_per_event_executor(payload)
        executor._field_by_field = set()
        return executor

    async def _execute_levelwise(
        self,
        root: Field,
        return_type: GraphQLOutputType,
        result: Any,
        path: Path,
        fall_back: Callable[[], Any],
    ) -> Any:
        try:
            column = root.complete(return_type, [result], lambda _: path)
            return (column if isinstance(column, list) else await column)[0]
        except Exception:
            # graphql-core will encounter the same error and report it as specified.
            self._field_by_field.add(path)
        completed = fall_back()
        return await completed if isinstance(completed, Awaitable) else completed

    def execute_field(
        self, parent_type: Any, source: Any, field_details_list: Any, path: Path, position_context: Any
    ) -> Any:
        if path.prev is not None and not parent_type.name.startswith("__"):
            self.context_value.fallbacks += 1
        return super().execute_field(parent_type, source, field_details_list, path, position_context)
