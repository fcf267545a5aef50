"""Edges that the database writes as JSON, so that Python touches none of their rows.

    pods            ●   ●          rows, as ever, and with each of them a text for an edge:
      team         [{…},{…}]       a subquery of the pods' statement
      slaReports   {"nodes":[…]}   another one
        metrics                    a subquery within that

What is written is what columns say: plain fields, amounts of money, and to-one edges, lists and pages
of such. An edge below which anything else is selected, a figure that Python works out or a cursor, is
read as rows, and edges further down may be written again. Arguments, order, tenants' guards and limits
are those that the loaders' statements have. A page at the root of which all is such is a text for each
record, and no record is made.

A text in which there is a gap, a null that may not be, is left to graphql-core by the level executor; a
page at the root is then read as rows.

Each record, page and count in a text has its points before it, one for each time that it is selected:
what is selected twice is executed once, and charged twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from graphql.execution.values import VariableValues, get_argument_values
from sqlalchemy import Boolean, Column, ColumnElement, Date, Integer, Select, String, select, true
from sqlmodel.sql.sqltypes import UTCDateTime
from strawberry import UNSET
from strawberry.types.arguments import convert_arguments

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
)
from podgraph.database.columns import Exact
from podgraph.database.read_model import ORGANIZATION, ReadModel, ReadModelAlias, Tenancy
from podgraph.database.sql_json import (
    COST_MARK,
    JsonSql,
    concat,
    enum_value,
    json_object,
    json_one,
    quoted,
    value_or_null,
    writer,
)
from podgraph.execution.json_pages import EdgeRows, PageField, RootJson, RootRows
from podgraph.execution.projection import JsonColumn, Projection, Write, declared_by
from podgraph.execution.selection import Selection
from podgraph.graphql.filters import Comparator, condition
from podgraph.graphql.pagination import Window
from podgraph.graphql.relationships import ConnectionTo, EdgeField, FieldRequest, ToMany, ToOne, place_of, relation_of
from podgraph.kernel.errors import BadUserInput

LEAVES = {
    "Boolean": Boolean,
    "Date": Date,
    "DateTime": UTCDateTime,
    "Decimal": Exact,
    "ID": String,
    "Int": Integer,
    "Period": String,
    "String": String,
    "URL": String,
}
"""The SQL type whose values the database writes as each scalar is written."""

MAX_DEPTH, MAX_FIELDS = 5, 80
"""Edges below each other in one text, of which SQLite's parser takes seven, and fields of one object."""


class NotCompilable(Exception):
    """A selection that has to be read as rows."""


UNWRITTEN = (NotCompilable, BadUserInput, GraphQLError)
"""Why a field is read instead: what is wrong with an argument is told by its own field then, if at all."""


@dataclass(frozen=True)
class FieldPlan:
    """A field that leads further, as it is asked for: its nodes, what is selected below, and how deep."""

    field: GraphQLField
    declared: EdgeField
    nodes: list[FieldNode]
    below: Selection
    deep: int

    @property
    def target(self) -> GraphQLObjectType:
        """The type that it leads to; NotWritten where that is one of several."""
        target = get_named_type(self.field.type)
        if not isinstance(target, GraphQLObjectType):
            raise NotCompilable(f"{target} is of several types")
        return target


