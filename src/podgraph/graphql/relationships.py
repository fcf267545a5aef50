"""Relationships: how fields lead to other records, declared as data on the field.

    service_line: ServiceLine | None = one("service_line_id", "...")
    team: list[PodMember]            = many("pod_id", "...", order=(("position", False),))
    tickets: TicketConnection        = connection("pod_id", "...")

The resolver passes the declaration to the operation's context, which loads it by its class
(`podgraph.execution.relationship_loading`).
"""

from asyncio import shield
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pkgutil import resolve_name
from typing import Any

import strawberry
from sqlalchemy import ColumnElement
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryContainer
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

from graphql import FieldNode, GraphQLNamedType, GraphQLResolveInfo, get_named_type, is_abstract_type
from podgraph.database.read_model import ReadModel, ReadModelAlias
from podgraph.graphql.descriptions import Items, requires_roles
from podgraph.graphql.pagination import MAX_PAGE_SIZE, Connection, Ordering, order_input, total_order

GROUPS = 50
"""Estimated number of groups of an aggregate for cost analysis."""

FieldKey = tuple[int, ...]
"""Identities of a field's nodes in the document, which have one set of arguments and selections."""


def place_of(nodes: Sequence[FieldNode]) -> FieldKey:
    return tuple(map(id, nodes))


Answer = Callable[..., Awaitable[Mapping[Any, Any]]]
"""`answer(reader, keys, **arguments)`: returns values by key, and may omit keys without a value."""


@dataclass(frozen=True)
class JoinTable:
    """A join table between two read models: `near` is the column of the source's id, `far` that of the target's.

    With `repeats`, the table may have several rows for a pair, which count as one.
    """

    table: str
    near: str
    far: str
    repeats: bool = False


@dataclass(frozen=True)
class FieldRequest:
    """A field that is being resolved: its place in the document, its type and its arguments."""

    info: GraphQLResolveInfo[Any]
    arguments: Mapping[str, Any]

    @property
    def nodes(self) -> list[FieldNode]:
        return self.info.field_nodes

    @cached_property
    def place(self) -> "FieldKey":
        return place_of(self.info.field_nodes)

    @property
    def variables(self) -> Mapping[str, Any]:
        # Strawberry stores the plain values here, graphql-core a container.
        values: Any = self.info.variable_values
        return values  # type: ignore[no-any-return]

    @property
    def at_root(self) -> bool:
        """Whether it is a root field."""
        return self.info.path.prev is None

    @property
    def is_only_field(self) -> bool:
        """Whether it is the only root field of the operation."""
        return tuple(map(id, self.info.operation.selection_set.selections)) == self.place

    @property
    def target(self) -> GraphQLNamedType:
        """The named type of the field, without list and non-null."""
        return get_named_type(self.info.return_type)

    def may_answer(self, relation: ReadModel) -> bool:
        """Whether the type of the field, an interface or union, includes the records of a read model."""
        target = self.target
        kinds = self.info.schema.get_possible_types(target) if is_abstract_type(target) else [target]
        return any(relation_of(kind) is relation for kind in kinds)


class SourceBatch(list[Any]):
    """All sources of a level, passed to a resolver in place of one source."""


Loads = list[Awaitable[Any] | None]
"""An awaitable for each source, None if there is nothing to load."""


class Relationship:
    """Declares how a field is loaded for the sources of a level, and its arguments."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns of a source that are read."""
        return (self.key,) if hasattr(self, "key") else ()

    def arguments(self, _target: Any) -> list[StrawberryArgument]:
        """The arguments of the field for its target type."""
        return []

    def items(self, _target: Any) -> Items | None:
        """The estimated length of a list for cost analysis; None if the field is not a list."""
        return None


@dataclass(frozen=True)
class ToOne(Relationship):
    """At most one record, whose column `to` equals the source's `key`."""

    key: str
    to: str = "id"


@dataclass(frozen=True)
class ById(Relationship):
    """The record whose id is the argument `id`."""

    def arguments(self, _target: Any) -> list[StrawberryArgument]:
        return [argument("id", strawberry.ID, "Id of the record.", default=strawberry.UNSET)]


