"""The data loaders of one operation. All edges, on every path of execution, go through them."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any, TypeVar

from aiodataloader import DataLoader
from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type
from sqlalchemy import ColumnElement, FromClause, literal
from strawberry.types.base import get_object_definition

from podgraph.api.aggregates import COUNT, Figures, Measure, measures
from podgraph.api.connections import Connection, PageResult, Window
from podgraph.api.filters import condition
from podgraph.database.relation import KEYS, RELATIONS, Reader, Relation, Source, among
from podgraph.execution.edges import Batch, Fetch, Groups, Many, One, Page, Through, edge_of, relation_of
from podgraph.execution.selection import Selection
from podgraph.execution.statements import Matching, Part, Reading, Ride, Rides, by_keys, merge, ordered, page
from podgraph.kernel.ids import prefix_of

Loader = DataLoader[Any, Any]
L = TypeVar("L", bound=Loader)


class Loaders:
    """Every loader that an operation has used so far, made when first asked for.

    They remember what they loaded, so they live as long as the operation's snapshot and no longer.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._made: dict[Hashable, Any] = {}

    def _made_once(self, key: Hashable, make: Callable[[], L]) -> L:
        if key not in self._made:
            self._made[key] = make()
        loader: L = self._made[key]
        return loader

    def one(self, edge: One, fetch: Fetch) -> Loader:
        """The loader of a to-one edge. All edges to the same column of a relation share it."""
        relation = relation_of(fetch.target)
        assert relation is not None, f"{fetch.target} has no relation"
        loader = self.records(relation, edge.to)
        self._made_once((loader, fetch.place), lambda: loader.joined_by(_rides_below(fetch)))
        return loader

    def records(self, relation: Relation, to: str = "id") -> "RecordLoader":
        """The loader of the records of a relation by a column."""
        return self._made_once((relation, to), lambda: RecordLoader(self, relation, to))

    def any(self, identity: str, fetch: Fetch) -> Awaitable[Any] | None:
        """The record with this id, if it is of a kind that the field may answer and visible."""
        relation = relation_with(prefix_of(identity))
        if relation is None or not fetch.may_answer(relation):
            return None
        return self.records(relation).load(identity)

    def many(self, edge: Many, fetch: Fetch) -> Loader:
        return self._made_once((edge, fetch.place), lambda: ListLoader(self, edge, fetch))

    def page(self, edge: Page, fetch: Fetch) -> Loader:
        return self._made_once((edge, fetch.place), lambda: PageLoader(self, edge, fetch))

    def groups(self, over: "PageLoader", edge: Groups, fetch: Fetch) -> Loader:
        return self._made_once((over, fetch.place), lambda: GroupLoader(over, edge, fetch))

    def batch(self, edge: Batch, fetch: Fetch) -> Loader:
        return self._made_once((edge, fetch.place), lambda: BatchLoader(self.reader, edge, fetch))

    def parts(self, reading: Reading, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """The level's own record in each row; those that rode along go to their loaders."""
        first, *riding = reading.parts
        records = {id(first): [first.record(row) for row in rows]}
        for part in riding:
            records[id(part)] = self._prime(part, rows, records[id(part.parent)])
        return records[id(first)]

    def _prime(self, part: Part, rows: Sequence[Sequence[Any]], parents: list[Any]) -> list[Any]:
        assert part.ride is not None
        loader, key = self.records(part.relation, part.ride.to), part.ride.key
        seen: dict[Any, Any] = {}
        for row, parent in zip(rows, parents, strict=True):
            value = None if parent is None else getattr(parent, key)
            if value is not None and value not in seen:
                seen[value] = part.record(row)
                loader.prime(value, seen[value])
        return [None if parent is None else seen.get(getattr(parent, key)) for parent in parents]


def relation_with(prefix: str | None) -> Relation | None:
    """The relation whose ids carry a prefix."""
    return next((relation for relation in RELATIONS.values() if prefix and relation.prefix == prefix), None)


def _rides(target: GraphQLNamedType, selection: Selection) -> Rides:
    """The to-one edges selected on a type, and those selected below them."""
    rides: Rides = {}
    if not isinstance(target, GraphQLObjectType):
        return rides
    for name in selection.fields:
        edge = edge_of(target, name)
        if isinstance(edge, One):
            below = get_named_type(target.fields[name].type)
            if relation := relation_of(below):
                ride = Ride(relation, edge.key, edge.to)
                merge(rides.setdefault(ride, {}), _rides(below, selection.below(name)))
    return rides


def _selection(fetch: Fetch) -> Selection:
    # Strawberry puts the plain values here, where graphql-core has a container of them.
    variables: Any = fetch.info.variable_values
    return Selection(fetch.info.field_nodes, fetch.info.fragments, variables)


def _rides_below(fetch: Fetch) -> Rides:
    return _rides(fetch.target, _selection(fetch))


def _owned(source: Source, to: str | None, through: Through | None) -> tuple[ColumnElement[Any], FromClause]:
    """Who owns a source's rows, and the tables that this is read from."""
    if through is not None:
        link = RELATIONS[through.table].table.alias()
        return link.c[through.near], source.table.join(link, link.c[through.far] == source["id"])
    return literal("") if to is None else source[to], source.table


class RecordLoader(Loader):
    """Records of a relation by the value of one column, one at most for each."""

    def __init__(self, loaders: Loaders, relation: Relation, to: str) -> None:
        super().__init__()
        self._loaders, self._relation, self._to = loaders, relation, to
        self._riding: Rides = {}

    def joined_by(self, rides: Rides) -> "RecordLoader":
        """Let these edges ride along with what is loaded from now on."""
        merge(self._riding, rides)
        return self

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Any]:
        source = self._relation.source()
        reader = self._loaders.reader
        reading, statement = by_keys(source, source[self._to], source.table, reader.tenancy, self._riding)
        rows = await reader.rows(statement, keys=keys)
        found = dict(zip((row[-1] for row in rows), self._loaders.parts(reading, rows), strict=True))
        return [found.get(key) for key in keys]


