"""Level-by-level execution of a selection.

graphql-core resolves the fields of one object after another, each with its info, its path and often a coroutine.
Here the objects of one level are a list, and each field is a column:

    pods         ●  ●  ●            the records of the level
      name       ─  ─  ─            a column: an attribute of each record, serialized
      tickets    ○  ○  ○            a column: one load for all records, through the data loaders
        nodes    ●● ●  ●●●          flattened to the next level, and split into lists afterwards
      team       ▤  ▤  ▤            a column: JSON from the database, embedded without parsing

Errors are not handled here: a raising resolver or an invalid null (`FallbackRequired`) aborts the fast path, and
the root field is executed again by graphql-core, whose errors, paths and nulls follow the specification. Reads have
no side effects.
"""

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate, pairwise
from operator import attrgetter
from types import NoneType
from typing import TYPE_CHECKING, Any

from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    is_leaf_type,
)
from podgraph.database.sql_json import has_invalid_mark
from podgraph.execution.awaiting import (
    Column,
    PendingColumn,
    await_if_pending,
    each_value,
    gather_columns,
    is_awaitable,
    map_maybe_async,
    resolve_ready,
)
from podgraph.execution.errors import FallbackRequired
from podgraph.execution.leaf_values import serialize_column
from podgraph.graphql.relationships import EdgeField, SourceBatch, place_of, relation_of

if TYPE_CHECKING:
    from podgraph.execution.level_executor import LevelExecutor


PathOf = Callable[[int], Path]
"""The response path of the nth value of a column, built on demand."""


