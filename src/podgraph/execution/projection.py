"""Projection: the columns, joined records and JSON columns that a selection requires."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLNamedType, GraphQLObjectType, get_named_type
from podgraph.database.read_model import ReadModel, ReadModelAlias
from podgraph.database.sql_json import JsonSql
from podgraph.database.tenancy import Tenancy
from podgraph.execution.selection import Selection
from podgraph.graphql.relationships import EdgeField, FieldKey, ToOne, place_of, relation_of


@dataclass(frozen=True)
class JoinedRelationship:
    """A to-one relationship that is joined to its level's statement, and the projection of its records."""

    edge: ToOne
    place: FieldKey
    projection: "Projection"


JsonWriter = Callable[[ReadModelAlias, Tenancy], JsonSql]
"""Builds the JSON of a field for a tenancy, from an alias of its read model."""


@dataclass(frozen=True, eq=False)
class JsonColumn:
    """A relationship that is loaded as a JSON column of its level's statement."""

    place: FieldKey
    write: JsonWriter


CompileJson = Callable[[GraphQLObjectType, list[FieldNode], Selection], JsonColumn | None]
"""Compiles the relationship that some nodes select; None if it must be read as rows."""


def no_json(_target: GraphQLObjectType, _nodes: list[FieldNode], _selection: Selection) -> None:
    """Compile no relationship: all are read as rows."""


@dataclass(frozen=True)
class Projection:
    """The columns, joined to-one relationships and JSON columns of a read model that a selection requires."""

    relation: ReadModel
    names: tuple[str, ...]
    joins: tuple[JoinedRelationship, ...] = ()
    json_columns: tuple[JsonColumn, ...] = ()

    @classmethod
    def all_columns(cls, relation: ReadModel) -> "Projection":
        """All columns, for records whose selection is not known yet."""
        return cls(relation, tuple(relation.names))

    @classmethod
    def of(
        cls,
        target: GraphQLNamedType,
        selection: Selection,
        compile_json: CompileJson = no_json,
        more: Iterable[str] = (),
    ) -> "Projection":
        """The projection of a selection on a type, with `more` columns."""
        relation = relation_of(target)
        assert relation is not None, f"{target} has no relation"
        if not isinstance(target, GraphQLObjectType):
            return cls.all_columns(relation)
        needed = {relation.identity, *more}
        joins, json_columns = [], []
        for nodes in selection.fields:
            declared = declared_by(target, nodes[0].name.value)
            needed |= _needed_columns(declared, relation)
            if not isinstance(declared, EdgeField):
                continue
            if column := compile_json(target, nodes, selection):
                json_columns.append(column)
            elif isinstance(declared.edge, ToOne):
                below = get_named_type(target.fields[nodes[0].name.value].type)
                if relation_of(below) is not None:
                    projection = cls.of(below, selection.of(nodes), compile_json, [declared.edge.to])
                    joins.append(JoinedRelationship(declared.edge, place_of(nodes), projection))
        names = tuple(name for name in relation.names if name in needed)
        return cls(relation, names, tuple(joins), tuple(json_columns))


def declared_by(target: GraphQLObjectType, name: str) -> Any:
    """The declaration of a field; None for `__typename`."""
    field = target.fields.get(name)
    return field and field.extensions.get("strawberry-definition")


def _needed_columns(declared: Any, relation: ReadModel) -> set[str]:
    """The columns that a field reads; all columns if it does not declare them."""
    if declared is None:
        return set()
    if isinstance(declared, EdgeField):
        return set(declared.edge.needs)
    if declared.is_basic_field:
        return {declared.python_name}
    return set(declared.metadata.get("needs", relation.names))