class ListLoader(Loader):
    """Short lists of records, whole, by their owner."""

    def __init__(self, loaders: Loaders, edge: Many, fetch: Fetch) -> None:
        super().__init__()
        relation = relation_of(fetch.target)
        assert relation is not None, f"{fetch.target} has no relation"
        self._loaders = loaders
        source = relation.source()
        owner, table = _owned(source, edge.to, edge.through)
        reading, statement = by_keys(source, owner, table, loaders.reader.tenancy, _rides_below(fetch))
        statement = statement.where(edge.where(source)) if edge.where else statement
        self._reading, self._statement = reading, statement.order_by(*ordered(source, edge.order))

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Any]:
        rows = await self._loaders.reader.rows(self._statement, keys=keys)
        lists: dict[str, list[Any]] = defaultdict(list)
        for row, record in zip(rows, self._loaders.parts(self._reading, rows), strict=True):
            lists[row[-1]].append(record)
        return [lists[key] for key in keys]


PAGED = frozenset({"nodes", "edges", "pageInfo"})


class PageLoader(Loader):
    """The pages of a connection, and its figures, by owner."""

    def __init__(self, loaders: Loaders, edge: Page, fetch: Fetch) -> None:
        super().__init__()
        self._loaders, self._edge = loaders, edge
        selection = _selection(fetch)
        self._connection: type[Connection[Any]] = fetch.target.extensions["strawberry-definition"].origin
        self._window = Window.of(self._connection, fetch.arguments)
        self._filter = fetch.arguments.get("filter")
        self._paged = not PAGED.isdisjoint(selection.fields)
        self._counted = "totalCount" in selection
        self._aggregated = "aggregate" in selection
        node: Any = get_named_type(fetch.target.fields["nodes"].type)  # type: ignore[attr-defined]
        self._rides = _rides(node, selection.below("nodes"))
        merge(self._rides, _rides(node, selection.below("edges").below("node")))

    @property
    def reader(self) -> Reader:
        return self._loaders.reader

    @cached_property
    def measures(self) -> Mapping[str, Measure]:
        """The figures asked for: the count, and all those of the aggregate if any of it is."""
        counted = {"total_count": COUNT} if self._counted else {}
        return counted | (measures(self.aggregate) if self._aggregated else {})

    @property
    def aggregate(self) -> Any:
        """The type of the connection's aggregate."""
        fields = get_object_definition(self._connection, strict=True).fields
        return next(field.type for field in fields if field.python_name == "aggregate")

    def matching(self) -> Matching:
        """The rows that the connection is over, in a statement of their own."""
        source = self._connection.relation.source()
        owner, table = _owned(source, self._edge.to, self._edge.through)
        rooted = self._edge.rooted
        conditions = [*source.visible(self.reader.tenancy)]
        if not rooted:
            conditions.append(among(owner, KEYS))
        if self._filter:
            conditions.append(condition(self._filter, source))
        return Matching(source, owner, table, conditions, rooted)

    async def batch_load_fn(self, keys: Sequence[str]) -> list[PageResult]:
        matching = self.matching()
        figures = Figures.over(self.measures, matching.source)
        nodes: dict[str, list[Any]] = defaultdict(list)
        found: dict[str, Sequence[Any]] = {}
        if self._paged:
            reading, statement = page(
                matching, self._window, figures.columns, self.reader.tenancy, self._rides
            )
            rows = await self.reader.rows(statement, keys=keys)
            for row, record in zip(rows, self._loaders.parts(reading, rows), strict=True):
                owner, *values = row[len(reading.columns) :]
                found[owner] = values
                if record is not None:
                    nodes[owner].append(record)
        elif figures.columns:
            for owner, *values in await self.reader.rows(matching.figures(figures.columns), keys=keys):
                found[owner] = values
        return [self._result(key, nodes[key], figures.read(found.get(key))) for key in keys]

    def _result(self, owner: str, nodes: list[Any], figures: dict[str, Any]) -> PageResult:
        size = self._window.size
        kept = nodes[:size][::-1] if self._window.backward else nodes[:size]
        total = figures.pop("total_count", None)
        return PageResult(
            self._window, kept, len(nodes) > size, total, SimpleNamespace(over=self, owner=owner, **figures)
        )