@dataclass(frozen=True)
class ToNode(Relationship):
    """A record of any type, which the prefix of the id in the source's `key` determines."""

    key: str


@dataclass(frozen=True)
class NodeById(Relationship):
    """The record of any type whose id is the argument `id`."""

    def arguments(self, _target: Any) -> list[StrawberryArgument]:
        return [argument("id", strawberry.ID, "ID of any object: POD-26-000008.", default=strawberry.UNSET)]


@dataclass(frozen=True)
class NodesByIds(Relationship):
    """The records of any type whose ids are the argument `ids`; null for each id that is not found."""

    most: int = MAX_PAGE_SIZE

    def arguments(self, _target: Any) -> list[StrawberryArgument]:
        text = f"IDs of any objects, at most {self.most}."
        return [argument("ids", list[strawberry.ID], text, default=strawberry.UNSET)]

    def items(self, _target: Any) -> Items:
        return Items(1, ("ids",), self.most)


@dataclass(frozen=True)
class ToMany(Relationship):
    """All records whose column `to` equals the source's `key`, for lists that stay short.

    `length` is the estimated length for cost analysis.
    """

    to: str
    key: str = "id"
    order: Ordering = ()
    through: JoinTable | None = None
    where: Callable[[ReadModelAlias], ColumnElement[bool]] | None = None
    length: int = field(kw_only=True)

    def total_order(self, relation: ReadModel) -> Ordering:
        """The order, with a tie-break among the records of one source."""
        return total_order(relation, self.order, None if self.through else self.to)

    def items(self, _target: Any) -> Items:
        return Items(self.length)


@dataclass(frozen=True)
class ConnectionTo(Relationship):
    """A connection: filtered, ordered, counted and paginated, for all sources in one statement.

    With `roles` it is null for viewers without any of these roles.
    """

    to: str | None = None
    key: str = "id"
    through: JoinTable | None = None
    roles: frozenset[str] = frozenset()

    @property
    def is_root(self) -> bool:
        """Whether the connection contains all records, not those of a source."""
        return self.to is None and self.through is None

    def arguments(self, target: type[Connection[Any]]) -> list[StrawberryArgument]:
        page = [
            argument(
                "first",
                int,
                f"Number of records from the start, 1 to {MAX_PAGE_SIZE}. Default: {target.default_first}.",
            ),
            argument("after", str, "Return records after this cursor."),
            argument("last", int, f"Number of records from the end, 1 to {MAX_PAGE_SIZE}."),
            argument("before", str, "Return records before this cursor."),
        ]
        if target.orders is not None:
            order: Any = order_input(target.orders)
            page.insert(0, argument("order_by", list[order], "Sort order, most significant field first."))
        if target.filters is not None:
            page.insert(0, argument("filter", target.filters, "Return only records that match."))
        return page

    def items(self, target: type[Connection[Any]]) -> Items:
        """The requested page size."""
        return Items(target.default_first, ("first", "last"), MAX_PAGE_SIZE)


@dataclass(frozen=True)
class Groups(Relationship):
    """The groups of a connection's aggregate, by the argument `by`."""

    keys: Any

    def arguments(self, _target: Any) -> list[StrawberryArgument]:
        return [argument("by", list[self.keys], "Fields to group by.", default=strawberry.UNSET)]  # type: ignore[name-defined]

    def items(self, _target: Any) -> Items:
        return Items(GROUPS)


@dataclass(frozen=True)
class Batch(Relationship):
    """A computed value: `function(reader, keys, **arguments)` returns the values of all sources.

    A function of a higher package is given by name, e.g. `"podgraph.reports.repository:spend"`. `length` is the
    estimated length of a list for cost analysis.
    """

    function: Answer | str
    key: str = "id"
    default: Callable[[], Any] = lambda: None
    given: tuple[StrawberryArgument, ...] = field(default=(), compare=False)
    length: Items | None = None

    @property
    def answer(self) -> Answer:
        return resolve_name(self.function) if isinstance(self.function, str) else self.function

    def arguments(self, _target: Any) -> list[StrawberryArgument]:
        return list(self.given)

    def items(self, _target: Any) -> Items | None:
        return self.length


