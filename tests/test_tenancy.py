"""A caller of another organization cannot read, count or aggregate any of its records."""

import json
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

import schema_walker
from conftest import Execute
from graphql import get_named_type, is_leaf_type
from podgraph.auth.viewer import Viewer
from podgraph.database.read_model import READ_MODELS
from podgraph.graphql.nodes import TYPES
from podgraph.kernel.roles import Role
from podgraph.tables import metadata

OURS = "ORG-26-090500"
STRANGER_ORGANIZATION = "ORG-26-090611"
STRANGER = Viewer("USR-26-000061", frozenset({STRANGER_ORGANIZATION}), frozenset({Role.ORG_OWNER}))
NODES = [relation for relation in READ_MODELS.values() if relation.prefix and relation.name in TYPES]
ROOTS = list(schema_walker.graph().query_type.fields.items())  # type: ignore[union-attr]


async def ids_of(engine: AsyncEngine, table: str, organization: str) -> list[str]:
    """The ids of an organization's rows; users belong to an organization by their membership."""
    rows = metadata.tables[table]
    owner = rows.c["id" if table == "organization" else "organization_id"]
    async with engine.connect() as connection:
        return list((await connection.execute(select(rows.c.id).where(owner == organization))).scalars())


async def forget(engine: AsyncEngine, organization: str) -> None:
    """Delete all rows of an organization."""
    async with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name in ("organization", "user"):
                continue
            if "organization_id" in table.c:
                await connection.execute(delete(table).where(table.c.organization_id == organization))


@pytest.mark.parametrize("relation", NODES, ids=lambda relation: relation.name)
async def test_nodes_of_another_organization_are_null(
    relation: Any, execute: Execute, demo_engine: AsyncEngine
) -> None:
    ids = await ids_of(demo_engine, relation.name, OURS)
    visible = await execute("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids[:100])
    hidden = await execute("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", STRANGER, ids=ids[:100])
    if relation.name != "user":
        assert [node["id"] for node in visible["nodes"]] == ids[:100]
    assert hidden["nodes"] == [None] * len(ids[:100])


@pytest.mark.parametrize("name", [name for name, field in ROOTS if "id" in field.args and name != "node"])
async def test_records_of_another_organization_are_null_from_every_root(
    name: str, execute: Execute, demo_engine: AsyncEngine
) -> None:
    field = dict(ROOTS)[name]
    kind = get_named_type(field.type).name
    relation = next(one for one in NODES if TYPES[one.name].__name__ == kind)
    for identity in (await ids_of(demo_engine, relation.name, OURS))[:5]:
        answer = await execute(f'{{ {name}(id: "{identity}") {{ id }} }}', STRANGER)
        assert answer == {name: None}


async def answers(execute: Execute, ids: list[str]) -> str:
    """All data visible to a caller of another organization, from every root and every node of the caller."""
    given: dict[str, Any] = {}
    for name, field in ROOTS:
        arguments = schema_walker.arguments(field)
        if arguments is not None and name != "nodes":
            target = get_named_type(field.type)
            inner = "" if is_leaf_type(target) else f"{{ {schema_walker.selection(target, 1)} }}"
            given[name] = await execute(f"{{ {name}{arguments} {inner} }}", STRANGER)
    for relation in NODES:
        kind = TYPES[relation.name].__name__
        inner = schema_walker.selection(schema_walker.graph().type_map[kind], 1)
        own = [one for one in ids if one.startswith(f"{relation.prefix}-")]
        document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {inner} }} }} }}"
        given[kind] = await execute(document, STRANGER, ids=own[:100])
    return json.dumps(given)


@pytest.mark.writes
async def test_response_to_a_stranger_equals_one_without_the_organization(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    own = [one for relation in NODES for one in await ids_of(demo_engine, relation.name, STRANGER_ORGANIZATION)]
    others = [one for relation in NODES for one in await ids_of(demo_engine, relation.name, OURS)]
    with_it = await answers(execute, own)
    assert all(f'"{one}"' in with_it for one in own)
    assert not [one for one in others if f'"{one}"' in with_it]
    await forget(demo_engine, OURS)
    assert await answers(execute, own) == with_it


@pytest.mark.parametrize("roles", [frozenset({Role.ORG_VIEWER}), frozenset()], ids=["viewer", "no roles"])
async def test_viewer_of_an_organization_sees_no_workspace_content(execute: Execute, roles: frozenset[Role]) -> None:
    viewer = Viewer("USR-26-000044", frozenset({OURS}), roles)
    document = """
        { organization(id: "ORG-26-090500") {
            workspaces { nodes { id } } pods { totalCount aggregate { count } }
            spend(from: "2026-01", to: "2026-05") { total { amount } }
          }
          pod(id: "POD-26-000008") { id } events { totalCount } }
    """
    answer = await execute(document, viewer)
    assert bool(answer["organization"]["workspaces"]["nodes"]) == bool(roles)
    assert answer["organization"]["pods"] == {"totalCount": 0, "aggregate": {"count": 0}}
    assert answer["organization"]["spend"]["total"]["amount"] == "0.00"
    assert (answer["pod"], answer["events"]["totalCount"]) == (None, 0)
