from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

import schema_walker
from conftest import Execute
from graphql import GraphQLNamedType, get_named_type, is_leaf_type
from podgraph.auth.viewer import Viewer
from podgraph.graphql.nodes import TYPES
from podgraph.graphql.relationships import Batch, ConnectionTo, Relationship, ToMany, ToOne, edge_of, relation_of
from podgraph.kernel.roles import Role

OWN = [kind for name, kind in schema_walker.graph().type_map.items() if not name.startswith("__")]


def elements(kind: GraphQLNamedType) -> Iterator[tuple[str, Any]]:
    """A type, its fields, arguments and values, each with its name."""
    yield kind.name, kind
    for name, value in getattr(kind, "values", {}).items():
        yield f"{kind.name}.{name}", value
    for name, field in getattr(kind, "fields", {}).items():
        yield f"{kind.name}.{name}", field
        for argument, given in getattr(field, "args", {}).items():
            yield f"{kind.name}.{name}({argument}:)", given


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.name)
def test_every_element_is_described(kind: GraphQLNamedType) -> None:
    assert not [name for name, element in elements(kind) if not element.description]


def edges() -> Iterator[tuple[str, GraphQLNamedType, Relationship]]:
    """Every relationship of the schema, with its source type."""
    for kind in OWN:
        for name in getattr(kind, "fields", {}):
            if edge := edge_of(kind, name):
                yield f"{kind.name}.{name}", kind, edge


EDGES = list(edges())


@pytest.mark.parametrize(("kind", "edge"), [edge[1:] for edge in EDGES], ids=[edge[0] for edge in EDGES])
def test_every_relationship_refers_to_existing_columns_and_functions(
    kind: GraphQLNamedType, edge: Relationship
) -> None:
    relation = relation_of(kind)
    match edge:
        case ToOne(key=key) | Batch(key=key) if relation:
            assert key in relation.names
    if isinstance(edge, Batch):
        assert callable(edge.answer)


@pytest.mark.parametrize(("name", "kind", "edge"), EDGES, ids=[edge[0] for edge in EDGES])
def test_every_relationship_to_records_finds_its_read_model(
    name: str, kind: GraphQLNamedType, edge: Relationship
) -> None:
    target: Any = get_named_type(kind.fields[name.split(".")[1]].type)  # type: ignore[attr-defined]
    if isinstance(edge, ToOne | ToMany | ConnectionTo):
        relation = relation_of(target)
        assert relation is not None
        to = edge.to if isinstance(edge, ToOne) or edge.through is None else None
        assert to is None or to in relation.names


def test_every_record_type_is_found_by_its_prefix() -> None:
    prefixes = {kind.relation.prefix for kind in TYPES.values() if kind.relation.prefix}
    assert {
        "ORG",
        "WS",
        "USR",
        "SCR",
        "PROJ",
        "SUB",
        "POD",
        "MSCOPE",
        "SLA",
        "SLAR",
        "TKT",
        "INC",
    } <= prefixes
    assert {"LIN", "OREQ", "OSCOPE", "OCYCLE", "DLV", "PAY", "CAP", "ALLOC", "EVT"} <= prefixes


RECORDS = [kind for kind in TYPES.values() if kind.relation.prefix]


def alone(kind: Any) -> Iterator[str]:
    """Every field of a record type, each in a separate query."""
    for name, field in schema_walker.graph().type_map[kind.__name__].fields.items():  # type: ignore[attr-defined]
        given, target = schema_walker.arguments(field), get_named_type(field.type)
        if given is not None:
            below = "" if is_leaf_type(target) else f" {{ {schema_walker.leaves(target)} }}"
            yield f"... on {kind.__name__} {{ {name}{given}{below} }}"


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
async def test_every_field_can_be_requested_alone(kind: Any, execute: Execute, demo_engine: AsyncEngine) -> None:
    table, platform = kind.relation.table, Viewer(None, frozenset(), frozenset({Role.SYSTEM}))
    async with demo_engine.connect() as connection:
        ids = list((await connection.execute(select(table.c.id).order_by(table.c.id).limit(20))).scalars())
    for selection in alone(kind):
        document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {selection} }} }}"
        answer = await execute(document, platform, ids=ids)
        assert None not in answer["nodes"]