class JsonCompiler:
    """How the edges below one field of an operation are written."""

    def __init__(self, fetch: FieldRequest, variables: VariableValues) -> None:
        # Strawberry's schema knows the inputs that arguments are made into.
        self._schema: Any = fetch.info.schema._strawberry_schema  # type: ignore[attr-defined]
        self._variables = variables

    def __call__(self, target: GraphQLObjectType, nodes: list[FieldNode], selection: Selection) -> JsonColumn | None:
        """How the edge selected by some nodes is written; None where it has to be read."""
        try:
            _check(target, selection)
            return JsonColumn(place_of(nodes), self._field(target, nodes, selection, MAX_DEPTH))
        except UNWRITTEN:
            return None

    def page(
        self, target: GraphQLObjectType, nodes: list[FieldNode], selection: Selection, rows: RootRows
    ) -> RootJson | None:
        """How a connection at the root is written; None where it has to be read."""
        try:
            fields = self._page_fields(rows, target, selection, MAX_DEPTH + 1)
        except UNWRITTEN:
            return None
        return RootJson(COST_MARK * len(nodes) + "{", fields, rows)

    def _record(
        self,
        target: GraphQLObjectType,
        nodes: list[FieldNode],
        selection: Selection,
        deep: int,
        *,
        ready: bool = False,
    ) -> Write:
        """A record that some nodes lead to, of which a selection is asked.

        It is `ready` where what has to be worked out of it is so already.
        """
        _check(target, selection)
        if len(selection.fields) > MAX_FIELDS:
            raise NotCompilable(f"{len(selection.fields)} fields are too many")
        fields = [(_key(each), self._field(target, each, selection, deep, ready=ready)) for each in selection.fields]
        return _object(fields, len(nodes))

    def _field(
        self,
        target: GraphQLObjectType,
        nodes: list[FieldNode],
        selection: Selection,
        deep: int,
        *,
        ready: bool = False,
    ) -> Write:
        name = nodes[0].name.value
        if name == "__typename":
            return _constant(f'"{target.name}"')
        declared, field = declared_by(target, name), target.fields[name]
        if declared.extensions:
            raise NotCompilable(f"{name} has an extension, which is Python")
        relation = _relation(target)
        if isinstance(declared, EdgeField):
            if not ready and not relation.computed.keys().isdisjoint(declared.edge.needs):
                # A subquery within the edge's own could not see the record that it is of.
                raise NotCompilable(f"{name} begins at a column that is worked out")
            return self._edge(FieldPlan(field, declared, nodes, selection.of(nodes), deep))
        if made_of := declared.metadata.get("made_of"):
            return _composite(field.type, relation, made_of, selection.of(nodes))
        if not declared.is_basic_field:
            raise NotCompilable(f"{name} is worked out")
        return _leaf(field.type, relation, declared.python_name)

    def _edge(self, asked: FieldPlan) -> Write:
        edge = asked.declared.edge
        if not asked.deep:
            raise NotCompilable(f"{asked.nodes[0].name.value} is too deep")
        if isinstance(edge, ToOne):
            return self._one(edge, asked)
        if isinstance(edge, ToMany):
            return self._many(edge, asked)
        # Whether a page with roles is for the viewer is asked where it is loaded.
        if isinstance(edge, ConnectionTo) and not edge.is_root and not edge.roles:
            return self._page(edge, asked)
        raise NotCompilable(f"no column says what {edge} leads to")

    def _one(self, edge: ToOne, asked: FieldPlan) -> Write:
        target = asked.target
        relation, record = _relation(target), self._record(target, asked.nodes, asked.below, asked.deep - 1)
        nullable = not isinstance(asked.field.type, GraphQLNonNull)
        # What a foreign key says of a record needs no look at it.
        named = {edge.to, ORGANIZATION}.issuperset(Projection.of(target, asked.below).names)

        def write(source: ReadModelAlias, tenancy: Tenancy) -> JsonSql:
            along = source.from_foreign_key(edge.key, relation, edge.to) if named and tenancy.sees_work else None
            if along is not None:
                return value_or_null(source[edge.key], record(along, tenancy), nullable=nullable)
            other = relation.source()
            same = [other[edge.to] == source[edge.key], *other.tenant_filter(tenancy, below=source)]

            def found(text: ColumnElement[str]) -> Select[Any]:
                return select(text).select_from(other.table).where(*same).correlate(source.table)

            return json_one(record(other, tenancy), found, nullable=nullable)

        return write

    def _many(self, edge: ToMany, asked: FieldPlan) -> Write:
        matches = edge.where or (lambda _source: true())
        relation = _relation(asked.target)
        rows = EdgeRows(edge, relation, edge.total_order(relation), matches)
        return rows.listed(self._record(asked.target, asked.nodes, asked.below, asked.deep - 1))

    def _page(self, edge: ConnectionTo, asked: FieldPlan) -> Write:
        arguments = self._arguments(asked)
        connection = asked.target.extensions["strawberry-definition"].origin
        window = Window.of(connection, arguments)
        if window.backward:
            raise NotCompilable("the last of a list are read in reverse")
        given = arguments.get("filter")
        if given and not _is_plain(given):
            raise NotCompilable("filters within filters go as deep as they like")

        def matches(source: ReadModelAlias) -> ColumnElement[bool]:
            return condition(given, source) if given else true()

        matches(connection.relation.prototype)
        rows = EdgeRows(edge, connection.relation, window.order, matches, window)
        fields = self._page_fields(rows, asked.target, asked.below, asked.deep)
        return _object([(field.key, field.write) for field in fields], len(asked.nodes))

    def _page_fields(
        self, rows: EdgeRows | RootRows, target: GraphQLObjectType, selection: Selection, deep: int
    ) -> list[PageField]:
        _check(target, selection)

        def write(each: list[FieldNode]) -> Write:
            match each[0].name.value:
                case "__typename":
                    return _constant(f'"{target.name}"')
                case "totalCount":
                    return lambda source, tenancy: concat(COST_MARK * len(each), rows.count(source, tenancy))
                case "nodes":
                    kind: Any = get_named_type(target.fields["nodes"].type)
                    ready = isinstance(rows, RootRows)
                    return rows.listed(self._record(kind, each, selection.of(each), deep - 1, ready=ready))
                case name:
                    raise NotCompilable(f"{name} is made of what was read")

        return [PageField(_key(each), each[0].name.value == "nodes", write(each)) for each in selection.fields]

    def _arguments(self, asked: FieldPlan) -> Mapping[str, Any]:
        given = get_argument_values(asked.field, asked.nodes[0], self._variables)
        config, scalars = self._schema.config, self._schema.schema_converter.scalar_registry
        return convert_arguments(given, asked.declared.arguments, scalars, config)


