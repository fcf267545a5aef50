"""Where the levels begin: the executor that Strawberry is given."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from graphql.pyutils import Path

from graphql import GraphQLOutputType, GraphQLResolveInfo, get_named_type, is_leaf_type
from podgraph.database.sql_json import RawJson
from podgraph.execution.level_fields import Field
from podgraph.execution.subscription_executor import SubscriptionExecutor


class LevelExecutor(SubscriptionExecutor):
    """graphql-core's executor, but that below a root field it works a level at a time.

    Parsing, validation, variables, root fields, mutations in series, introspection, subscriptions
    and errors stay graphql-core's. So does a root field below which something went wrong: it runs
    again here, field by field, and the context counts the fields that did.
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
        plainly = partial(super().complete_value, return_type, field_details_list, info, path, result, position_context)
        if isinstance(result, RawJson):
            return self.context_value.embed_json(result.text)
        target = get_named_type(return_type)
        # Strawberry always gives a manager; only one that holds something stands between us and a resolver.
        if self.middleware_manager and self.middleware_manager.middlewares:
            return plainly()
        if path.prev is not None or path in self._field_by_field:
            return plainly()
        if result is None or is_leaf_type(target) or target.name.startswith("__"):
            return plainly()
        root = Field(self, info.parent_type, str(path.key), field_details_list)
        return self._by_levels(root, return_type, result, path, plainly)

    def build_per_event_executor(self, payload: Any) -> Any:
        """What went wrong with one event of a subscription says nothing of the next."""
        executor: Any = super().build_per_event_executor(payload)
        executor._field_by_field = set()
        return executor

    async def _by_levels(
        self,
        root: Field,
        return_type: GraphQLOutputType,
        result: Any,
        path: Path,
        plainly: Callable[[], Any],
    ) -> Any:
        try:
            column = root.completed(return_type, [result], lambda _: path)
            return (column if isinstance(column, list) else await column)[0]
        except Exception:
            # Whatever it was, graphql-core comes upon it again, and knows what becomes of it.
            self._field_by_field.add(path)
        completed = plainly()
        return await completed if isinstance(completed, Awaitable) else completed

    def execute_field(
        self, parent_type: Any, source: Any, field_details_list: Any, path: Path, position_context: Any
    ) -> Any:
        if path.prev is not None and not parent_type.name.startswith("__"):
            self.context_value.fallbacks += 1
        return super().execute_field(parent_type, source, field_details_list, path, position_context)