class GroupLoader(Loader):
    """The groups of a connection's rows, by owner."""

    def __init__(self, over: PageLoader, edge: Groups, fetch: Fetch) -> None:
        super().__init__()
        self._over, self._keys = over, edge.keys
        self._by = list(dict.fromkeys(str(key.value) for key in fetch.arguments["by"]))
        self._measures = measures(fetch.target.extensions["strawberry-definition"].origin)

    async def batch_load_fn(self, owners: Sequence[str]) -> list[list[Any]]:
        matching = self._over.matching()
        figures = Figures.over(self._measures, matching.source)
        statement = matching.figures(figures.columns, *(matching.source[name] for name in self._by))
        groups: dict[str, list[Any]] = defaultdict(list)
        blank = {str(key.value): None for key in self._keys}
        width = len(self._by)
        for row in await self._over.reader.rows(statement, keys=owners):
            keys = dict(zip(self._by, row[1 : width + 1], strict=True))
            groups[row[0]].append(SimpleNamespace(**blank | keys | figures.read(row[width + 1 :])))
        return [groups[owner] for owner in owners]


class BatchLoader(Loader):
    """Computed values by the source's key."""

    def __init__(self, reader: Reader, edge: Batch, fetch: Fetch) -> None:
        super().__init__()
        self._reader, self._edge, self._arguments = reader, edge, fetch.arguments

    async def batch_load_fn(self, keys: Sequence[Any]) -> list[Any]:
        values = await self._edge.answer(self._reader, keys, **self._arguments)
        return [values[key] if key in values else self._edge.default() for key in keys]
