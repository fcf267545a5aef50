"""Data loaders of one operation, through which all relationships are loaded."""

from asyncio import Future
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, TypeVar

from aiodataloader import DataLoader
from graphql.execution.values import VariableValues
from strawberry.types.base import get_object_definition

from graphql import GraphQLNamedType, Undefined, get_named_type
from podgraph.database.compiled import CompiledStatement
from podgraph.database.read_model import BY_PREFIX, KEYS, Reader, ReadModel, among
from podgraph.database.sql_json import RawJson
from podgraph.execution.json_compiler import JsonCompiler
from podgraph.execution.json_pages import RootJson, RootRows
from podgraph.execution.plan_cache import PlanKey, cached_plan
from podgraph.execution.projection import Projection, no_json
from podgraph.execution.select_builder import ConnectionQuery, LoadPlan, Rows, by_owner, order_by, owner_of, page
from podgraph.execution.selection import Selection, variables_of
from podgraph.graphql.aggregates import COUNT, Figures, Measure, measures
from podgraph.graphql.filters import shown
from podgraph.graphql.pagination import Connection, PageResult, Window
from podgraph.graphql.relationships import Batch, ConnectionTo, FieldRequest, Groups, ToMany, ToOne
from podgraph.kernel.ids import prefix_of
from podgraph.kernel.keys import typed
from podgraph.observability.spans import batched


class Loader(DataLoader[Any, Any]):
    """A data loader whose pending loads can be cancelled."""

    def __init__(self) -> None:
        self._loads: dict[Any, Future[Any]] = {}
        super().__init__(batched(type(self).__name__, self.batch_load_fn), cache_map=self._loads)

    def cancel(self) -> None:
        """Cancel pending loads; their awaiters are already gone."""
        for load in self._loads.values():
            load.cancel()
        self._loads.clear()


L = TypeVar("L", bound=Loader)