def _is_plain(given: Any) -> bool:
    """Whether a filter has no other filters in it, only comparators."""
    values = [getattr(given, each.name) for each in fields(given)]
    return all(value in (None, UNSET) or isinstance(value, Comparator) for value in values)


def _check(target: GraphQLObjectType, selection: Selection) -> None:
    if selection.refused:
        raise NotCompilable(f"a condition below a {target.name} is null")
    if not selection.conditions <= {target.name, *(each.name for each in target.interfaces)}:
        raise NotCompilable(f"a fragment on another type says nothing of a {target.name}")


def _key(nodes: list[FieldNode]) -> str:
    """The response key of a field."""
    return (nodes[0].alias or nodes[0].name).value


def _object(fields: Sequence[tuple[str, Write]], points: int) -> Write:
    return lambda source, tenancy: json_object(((key, write(source, tenancy)) for key, write in fields), points)


def _constant(text: str) -> Write:
    return lambda _source, _tenancy: concat(text)


def _relation(target: GraphQLObjectType) -> ReadModel:
    relation = relation_of(target)
    if relation is None:
        raise NotCompilable(f"{target} is no relation's")
    return relation


def _composite(kind: GraphQLOutputType, relation: ReadModel, made_of: Mapping[str, str], selection: Selection) -> Write:
    """A value made of columns: its fields by the columns' names, null where the first column is."""
    target: Any = get_named_type(kind)
    _check(target, selection)

    def of_value(nodes: list[FieldNode]) -> Write:
        name = nodes[0].name.value
        if name == "__typename":
            return _constant(f'"{target.name}"')
        return _leaf(target.fields[name].type, relation, made_of[name])

    write_value = _object([(_key(nodes), of_value(nodes)) for nodes in selection.fields], 0)
    nullable = not isinstance(kind, GraphQLNonNull)
    first = next(iter(made_of.values()))

    def write(source: ReadModelAlias, tenancy: Tenancy) -> JsonSql:
        return value_or_null(source[first], write_value(source, tenancy), nullable=nullable)

    return write


def _leaf(kind: GraphQLOutputType, relation: ReadModel, name: str) -> Write:
    """A column's value as a scalar or an enum writes it."""
    nullable = not isinstance(kind, GraphQLNonNull)
    leaf: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if name not in relation.names:
        raise NotCompilable(f"{name} is no column")
    write_value = _value(leaf, relation.prototype[name])

    def write(source: ReadModelAlias, _tenancy: Tenancy) -> JsonSql:
        column = source[name]
        return value_or_null(column, write_value(column), nullable=nullable)

    return write


def _value(leaf: Any, column: ColumnElement[Any]) -> Callable[[ColumnElement[Any]], JsonSql]:
    if isinstance(leaf, GraphQLEnumType) and isinstance(column.type, String):
        return enum_value({str(member.value): name for name, member in leaf.values.items()})
    name = getattr(leaf, "name", "")
    if name == "ID" and getattr(column, "primary_key", False):
        # We issued it: it has nothing that JSON writes otherwise.
        return quoted
    stored = LEAVES.get(name)
    write = writer(column.type)
    if stored is None or write is None or not isinstance(column.type, stored):
        raise NotCompilable(f"{leaf} of {column.type!r}")
    if stored is Exact and not isinstance(column, Column):
        # A decimal that is worked out may have more places than its type says.
        raise NotCompilable("a decimal that is worked out")
    return write