class Field:
    """A field of a level: the selection of one response key."""

    def __init__(self, executor: "LevelExecutor", parent: GraphQLObjectType, key: str, details: list[Any]) -> None:
        definition = executor.schema.get_field(parent, details[0].node.name.value)
        if definition is None:
            raise FallbackRequired(key)
        self._executor, self.parent, self.key, self.details = executor, parent, key, details
        self.definition: GraphQLField = definition
        self._declared: Any = definition.extensions.get("strawberry-definition")

    def column(self, sources: Column, place: PathOf) -> Column | PendingColumn:
        """The completed values of the field for all sources."""

        def path_of(index: int) -> Path:
            return Path(place(index), self.key, self.parent.name)

        if isinstance(self._declared, EdgeField) and (json_values := self._json_column(sources)):
            return json_values
        values = resolve_ready(self._resolve(sources, path_of))
        return map_maybe_async(values, lambda values: self.complete(self.definition.type, values, path_of))

    def info(self, path: Path, kind: GraphQLOutputType | None = None) -> GraphQLResolveInfo[Any]:
        """The info that a resolver receives."""
        nodes = [detail.node for detail in self.details]
        definition = self.definition if kind is None else GraphQLField(kind)
        return self._executor.build_resolve_info(definition, nodes, self.parent, path)

    def _json_column(self, sources: Column) -> Column | None:
        """The JSON that was loaded with the records; None if the field was not compiled."""
        place = place_of([detail.node for detail in self.details])
        names = {getattr(kind, "json_columns", {}).get(place) for kind in set(map(type, sources))}
        name = names.pop() if len(names) == 1 else None
        if name is None:
            return None
        values = list(map(attrgetter(name), sources))
        if has_invalid_mark(values):
            raise FallbackRequired(f"a value in {self.key} must not be null")
        return list(map(self._executor.context_value.embed_json, values))

    def _resolve(self, sources: Column, path_of: PathOf) -> Column:
        declared = self._declared
        if declared is not None and declared.is_basic_field:
            return list(map(attrgetter(declared.python_name), sources))
        resolver = getattr(declared, "base_resolver", None)
        if resolver and resolver.self_parameter and not _has_parameters(declared):
            return each_value(resolver.wrapped_func, sources)
        resolve: Any = self.definition.resolve or self._executor.field_resolver
        arguments = self._arguments()
        if isinstance(declared, EdgeField):
            loads: Column = resolve(SourceBatch(sources), self.info(path_of(0)), **arguments)
            return loads
        places = iter(range(len(sources)))
        return each_value(lambda source: resolve(source, self.info(path_of(next(places))), **arguments), sources)

    def _arguments(self) -> dict[str, Any]:
        first = self.details[0]
        if not (self.definition.args or first.node.arguments):
            return {}
        variables = self._executor.variable_values
        return get_argument_values(self.definition, first.node, variables, first.fragment_variable_values)

    def complete(self, kind: GraphQLOutputType, values: Column, path_of: PathOf) -> Column | PendingColumn:
        """Complete resolved values for the response."""
        kinds = set(map(type, values))
        if isinstance(kind, GraphQLNonNull):
            if NoneType in kinds:
                raise FallbackRequired(f"{self.key} must not be null")
            kind = kind.of_type
        if is_leaf_type(kind):
            return serialize_column(kind, values, kinds)
        if not values:
            return []
        if NoneType in kinds:
            return self._complete_non_null(kind, values, path_of)
        if isinstance(kind, GraphQLList):
            return self._complete_lists(kind.of_type, values, path_of)
        if isinstance(kind, GraphQLObjectType):
            return self.complete_objects(kind, values, path_of)
        return self._complete_abstract(kind, values, path_of)

    def _complete_non_null(self, kind: GraphQLOutputType, values: Column, path_of: PathOf) -> Column | PendingColumn:
        places = [index for index, value in enumerate(values) if value is not None]
        return self._complete_at(places, kind, values, path_of, [None] * len(values))

    def _complete_at(
        self, places: list[int], kind: GraphQLOutputType, values: Column, path_of: PathOf, column: Column
    ) -> Column | PendingColumn:
        """Complete the values at some indexes, and store them in a column."""
        some = [values[place] for place in places]

        def put(completed: Column) -> Column:
            for place, value in zip(places, completed, strict=True):
                column[place] = value
            return column

        return map_maybe_async(self.complete(kind, some, lambda index: path_of(places[index])), put)

    def _complete_lists(self, kind: GraphQLOutputType, values: Column, path_of: PathOf) -> Column | PendingColumn:
        """Complete lists as one flat column, which is split again afterwards."""
        if not all(isinstance(value, list | tuple) for value in values):
            raise FallbackRequired(f"{self.key} is not a list or tuple")
        starts = [0, *accumulate(map(len, values))]

        def item_path(index: int) -> Path:
            owner = bisect_right(starts, index) - 1
            return Path(path_of(owner), index - starts[owner], None)

        def cut(items: Column) -> Column:
            return [items[start:end] for start, end in pairwise(starts)]

        flat = resolve_ready([item for value in values for item in value])
        return map_maybe_async(flat, lambda flat: map_maybe_async(self.complete(kind, flat, item_path), cut))

    async def _complete_abstract(self, kind: Any, values: Column, path_of: PathOf) -> Column:
        """Complete values of an interface or a union: the values of each type form a level."""
        executor = self._executor
        resolve = kind.resolve_type or executor.type_resolver
        places: dict[GraphQLObjectType, list[int]] = {}
        for index, value in enumerate(values):
            info = self.info(path_of(index))
            name: Any = resolve(value, info, kind)
            name = await name if is_awaitable(type(name)) else name
            member = executor.ensure_valid_runtime_type(name, kind, self.details, info, value)
            places.setdefault(member, []).append(index)
        column: Column = [None] * len(values)
        parts = (self._complete_at(at, one, values, path_of, column) for one, at in places.items())
        await await_if_pending(gather_columns(parts))
        return column

    def complete_objects(self, kind: GraphQLObjectType, sources: Column, path_of: PathOf) -> Column | PendingColumn:
        """Complete the objects of one level, with their fields in the order of the selection."""
        self._check(kind, sources, path_of)
        selected = self._executor.collect_subfields(kind, self.details).grouped_field_set
        fields = (Field(self._executor, kind, key, details) for key, details in selected.items())

        def rows(columns: list[Column]) -> Column:
            if not columns:
                return [{} for _ in sources]
            return [dict(zip(selected, row, strict=False)) for row in zip(*columns, strict=True)]

        return map_maybe_async(gather_columns(field.column(sources, path_of) for field in fields), rows)

    def _check(self, kind: GraphQLObjectType, sources: Column, path_of: PathOf) -> None:
        relation = relation_of(kind)
        if kind.is_type_of is None:
            return
        if relation and all(getattr(each, "relation", None) is relation for each in set(map(type, sources))):
            return
        info = self.info(path_of(0))
        if not all(kind.is_type_of(source, info) is True for source in sources):
            raise FallbackRequired(f"not a {kind.name}")


def _has_parameters(declared: Any) -> bool:
    """Whether a resolver has parameters other than its source."""
    resolver = declared.base_resolver
    return bool(declared.extensions or resolver.arguments or resolver.info_parameter)