class Loaders:
    """The loaders of an operation, created on demand.

    They cache what they load, so they live no longer than the snapshot of the operation.
    """

    def __init__(self, reader: Reader, roles: frozenset[str] = frozenset()) -> None:
        self.reader, self.roles = reader, roles
        self._made: dict[Hashable, Any] = {}
        tenancy = reader.tenancy
        self._viewers = (
            tenancy.shape,
            tenancy.only is None,
            reader.dialect.name,
        )
        self._variables: VariableValues | None = None

    def fresh(self, reader: Reader) -> "Loaders":
        """Loaders of the same operation with empty caches."""
        loaders = Loaders(reader, self.roles)
        loaders._variables = self._variables
        return loaders

    def enable_json(self, variables: VariableValues) -> None:
        """Allow relationships to be loaded as JSON, for an executor that can embed it."""
        self._variables = variables

    def _get_or_create(self, key: Hashable, make: Callable[[], L]) -> L:
        if key not in self._made:
            self._made[key] = make()
        loader: L = self._made[key]
        return loader

    def cancel(self) -> None:
        """Cancel all loaders at the end of the operation; fields below a null may still be pending."""
        for loader in self._made.values():
            loader.cancel()
        # Loaders refer to each other; clearing breaks the cycle without the garbage collector.
        self._made.clear()

    def cached(self, key: Hashable, make: Callable[[], Any], keep: Any = None) -> Any:
        """The result of `make`, cached for all operations of viewers with this visibility on this database."""
        return cached_plan(PlanKey((key, self._viewers, self._variables is None), make, keep))

    def key(self, fetch: FieldRequest) -> Hashable:
        """Key of a field's selection: its place in the document, and the variables that it depends on."""
        names: frozenset[str] = self.cached(
            ("variables", fetch.place), lambda: variables_of(fetch.nodes, fetch.info.fragments), fetch.nodes
        )
        return fetch.place, *((name, typed(fetch.variables.get(name, Undefined))) for name in names)

    def json_compiler(self, fetch: FieldRequest) -> JsonCompiler | None:
        """The JSON compiler for the relationships below a field; None if the executor cannot embed JSON."""
        return None if self._variables is None else JsonCompiler(fetch, self._variables)

    def projection(self, fetch: FieldRequest, target: GraphQLNamedType, selection: Selection, *more: str) -> Projection:
        """The projection of a field's selection, with `more` columns."""
        return Projection.of(target, selection, self.json_compiler(fetch) or no_json, more)

    def one(self, edge: ToOne, fetch: FieldRequest) -> Loader:
        """The loader of a to-one relationship; records joined to the level above are in its cache."""
        return self._get_or_create(
            (edge, fetch.place), lambda: RecordLoader(self, edge.to, self._projection(edge, fetch))
        )

    def records(self, relation: ReadModel) -> Loader:
        """The loader of records with all columns, by id."""
        return self._get_or_create(relation.name, lambda: RecordLoader(self, "id", Projection.all_columns(relation)))

    def any(self, identity: str, fetch: FieldRequest) -> Awaitable[Any] | None:
        """The record with this id, if its type is possible for the field and it is visible."""
        relation = BY_PREFIX.get(prefix_of(identity))
        if relation is None or not fetch.may_answer(relation):
            return None
        return self.records(relation).load(identity)

    def many(self, edge: ToMany, fetch: FieldRequest) -> Loader:
        return self._get_or_create((edge, fetch.place), lambda: ListLoader(self, edge, fetch))

    def page(self, edge: ConnectionTo, fetch: FieldRequest) -> Loader:
        return self._get_or_create((edge, fetch.place), lambda: PageLoader(self, edge, fetch))

    def groups(self, over: "PageLoader", edge: Groups, fetch: FieldRequest) -> Loader:
        return self._get_or_create((over, fetch.place), lambda: GroupLoader(over, edge, fetch))

    def batch(self, edge: Batch, fetch: FieldRequest) -> Loader:
        return self._get_or_create((edge, fetch.place), lambda: BatchLoader(self.reader, edge, fetch))

    def _projection(self, edge: ToOne, fetch: FieldRequest) -> Projection:
        projection: Projection = self.cached(
            ("projection", edge, fetch.target.name, self.key(fetch)),
            lambda: self.projection(fetch, fetch.target, selection_of(fetch), edge.to),
            fetch.nodes,
        )
        return projection

    async def load(self, loading: LoadPlan, keys: Sequence[Any]) -> tuple[list[Any], Sequence[Sequence[Any]]]:
        """Run a statement: the records of the level, and the columns after them.

        Joined records are added to the caches of their loaders.
        """
        rows: Rows = await self.reader.fetch(loading.prepared, keys=keys)
        columns = loading.prepared.columns(rows)
        records = {part: part.records(columns) for part in loading.parts}
        for part in loading.parts[1:]:
            assert part.joined is not None
            assert part.parent is not None
            joined = part.joined
            loader = self._get_or_create(
                (joined.edge, joined.place),
                lambda: RecordLoader(self, joined.edge.to, joined.projection),  # noqa: B023
            )
            key = joined.edge.key
            owners = [None if one is None else getattr(one, key) for one in records[part.parent]]
            for owner, record in dict(zip(owners, records[part], strict=True)).items():
                if owner is not None:
                    loader.prime(owner, record)
        return records[loading.parts[0]] if loading.parts else [], columns[loading.width :]


def selection_of(fetch: FieldRequest) -> Selection:
    """The selection of a field."""
    return Selection(fetch.info.field_nodes, fetch.info.fragments, fetch.variables)


class RecordLoader(Loader):
    """Records by the value of one column, at most one for each value."""

    def __init__(self, loaders: Loaders, to: str, projection: Projection) -> None:
        super().__init__()
        self._loaders, self._to, self._projection = loaders, to, projection

    def _loading(self) -> LoadPlan:
        reader = self._loaders.reader
        reading, statement = by_owner(
            self._projection.relation.source(), self._to, None, self._projection, reader.tenancy
        )
        return LoadPlan.of(statement, reader.dialect, reading)

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Any]:
        loading = self._loaders.cached(("record", self._to, self._projection), self._loading)
        records, (owners,) = await self._loaders.load(loading, keys)
        return list(map(dict(zip(owners, records, strict=True)).get, keys))