class EdgeField(StrawberryField):
    """A field with a relationship, which the context of the operation loads.

    For a `SourceBatch` in place of one source, the resolver returns the values of all sources.
    """

    @property
    def edge(self) -> Relationship:
        edge: Relationship = self.metadata["edge"]
        return edge

    @property
    def is_basic_field(self) -> bool:
        # A basic field would be resolved without `info`, which loading requires.
        return False

    @property
    def arguments(self) -> list[StrawberryArgument]:
        # The target may be a lazy type, so the arguments are created on first access.
        if self._arguments is None:
            self._arguments = self.edge.arguments(_unwrapped(self.type))
        return self._arguments

    @arguments.setter
    def arguments(self, value: list[StrawberryArgument]) -> None:
        self._arguments = value

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Awaitable[Any] | Any:
        sources = source if isinstance(source, SourceBatch) else [source]
        # Strawberry stores graphql-core's info, which has the nodes of the field, in a private attribute.
        loads: Loads = info.context.load(self.edge, sources, FieldRequest(info._raw_info, kwargs))
        if isinstance(source, SourceBatch):
            return loads
        # graphql-core cancels fields below a null; other fields may await the same load.
        return None if loads[0] is None else shield(loads[0])


def _unwrapped(kind: Any) -> Any:
    while isinstance(kind, StrawberryContainer):
        kind = kind.of_type
    return kind.resolve_type() if isinstance(kind, LazyType) else kind


def relation_of(target: GraphQLNamedType) -> ReadModel | None:
    """The read model of a GraphQL type; None if it has none."""
    definition = target.extensions.get("strawberry-definition")
    return getattr(getattr(definition, "origin", None), "relation", None)


def edge_of(target: GraphQLNamedType, name: str) -> Relationship | None:
    """The relationship of a field of a GraphQL type; None for a plain field."""
    graphql_field = getattr(target, "fields", {}).get(name)
    declared = graphql_field and graphql_field.extensions.get("strawberry-definition")
    return declared.edge if isinstance(declared, EdgeField) else None


def items_of(target: GraphQLNamedType, name: str) -> Items | None:
    """The estimated length of a field's list for cost analysis; None if it is not a list or costs nothing."""
    graphql_field = getattr(target, "fields", {}).get(name)
    declared = graphql_field and graphql_field.extensions.get("strawberry-definition")
    if isinstance(declared, EdgeField):
        return declared.edge.items(_unwrapped(declared.type))
    return getattr(declared, "metadata", {}).get("items")


def argument(
    name: str, kind: Any, description: str, *, default: Any = None, graphql_name: str | None = None
) -> StrawberryArgument:
    """An argument of a relationship: required if its default is UNSET, nullable if it has no default."""
    annotation = StrawberryAnnotation(kind | None if default is None else kind)
    given = strawberry.UNSET if default is None else default
    return StrawberryArgument(name, graphql_name, annotation, description=description, default=given)


def edge(declared: Relationship, description: str, **given: Any) -> Any:
    """Declare a field with this relationship."""
    return EdgeField(metadata={"edge": declared}, description=description, **given)


def one(key: str, description: str, *, to: str = "id") -> Any:
    """At most one record. See `ToOne`."""
    return edge(ToOne(key, to), description)


def many(to: str, description: str, **given: Any) -> Any:
    """A short list of records. See `ToMany`."""
    return edge(ToMany(to, **given), description)


def connection(to: str | None, description: str, *, roles: frozenset[str] = frozenset(), **given: Any) -> Any:
    """A connection. See `ConnectionTo`."""
    return edge(ConnectionTo(to, roles=roles, **given), description, directives=requires_roles(roles))


def batch(
    function: Answer | str,
    description: str,
    *arguments: StrawberryArgument,
    key: str = "id",
    default: Callable[[], Any] = lambda: None,
    length: Items | None = None,
) -> Any:
    """A computed value. See `Batch`."""
    return edge(Batch(function, key, default, arguments, length), description)
