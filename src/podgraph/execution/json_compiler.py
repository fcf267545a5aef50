"""JSON compiler: compiles relationships to SQL expressions for JSON, so that Python does not process their rows.

    pods            ●   ●          rows, each with a JSON column per relationship:
      team         [{…},{…}]       a subquery of the pods' statement
      slaReports   {"nodes":[…]}   another subquery
        metrics                    a subquery of the subquery

Fields that are columns are compilable: plain fields, money, and to-one relationships, lists and pages of such
fields. A relationship with any other field below it (computed in Python, or a cursor) is read as rows;
relationships further down may be compilable again. Arguments, order, tenant filters and limits are the same as in
the statements of the loaders. If a page at the root is compilable, its statement returns JSON for each record.

If a non-null field has no value, the JSON contains an invalid mark: the level executor then falls back to
graphql-core, and a page at the root is read as rows.

Cost marks precede each record, page and count, one for each selection of it: a field that is selected twice is
executed once and costs twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from graphql.execution.values import VariableValues, get_argument_values
from sqlalchemy import Boolean, Column, ColumnElement, Date, Integer, Select, String, and_, select, true
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
from podgraph.database.read_model import ORGANIZATION, ReadModel, ReadModelAlias
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
from podgraph.database.tenancy import Tenancy
from podgraph.execution.json_pages import EdgeRows, PageField, RootJson, RootRows
from podgraph.execution.projection import JsonColumn, JsonWriter, Projection, declared_by
from podgraph.execution.selection import Selection
from podgraph.graphql.filters import Comparator, shown
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
"""SQL type of each scalar whose JSON the database can build."""

MAX_DEPTH, MAX_FIELDS = 5, 80
"""Maximum nesting of relationships in one expression (SQLite's parser accepts seven), and fields of one object."""


class NotCompilable(Exception):
    """A selection that must be read as rows."""


UNCOMPILABLE = (NotCompilable, BadUserInput, GraphQLError)
"""Errors after which a field is read as rows; its own resolver then reports invalid arguments."""


@dataclass(frozen=True)
class FieldPlan:
    """A relationship field in a document: its nodes, its selection, and the nesting that remains."""

    field: GraphQLField
    declared: EdgeField
    nodes: list[FieldNode]
    below: Selection
    depth: int

    @property
    def target(self) -> GraphQLObjectType:
        """The target type; NotCompilable for an interface or a union."""
        target = get_named_type(self.field.type)
        if not isinstance(target, GraphQLObjectType):
            raise NotCompilable(f"{target} is an interface or a union")
        return target


class JsonCompiler:
    """Compiles the relationships below one field of an operation."""

    def __init__(self, fetch: FieldRequest, variables: VariableValues) -> None:
        # Strawberry's schema converts arguments to input classes.
        self._schema: Any = fetch.info.schema._strawberry_schema  # type: ignore[attr-defined]
        self._variables = variables

    def __call__(self, target: GraphQLObjectType, nodes: list[FieldNode], selection: Selection) -> JsonColumn | None:
        """Compile the relationship that some nodes select; None if it must be read as rows."""
        try:
            _check_type(target, selection)
            return JsonColumn(place_of(nodes), self._compile_field(target, nodes, selection, MAX_DEPTH))
        except UNCOMPILABLE:
            return None

    def page(
        self, target: GraphQLObjectType, nodes: list[FieldNode], selection: Selection, rows: RootRows
    ) -> RootJson | None:
        """Compile a connection at the root; None if it must be read as rows."""
        try:
            fields = self._compile_page_fields(rows, target, selection, MAX_DEPTH + 1)
        except UNCOMPILABLE:
            return None
        return RootJson(COST_MARK * len(nodes) + "{", fields, rows)

    def _compile_record(
        self,
        target: GraphQLObjectType,
        nodes: list[FieldNode],
        selection: Selection,
        depth: int,
        *,
        ready: bool = False,
    ) -> JsonWriter:
        """Compile a record with its selection.

        `ready` if a subquery has selected the computed columns already.
        """
        _check_type(target, selection)
        if len(selection.fields) > MAX_FIELDS:
            raise NotCompilable(f"{len(selection.fields)} fields are too many")
        fields = [
            (_response_key(each), self._compile_field(target, each, selection, depth, ready=ready))
            for each in selection.fields
        ]
        return _compile_object(fields, len(nodes))

    def _compile_field(
        self,
        target: GraphQLObjectType,
        nodes: list[FieldNode],
        selection: Selection,
        depth: int,
        *,
        ready: bool = False,
    ) -> JsonWriter:
        name = nodes[0].name.value
        if name == "__typename":
            return _compile_constant(f'"{target.name}"')
        declared, field = declared_by(target, name), target.fields[name]
        if declared.extensions:
            raise NotCompilable(f"{name} has an extension")
        relation = _read_model_of(target)
        if isinstance(declared, EdgeField):
            if not ready and not relation.computed.keys().isdisjoint(declared.edge.needs):
                # A subquery of the relationship's subquery could not refer to the record.
                raise NotCompilable(f"{name} depends on a computed column")
            return self._compile_edge(FieldPlan(field, declared, nodes, selection.of(nodes), depth))
        if made_of := declared.metadata.get("made_of"):
            return _compile_composite(field.type, relation, made_of, selection.of(nodes))
        if not declared.is_basic_field:
            raise NotCompilable(f"{name} is computed in Python")
        return _compile_leaf(field.type, relation, declared.python_name)

    def _compile_edge(self, plan: FieldPlan) -> JsonWriter:
        edge = plan.declared.edge
        if not plan.depth:
            raise NotCompilable(f"{plan.nodes[0].name.value} is too depth")
        if isinstance(edge, ToOne):
            return self._compile_to_one(edge, plan)
        if isinstance(edge, ToMany):
            return self._compile_to_many(edge, plan)
        # The roles of a connection are checked where it is loaded.
        if isinstance(edge, ConnectionTo) and not edge.is_root and not edge.roles:
            return self._compile_page(edge, plan)
        raise NotCompilable(f"{edge} is not a join of columns")

    def _compile_to_one(self, edge: ToOne, plan: FieldPlan) -> JsonWriter:
        target = plan.target
        relation, record = _read_model_of(target), self._compile_record(target, plan.nodes, plan.below, plan.depth - 1)
        nullable = not isinstance(plan.field.type, GraphQLNonNull)
        # Columns that are part of the foreign key are read without a subquery.
        in_foreign_key = {edge.to, ORGANIZATION}.issuperset(Projection.of(target, plan.below).names)

        def write(source: ReadModelAlias, tenancy: Tenancy) -> JsonSql:
            visible = in_foreign_key and tenancy.sees_whole(relation.area)
            alias = source.from_foreign_key(edge.key, relation, edge.to) if visible else None
            if alias is not None:
                return value_or_null(source[edge.key], record(alias, tenancy), nullable=nullable)
            other = relation.source()
            same = [other[edge.to] == source[edge.key], *other.tenant_filter(tenancy, below=source)]

            def found(text: ColumnElement[str]) -> Select[Any]:
                return select(text).select_from(other.table).where(*same).correlate(source.table)

            return json_one(record(other, tenancy), found, nullable=nullable)

        return write

    def _compile_to_many(self, edge: ToMany, plan: FieldPlan) -> JsonWriter:
        matches = edge.where or (lambda _source: true())
        relation = _read_model_of(plan.target)
        rows = EdgeRows(edge, relation, edge.total_order(relation), matches)
        return rows.json_of(self._compile_record(plan.target, plan.nodes, plan.below, plan.depth - 1))

    def _compile_page(self, edge: ConnectionTo, plan: FieldPlan) -> JsonWriter:
        arguments = self._arguments(plan)
        connection = plan.target.extensions["strawberry-definition"].origin
        window = Window.of(connection, arguments)
        if window.backward:
            raise NotCompilable("`last` reads in reverse order")
        given = arguments.get("filter")
        if given and not _is_plain(given):
            raise NotCompilable("nested filters have no maximum depth")

        def matches(source: ReadModelAlias) -> ColumnElement[bool]:
            return and_(true(), *shown(connection.hidden, given, source))

        matches(connection.relation.prototype)
        rows = EdgeRows(edge, connection.relation, window.order, matches, window)
        fields = self._compile_page_fields(rows, plan.target, plan.below, plan.depth)
        return _compile_object([(field.key, field.write) for field in fields], len(plan.nodes))

    def _compile_page_fields(
        self, rows: EdgeRows | RootRows, target: GraphQLObjectType, selection: Selection, depth: int
    ) -> list[PageField]:
        _check_type(target, selection)

        def write(each: list[FieldNode]) -> JsonWriter:
            match each[0].name.value:
                case "__typename":
                    return _compile_constant(f'"{target.name}"')
                case "totalCount":
                    return lambda source, tenancy: concat(COST_MARK * len(each), rows.count_json(source, tenancy))
                case "nodes":
                    kind: Any = get_named_type(target.fields["nodes"].type)
                    ready = isinstance(rows, RootRows)
                    return rows.json_of(self._compile_record(kind, each, selection.of(each), depth - 1, ready=ready))
                case name:
                    raise NotCompilable(f"{name} is computed from the records")

        return [PageField(_response_key(each), each[0].name.value == "nodes", write(each)) for each in selection.fields]

    def _arguments(self, plan: FieldPlan) -> Mapping[str, Any]:
        given = get_argument_values(plan.field, plan.nodes[0], self._variables)
        config, scalars = self._schema.config, self._schema.schema_converter.scalar_registry
        return convert_arguments(given, plan.declared.arguments, scalars, config)


def _is_plain(given: Any) -> bool:
    """Whether a filter contains only comparators, and no nested filters."""
    values = [getattr(given, each.name) for each in fields(given)]
    return all(value in (None, UNSET) or isinstance(value, Comparator) for value in values)


def _check_type(target: GraphQLObjectType, selection: Selection) -> None:
    if selection.refused:
        raise NotCompilable(f"a condition below a {target.name} is null")
    if not selection.conditions <= {target.name, *(each.name for each in target.interfaces)}:
        raise NotCompilable(f"a fragment on another type than {target.name}")


def _response_key(nodes: list[FieldNode]) -> str:
    """The response key of a field."""
    return (nodes[0].alias or nodes[0].name).value


def _compile_object(fields: Sequence[tuple[str, JsonWriter]], points: int) -> JsonWriter:
    return lambda source, tenancy: json_object(((key, write(source, tenancy)) for key, write in fields), points)


def _compile_constant(text: str) -> JsonWriter:
    return lambda _source, _tenancy: concat(text)


def _read_model_of(target: GraphQLObjectType) -> ReadModel:
    relation = relation_of(target)
    if relation is None:
        raise NotCompilable(f"{target} has no read model")
    return relation


def _compile_composite(
    kind: GraphQLOutputType, relation: ReadModel, made_of: Mapping[str, str], selection: Selection
) -> JsonWriter:
    """Compile an object whose fields are columns; null if the first column is NULL."""
    target: Any = get_named_type(kind)
    _check_type(target, selection)

    def of_value(nodes: list[FieldNode]) -> JsonWriter:
        name = nodes[0].name.value
        if name == "__typename":
            return _compile_constant(f'"{target.name}"')
        return _compile_leaf(target.fields[name].type, relation, made_of[name])

    write_value = _compile_object([(_response_key(nodes), of_value(nodes)) for nodes in selection.fields], 0)
    nullable = not isinstance(kind, GraphQLNonNull)
    first = next(iter(made_of.values()))

    def write(source: ReadModelAlias, tenancy: Tenancy) -> JsonSql:
        return value_or_null(source[first], write_value(source, tenancy), nullable=nullable)

    return write


def _compile_leaf(kind: GraphQLOutputType, relation: ReadModel, name: str) -> JsonWriter:
    """Compile a column with a scalar or enum type."""
    nullable = not isinstance(kind, GraphQLNonNull)
    leaf: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if name not in relation.names:
        raise NotCompilable(f"{name} is not a column")
    write_value = _leaf_writer(leaf, relation.prototype[name])

    def write(source: ReadModelAlias, _tenancy: Tenancy) -> JsonSql:
        column = source[name]
        return value_or_null(column, write_value(column), nullable=nullable)

    return write


def _leaf_writer(leaf: Any, column: ColumnElement[Any]) -> Callable[[ColumnElement[Any]], JsonSql]:
    if isinstance(leaf, GraphQLEnumType) and isinstance(column.type, String):
        return enum_value({str(member.value): name for name, member in leaf.values.items()})
    name = getattr(leaf, "name", "")
    if name == "ID" and getattr(column, "primary_key", False):
        # Ids are issued by the server and need no escapes.
        return quoted
    stored = LEAVES.get(name)
    write = writer(column.type)
    if stored is None or write is None or not isinstance(column.type, stored):
        raise NotCompilable(f"{leaf} of {column.type!r}")
    if stored is Exact and not isinstance(column, Column):
        # A computed decimal may have more decimal places than its type.
        raise NotCompilable("a computed decimal")
    return write