class ListLoader(Loader):
    """Complete lists of records by owner."""

    def __init__(self, loaders: Loaders, edge: ToMany, fetch: FieldRequest) -> None:
        super().__init__()
        self._loaders, self._edge, self._fetch = loaders, edge, fetch

    def _loading(self) -> LoadPlan:
        edge, fetch, reader = self._edge, self._fetch, self._loaders.reader
        projection = self._loaders.projection(fetch, fetch.target, selection_of(fetch))
        source = projection.relation.source()
        reading, statement = by_owner(source, edge.to, edge.through, projection, reader.tenancy)
        statement = statement.where(edge.where(source)) if edge.where else statement
        order = order_by(source, edge.total_order(projection.relation))
        return LoadPlan.of(statement.order_by(*order), reader.dialect, reading)

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Any]:
        key = ("list", self._edge, self._fetch.target.name, self._loaders.key(self._fetch))
        loading = self._loaders.cached(key, self._loading, self._fetch.nodes)
        records, (owners,) = await self._loaders.load(loading, keys)
        lists: dict[str, list[Any]] = defaultdict(list)
        for owner, record in zip(owners, records, strict=True):
            lists[owner].append(record)
        return [lists[key] for key in keys]


PAGED = frozenset({"nodes", "edges", "pageInfo"})


@dataclass(frozen=True)
class PagePlan:
    """The load plan of a connection, and the content of its rows."""

    window: Window
    loading: LoadPlan | None
    figures: Figures


class PageLoader(Loader):
    """Pages of a connection with its measures, by owner."""

    def __init__(self, loaders: Loaders, edge: ConnectionTo, fetch: FieldRequest) -> None:
        super().__init__()
        self.loaders, self._edge, self._fetch = loaders, edge, fetch
        self._connection: type[Connection[Any]] = fetch.target.extensions["strawberry-definition"].origin
        self.key = ("page", edge, fetch.target.name, loaders.key(fetch))
        self._text: tuple[CompiledStatement, RootJson] | None = None
        if fetch.at_root and edge.is_root:
            self._text = loaders.cached(("text", self.key), self._written, fetch.nodes)
        if self._text is None:
            # Invalid arguments are reported before anything is loaded.
            self._plan  # noqa: B018

    @cached_property
    def _plan(self) -> PagePlan:
        plan: PagePlan = self.loaders.cached(self.key, self._planned, self._fetch.nodes)
        return plan

    def _written(self) -> tuple[CompiledStatement, RootJson] | None:
        """The compiled connection and its statement; None if it must be read as rows."""
        fetch, reader = self._fetch, self.loaders.reader
        compiler, window = self.loaders.json_compiler(fetch), Window.of(self._connection, fetch.arguments)
        if compiler is None or window.backward:
            return None
        target: Any = fetch.target
        selection = selection_of(fetch)
        names = Projection.of(get_named_type(target.fields["nodes"].type), selection.below("nodes")).names
        text = compiler.page(target, fetch.nodes, selection, RootRows(self.matching(), window, names))
        return None if text is None else (CompiledStatement(text.statement(reader.tenancy), reader.dialect), text)

    def _planned(self) -> PagePlan:
        selection = selection_of(self._fetch)
        reader = self.loaders.reader
        window = Window.of(self._connection, self._fetch.arguments)
        matching = self.matching()
        figures = Figures.over(self._measures(selection), matching.source)
        if not PAGED.isdisjoint(selection.names):
            projection = self._projection(selection, window)
            reading, statement = page(matching, window, projection, figures.columns, reader.tenancy)
            return PagePlan(window, LoadPlan.of(statement, reader.dialect, reading), figures.planned)
        if figures.columns:
            statement = matching.figures(figures.columns)
            return PagePlan(window, LoadPlan.of(statement, reader.dialect), figures.planned)
        return PagePlan(window, None, figures)

    def _projection(self, selection: Selection, window: Window) -> Projection:
        """The projection of the nodes, with the columns of their cursors."""
        node: Any = get_named_type(self._fetch.target.fields["nodes"].type)  # type: ignore[attr-defined]
        edges = selection.below("edges")
        cursors = {"cursor", "startCursor", "endCursor"} & (edges.names | selection.below("pageInfo").names)
        order = [name for name, _ in window.order] if cursors else []
        below = selection.below("nodes") | edges.below("node")
        return self.loaders.projection(self._fetch, node, below, *order)

    def _measures(self, selection: Selection) -> Mapping[str, Measure]:
        """The requested measures: the count, and all measures of the aggregate if it is selected."""
        counted = {"total_count": COUNT} if "totalCount" in selection.names else {}
        return counted | (measures(self._aggregate) if "aggregate" in selection.names else {})

    @cached_property
    def _aggregate(self) -> Any:
        """The type of the connection's aggregate."""
        declared = get_object_definition(self._connection, strict=True).fields
        return next(each.type for each in declared if each.python_name == "aggregate")

    def matching(self) -> ConnectionQuery:
        """A query for the rows of the connection."""
        source = self._connection.relation.source()
        owner, table = owner_of(source, self._edge.to, self._edge.through)
        tenancy = self.loaders.reader.tenancy
        conditions = source.tenant_filter(tenancy)
        conditions += source.in_order(tenancy) if self._edge.is_root else [among(owner, KEYS)]
        conditions += shown(self._connection.hidden, self._fetch.arguments.get("filter"), source)
        return ConnectionQuery(source, owner, table, conditions, self._edge.is_root)

    async def batch_load_fn(self, keys: Sequence[str]) -> list[PageResult | RawJson]:
        if self._text is not None:
            statement, root = self._text
            text = root.assemble(await self.loaders.reader.fetch(statement, alone=self._fetch.is_only_field))
            if text is not None:
                return [RawJson(text) for _ in keys]
        nodes: dict[str, list[Any]] = defaultdict(list)
        found: dict[str, Sequence[Any]] = {}
        if self._plan.loading is not None:
            records, (owners, *columns) = await self.loaders.load(self._plan.loading, keys)
            for owner, record in zip(owners, records, strict=False):
                if record is not None:
                    nodes[owner].append(record)
            if columns:
                found = dict(zip(owners, zip(*columns, strict=True), strict=True))
        return [self._result(key, nodes[key], found.get(key)) for key in keys]

    def _result(self, owner: str, nodes: list[Any], values: Sequence[Any] | None) -> PageResult:
        window = self._plan.window
        figures = self._plan.figures.read(values)
        kept = nodes[: window.size][::-1] if window.backward else nodes[: window.size]
        total = figures.pop("total_count", None)
        aggregate = SimpleNamespace(over=self, owner=owner, **figures)
        return PageResult(window, kept, len(nodes) > window.size, total, aggregate)


