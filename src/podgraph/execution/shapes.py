"""What a level needs of its records: the columns that its fields look at, and the records beside them."""

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type

from podgraph.database.relation import Relation
from podgraph.execution.edges import EdgeField, One, Place, place_of, relation_of
from podgraph.execution.selection import Selection


@dataclass(frozen=True)
class Ride:
    """A to-one edge whose records come with the level's own, and what is needed of them."""

    edge: One
    place: Place
    shape: "Shape"


@dataclass(frozen=True)
class Shape:
    """The columns needed of a relation's records, and the to-one edges that ride along."""

    relation: Relation
    names: tuple[str, ...]
    rides: tuple[Ride, ...] = ()

    @classmethod
    def whole(cls, relation: Relation) -> "Shape":
        """Every column: for records of which nobody knows yet what will be asked."""
        return cls(relation, tuple(relation.names))

    @classmethod
    def of(cls, target: GraphQLNamedType, selection: Selection, *more: str) -> "Shape":
        """What a selection on a type needs, and `more` columns."""
        relation = relation_of(target)
        assert relation is not None, f"{target} has no relation"
        if not isinstance(target, GraphQLObjectType):
            return cls.whole(relation)
        needed = {relation.identity, *more}
        rides = []
        for nodes in selection.fields:
            declared = _declared(target, nodes[0].name.value)
            needed |= _needs(declared, relation)
            if isinstance(declared, EdgeField) and isinstance(declared.edge, One):
                below = get_named_type(target.fields[nodes[0].name.value].type)
                if relation_of(below) is not None:
                    shape = cls.of(below, selection.of(nodes), declared.edge.to)
                    rides.append(Ride(declared.edge, place_of(nodes), shape))
        return cls(relation, tuple(name for name in relation.names if name in needed), tuple(rides))


def _declared(target: GraphQLObjectType, name: str) -> Any:
    field = target.fields.get(name)
    return field and field.extensions.get("strawberry-definition")


def _needs(declared: Any, relation: Relation) -> set[str]:
    """The columns that a field looks at; all of them where it does not say."""
    if declared is None:
        return set()
    if isinstance(declared, EdgeField):
        return set(declared.edge.needs)
    if declared.is_basic_field:
        return {declared.python_name}
    return set(declared.metadata.get("needs", relation.names))
