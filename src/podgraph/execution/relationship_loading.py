"""Loads relationships: for each class of relationship, the loader that it uses and the key of each source."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from podgraph.execution.loaders import Loaders
from podgraph.graphql.relationships import (
    Batch,
    ById,
    ConnectionTo,
    FieldRequest,
    Groups,
    Loads,
    NodeById,
    NodesByIds,
    Relationship,
    ToMany,
    ToNode,
    ToOne,
)
from podgraph.kernel.errors import BadUserInput


def load(loaders: Loaders, relationship: Relationship, sources: Sequence[Any], request: FieldRequest) -> Loads:
    """The pending value of each source; None where there is nothing to load."""
    return _LOADS[type(relationship)](loaders, relationship, sources, request)


def _to_one(loaders: Loaders, relationship: ToOne, sources: Sequence[Any], request: FieldRequest) -> Loads:
    load = loaders.one(relationship, request).load
    return [None if key is None else load(key) for key in map(attrgetter(relationship.key), sources)]


def _by_id(loaders: Loaders, _: ById, sources: Sequence[Any], request: FieldRequest) -> Loads:
    return [loaders.one(ToOne("id"), request).load(request.arguments["id"]) for _ in sources]


def _to_node(loaders: Loaders, relationship: ToNode, sources: Sequence[Any], request: FieldRequest) -> Loads:
    keys = map(attrgetter(relationship.key), sources)
    return [None if key is None else loaders.any(key, request) for key in keys]


def _node_by_id(loaders: Loaders, _: NodeById, sources: Sequence[Any], request: FieldRequest) -> Loads:
    return [loaders.any(request.arguments["id"], request) for _ in sources]


def _nodes_by_ids(loaders: Loaders, relationship: NodesByIds, sources: Sequence[Any], request: FieldRequest) -> Loads:
    ids = request.arguments["ids"]
    if len(ids) > relationship.most:
        raise BadUserInput(f"nodes has {len(ids)} IDs; request at most {relationship.most} per field")
    return [_all(loaders.any(identity, request) for identity in ids) for _ in sources]


async def _all(loads: Iterable[Awaitable[Any] | None]) -> list[Any]:
    started = list(loads)
    loaded = iter(await gather(*(load for load in started if load is not None)))
    return [None if load is None else next(loaded) for load in started]


def _to_many(loaders: Loaders, relationship: ToMany, sources: Sequence[Any], request: FieldRequest) -> Loads:
    return list(map(loaders.many(relationship, request).load, map(attrgetter(relationship.key), sources)))


def _connection(loaders: Loaders, relationship: ConnectionTo, sources: Sequence[Any], request: FieldRequest) -> Loads:
    load = loaders.page(relationship, request).load
    if relationship.roles and relationship.roles.isdisjoint(loaders.roles):
        return [None for _ in sources]
    return [load("" if relationship.is_root else getattr(source, relationship.key)) for source in sources]


def _groups(loaders: Loaders, relationship: Groups, sources: Sequence[Any], request: FieldRequest) -> Loads:
    if not request.arguments["by"]:
        raise BadUserInput("groups requires at least one field in `by`")
    return [loaders.groups(source.over, relationship, request).load(source.owner) for source in sources]


def _batch(loaders: Loaders, relationship: Batch, sources: Sequence[Any], request: FieldRequest) -> Loads:
    return list(map(loaders.batch(relationship, request).load, map(attrgetter(relationship.key), sources)))


_LOADS: Mapping[type[Relationship], Callable[[Loaders, Any, Sequence[Any], FieldRequest], Loads]] = {
    ToOne: _to_one,
    ById: _by_id,
    ToNode: _to_node,
    NodeById: _node_by_id,
    NodesByIds: _nodes_by_ids,
    ToMany: _to_many,
    ConnectionTo: _connection,
    Groups: _groups,
    Batch: _batch,
}
"""How each class of relationship is loaded."""