class GroupLoader(Loader):
    """Groups of a connection's rows by owner."""

    def __init__(self, over: PageLoader, edge: Groups, fetch: FieldRequest) -> None:
        super().__init__()
        self._over, self._fetch = over, fetch
        self._by = list(dict.fromkeys(str(key.value) for key in fetch.arguments["by"]))
        self._blank = {str(key.value): None for key in edge.keys}

    def _planned(self) -> tuple[LoadPlan, Figures]:
        matching = self._over.matching()
        kind = self._fetch.target.extensions["strawberry-definition"].origin
        figures = Figures.over(measures(kind), matching.source)
        statement = matching.figures(figures.columns, *(matching.source[name] for name in self._by))
        return LoadPlan.of(statement, self._over.loaders.reader.dialect), figures.planned

    async def batch_load_fn(self, owners: Sequence[str]) -> list[list[Any]]:
        loaders, width = self._over.loaders, len(self._by)
        key = ("groups", self._over.key, tuple(self._by), self._fetch.target.name)
        loading, figures = loaders.cached(key, self._planned, self._fetch.nodes)
        _, columns = await loaders.load(loading, owners)
        groups: dict[str, list[Any]] = defaultdict(list)
        for owner, *row in zip(*columns, strict=True):
            keys = dict(zip(self._by, row[:width], strict=True))
            groups[owner].append(SimpleNamespace(**self._blank | keys | figures.read(row[width:])))
        return [groups[owner] for owner in owners]


class BatchLoader(Loader):
    """Computed values by the source's key."""

    def __init__(self, reader: Reader, edge: Batch, fetch: FieldRequest) -> None:
        super().__init__()
        self._reader, self._edge, self._arguments = reader, edge, fetch.arguments

    async def batch_load_fn(self, keys: Sequence[Any]) -> list[Any]:
        values = await self._edge.answer(self._reader, keys, **self._arguments)
        return [values[key] if key in values else self._edge.default() for key in keys]
