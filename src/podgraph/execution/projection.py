"""What a level needs of its records: the columns that its fields look at, and the records beside them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLNamedType, GraphQLObjectType, get_named_type
from podgraph.database.read_model import ReadModel, ReadModelAlias, Tenancy
from podgraph.database.sql_json import JsonSql
from podgraph.execution.selection import Selection
from podgraph.graphql.relationships import EdgeField, FieldKey, ToOne, place_of, relation_of


@dataclass(frozen=True)
class JoinedRelationship:
    """A to-one edge whose records come with the level's own, and what is needed of them."""

    edge: ToOne
    place: FieldKey
    shape: "Projection"


Write = Callable[[ReadModelAlias, Tenancy], JsonSql]
"""Makes the text of a field for a viewer, given a use of the relation that it is a field of."""


@dataclass(frozen=True, eq=False)
class JsonColumn:
    """An edge whose values come with the level's records as JSON, written by the database."""

    place: FieldKey
    write: Write


Texts = Callable[[GraphQLObjectType, list[FieldNode], Selection], JsonColumn | None]
"""How the edge selected by some nodes of a type's selection is written; None where it has to be read."""


def no_json(_target: GraphQLObjectType, _nodes: list[FieldNode], _selection: Selection) -> None:
    """No edge is written: all are read."""


@dataclass(frozen=True)
class Projection:
    """The columns needed of a relation's records, the to-one edges that ride along, and texts of edges."""

    relation: ReadModel
    names: tuple[str, ...]
    rides: tuple[JoinedRelationship, ...] = ()
    texts: tuple[JsonColumn, ...] = ()

    @classmethod
    def whole(cls, relation: ReadModel) -> "Projection":
        """Every column: for records of which nobody knows yet what will be asked."""
        return cls(relation, tuple(relation.names))

    @classmethod
    def of(
        cls,
        target: GraphQLNamedType,
        selection: Selection,
        text_of: Texts = no_json,
        more: Iterable[str] = (),
    ) -> "Projection":
        """What a selection on a type needs, and `more` columns."""
        relation = relation_of(target)
        assert relation is not None, f"{target} has no relation"
        if not isinstance(target, GraphQLObjectType):
            return cls.whole(relation)
        needed = {relation.identity, *more}
        rides, texts = [], []
        for nodes in selection.fields:
            declared = declared_by(target, nodes[0].name.value)
            needed |= _needs(declared, relation)
            if not isinstance(declared, EdgeField):
                continue
            if text := text_of(target, nodes, selection):
                texts.append(text)
            elif isinstance(declared.edge, ToOne):
                below = get_named_type(target.fields[nodes[0].name.value].type)
                if relation_of(below) is not None:
                    shape = cls.of(below, selection.of(nodes), text_of, [declared.edge.to])
                    rides.append(JoinedRelationship(declared.edge, place_of(nodes), shape))
        names = tuple(name for name in relation.names if name in needed)
        return cls(relation, names, tuple(rides), tuple(texts))


def declared_by(target: GraphQLObjectType, name: str) -> Any:
    """What a type says of a field; None for one that every type has."""
    field = target.fields.get(name)
    return field and field.extensions.get("strawberry-definition")


def _needs(declared: Any, relation: ReadModel) -> set[str]:
    """The columns that a field looks at; all of them where it does not say."""
    if declared is None:
        return set()
    if isinstance(declared, EdgeField):
        return set(declared.edge.needs)
    if declared.is_basic_field:
        return {declared.python_name}
    return set(declared.metadata.get("needs", relation.names))
