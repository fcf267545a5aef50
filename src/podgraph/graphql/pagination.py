"""Connections: lists with keyset pagination.

A package declares one for each type of record:

    @strawberry.type(description="A page of tickets.")
    class TicketConnection(Connection[Ticket]):
        relation = repository.TICKETS
        filters = TicketFilter
        orders = TicketOrder
        default_order = (("created_at", True),)
        aggregate: TicketAggregate = field("...")
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

import strawberry

from podgraph.database.read_model import ReadModel
from podgraph.graphql import cursors
from podgraph.graphql.descriptions import field, register_enums
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import BadUserInput

T = TypeVar("T")

DEFAULT_FIRST = 20
MAX_PAGE_SIZE = 100

Ordering = tuple[tuple[str, bool], ...]
"""Columns to order by, each with whether the order is descending."""


class OrderDirection(DescribedEnum):
    """Sort direction. Records without a value come last in both directions."""

    ASC = "ASC", "Ascending: smallest, earliest or alphabetically first value first."
    DESC = "DESC", "Descending: largest, latest or alphabetically last value first."


register_enums(OrderDirection)


@cache
def order_input(fields: type[DescribedEnum]) -> Any:
    """The input type for sorting by one of `fields`: PodOrder for PodOrderField."""
    members = {
        "__annotations__": {"field": fields, "direction": OrderDirection},
        "field": strawberry.field(description="Field to sort by."),
        "direction": strawberry.field(default=OrderDirection.ASC, description="Sort direction."),
    }
    name = fields.__name__.removesuffix("Field")
    return strawberry.input(type(name, (), members), description="Sort order: a field and a direction.")


@strawberry.type(description="Position of a page in its connection.")
class PageInfo:
    has_next_page: bool = field("Whether there are records after this page.")
    has_previous_page: bool = field("Whether there are records before this page.")
    start_cursor: str | None = field("Cursor of the first record, for `before`.")
    end_cursor: str | None = field("Cursor of the last record, for `after`.")


@strawberry.type(description="A record of a connection and its cursor.")
class Edge(Generic[T]):
    cursor: str = field("Position of the record in the connection, for `after` and `before`.")
    node: T = field("The record.")


@strawberry.type(description="A page of records.")
class Connection(Generic[T]):
    relation: ClassVar[ReadModel]
    filters: ClassVar[Any] = None
    orders: ClassVar[Any] = None
    default_order: ClassVar[Ordering] = ()
    default_first: ClassVar[int] = DEFAULT_FIRST
    hidden: ClassVar[tuple[str, str] | None] = None
    """A column and the value whose records are left out, unless the filter names the column."""

    edges: list[Edge[T]] = field("Records of the page, each with its cursor.")
    nodes: list[T] = field("Records of the page.")
    page_info: PageInfo = field("Position of the page, for requesting the next one.")
    total_count: int = field("Number of all records that match, not only those of the page.")


@dataclass(frozen=True)
class Window:
    """The requested page: `size` records after or before a boundary, in an order.

    `boundary` contains the values of the order's columns at the cursor; a backward window contains the last `size`
    records before it.
    """

    order: Ordering
    size: int
    backward: bool
    boundary: tuple[Any, ...] | None
    place: str

    @classmethod
    def of(cls, connection: type[Connection[Any]], arguments: Mapping[str, Any]) -> "Window":
        """Parse `first`, `after`, `last`, `before` and `orderBy`; BAD_USER_INPUT if they are invalid."""
        first, last = arguments.get("first"), arguments.get("last")
        after, before = arguments.get("after"), arguments.get("before")
        if (first is not None or after is not None) and (last is not None or before is not None):
            raise BadUserInput("first and after go forwards, last and before go backwards: give one pair, not both")
        backward = last is not None or before is not None
        size = _size("last", last) if backward else _size("first", first)
        order = _order(connection, arguments.get("order_by"))
        place = f"{connection.relation.name}:{order}"
        cursor = before if backward else after
        boundary = None
        if cursor is not None:
            columns = [connection.relation.prototype[name] for name, _ in order]
            boundary = tuple(cursors.decode(place, cursor, columns))
        return cls(order, size or connection.default_first, backward, boundary, place)

    def cursor(self, record: Any) -> str:
        return cursors.encode(self.place, [getattr(record, name) for name, _ in self.order])


def _size(name: str, given: int | None) -> int | None:
    if given is not None and not 1 <= given <= MAX_PAGE_SIZE:
        raise BadUserInput(f"{name} is {given}; request 1 to {MAX_PAGE_SIZE} records per page")
    return given


def _order(connection: type[Connection[Any]], given: Sequence[Any] | None) -> Ordering:
    chosen = [(str(order.field.value), order.direction == OrderDirection.DESC) for order in given or ()]
    return total_order(connection.relation, chosen or connection.default_order)


def total_order(relation: ReadModel, order: Iterable[tuple[str, bool]], owner: str | None = None) -> Ordering:
    """The order with the primary key as tie-break, so that it is total and the same in every database.

    The `owner` column is omitted, because it is equal for all records of a list.
    """
    columns: dict[str, bool] = {}
    for name, descending in order:
        columns.setdefault(name, descending)
    last = any(list(columns.values())[-1:])
    for key in relation.table.primary_key:
        if key.name != owner:
            columns.setdefault(key.name, last)
    return tuple(columns.items())


@dataclass(slots=True)
class PageResult:
    """The source of a connection's fields. Cursors are encoded on demand."""

    window: Window
    nodes: list[Any]
    more: bool
    total_count: int | None
    aggregate: Any

    @property
    def edges(self) -> list["EdgeResult"]:
        return [EdgeResult(self.window, record) for record in self.nodes]

    @property
    def page_info(self) -> "PageResult":
        return self

    @property
    def has_next_page(self) -> bool:
        return self.window.boundary is not None if self.window.backward else self.more

    @property
    def has_previous_page(self) -> bool:
        return self.more if self.window.backward else self.window.boundary is not None

    @property
    def start_cursor(self) -> str | None:
        return self.window.cursor(self.nodes[0]) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        return self.window.cursor(self.nodes[-1]) if self.nodes else None


@dataclass(slots=True)
class EdgeResult:
    """The source of an edge's fields."""

    window: Window
    node: Any

    @property
    def cursor(self) -> str:
        return self.window.cursor(self.node)
