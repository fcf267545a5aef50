"""Documents generated from the schema, so that a test reaches every field."""

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)
from podgraph.schema import build_schema

GIVEN = {
    "document": '"{ __typename }"',
    "period": '"2026-04"',
    "from": '"2026-01"',
    "to": '"2026-06"',
    "resourceType": "TALENT_HOURS",
}
DAYS = {"from": '"2026-01-01"', "to": '"2026-06-30"'}


def graph() -> GraphQLSchema:
    return build_schema()._schema


def arguments(field: GraphQLField) -> str | None:
    """Literals for the required arguments; None where an id is required."""
    given = []
    for name, argument in field.args.items():
        if name == "first":
            given.append("first: 100")
        if not is_required_argument(argument):
            continue
        kind = get_named_type(argument.type)
        if kind.name == "ID":
            return None
        if name == "by" and isinstance(kind, GraphQLEnumType):
            given.append(f"by: [{' '.join(kind.values)}]")
        else:
            given.append(f"{name}: {DAYS[name] if kind.name == 'Date' else GIVEN[name]}")
    return f"({', '.join(given)})" if given else ""


def selection(kind: GraphQLNamedType, depth: int) -> str:
    """Everything selectable on a type, `depth` records away; empty where there is nothing."""
    if is_abstract_type(kind):
        possible = graph().get_possible_types(kind)
        return "__typename " + " ".join(f"... on {one.name} {{ {leaves(one)} }}" for one in possible)
    return " ".join(_selected(kind, depth))


def leaves(kind: GraphQLNamedType) -> str:
    """The plain fields of a type."""
    return selection(kind, 0) or "__typename"


def _selected(kind: GraphQLNamedType, depth: int) -> Iterator[str]:
    for name, field in kind.fields.items():  # type: ignore[attr-defined]
        given = arguments(field)
        target = get_named_type(field.type)
        if given is None:
            continue
        if is_leaf_type(target):
            yield f"{_alias(kind, name)}{name}{given}"
            continue
        left = depth - _is_record(target)
        if left >= 0 and (inner := selection(target, left)):
            yield f"{_alias(kind, name)}{name}{given} {{ {inner} }}"


def _is_record(kind: GraphQLNamedType) -> bool:
    """Whether a type has ids; parts of a record, connections and measures add no depth."""
    return is_abstract_type(kind) or any(one.name == "Node" for one in getattr(kind, "interfaces", ()))


def _alias(kind: GraphQLNamedType, name: str) -> str:
    # Fields of union members with one name and several types cannot be merged.
    return f"{kind.name}_{name}: "
