"""A role sees the areas and workspaces that it is granted, and nothing else, on every path of the graph."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from strawberry.types.base import StrawberryOptional, get_object_definition

import schema_walker
from conftest import Execute
from graphql import get_named_type, is_leaf_type
from podgraph.auth.viewer import WORKSPACE_ROLES, Grant, Grants, Viewer
from podgraph.database.read_model import READ_MODELS, Reader, ReadModel, organization_of, workspace_of
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.demo.reference.tenants import ORGANIZATION, WORKSPACE
from podgraph.execution.plan_cache import cached_plan
from podgraph.graphql.nodes import TYPES
from podgraph.graphql.pagination import Connection
from podgraph.kernel.roles import SEES, Area, Role

USER = "USR-26-000044"
NODES = [one for one in READ_MODELS.values() if one.prefix and one.name in TYPES and one.area != Area.ORGANIZATION]
ROOTS = list(schema_walker.graph().query_type.fields.items())  # type: ignore[union-attr]
ROLES = [
    *(Grant(role, ORGANIZATION, WORKSPACE) for role in sorted(WORKSPACE_ROLES)),
    *(Grant(role, ORGANIZATION) for role in (Role.BILLING, Role.ORG_VIEWER, Role.DELIVERY)),
]


def viewer_of(*grants: Grant) -> Viewer:
    granted = Grants.of(grants)
    return Viewer(USER, frozenset(granted.organizations), granted.roles, granted=granted)


async def records_of(engine: AsyncEngine, relation: ReadModel) -> list[Any]:
    """Every record of one kind, of every organization."""
    async with Snapshot(engine) as snapshot:
        source = relation.source()
        return relation.records(await Reader(snapshot, Tenancy(None), NOW).rows(select(*source.columns)))


async def split(
    engine: AsyncEngine, tenancy: Tenancy, relations: Sequence[ReadModel] = NODES
) -> tuple[set[str], set[str]]:
    """Ids that a viewer may see, and those that are hidden."""
    seen: set[str] = set()
    hidden: set[str] = set()
    for relation in relations:
        for one in await records_of(engine, relation):
            workspace_id = workspace_of(one)
            visible = tenancy.sees(relation.area, organization_of(one), workspace_id)
            if relation.shared and workspace_id is None:
                visible = organization_of(one) in (tenancy.organizations or ()) and tenancy.sees_some(relation.area)
            (seen if visible else hidden).add(one.id)
    return seen, hidden


async def answers(execute: Execute, viewer: Viewer, ids: set[str]) -> dict[str, Any]:
    """What a viewer gets out of the graph from every root, and from the nodes with these ids."""
    given: dict[str, Any] = {}
    for name, field in ROOTS:
        arguments = schema_walker.arguments(field)
        if arguments is not None and name != "nodes":
            target = get_named_type(field.type)
            inner = "" if is_leaf_type(target) else f"{{ {schema_walker.selection(target, 1)} }}"
            given[name] = await execute(f"{{ {name}{arguments} {inner} }}", viewer)
    for relation in READ_MODELS.values():
        own = sorted(one for one in ids if one.startswith(f"{relation.prefix}-"))
        if own and relation.name in TYPES:
            kind = TYPES[relation.name].__name__
            inner = schema_walker.selection(schema_walker.graph().type_map[kind], 1)
            document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {inner} }} }} }}"
            given[kind] = await execute(document, viewer, ids=own[:100])
    return given


async def leaks(execute: Execute, engine: AsyncEngine, viewer: Viewer) -> list[str]:
    """Hidden ids that any answer contains as a record's own id."""
    seen, hidden = await split(engine, viewer.tenancy)
    workspaces = {one.id for one in await records_of(engine, READ_MODELS["organization"])}
    text = json.dumps(await answers(execute, viewer, seen | {ORGANIZATION, *workspaces}))
    return sorted(one for one in hidden if f'"id": "{one}"' in text)


@pytest.mark.parametrize("grant", ROLES, ids=lambda grant: grant.role)
async def test_a_role_sees_no_record_outside_its_area(grant: Grant, execute: Execute, demo_engine: AsyncEngine) -> None:
    assert await leaks(execute, demo_engine, viewer_of(grant)) == []


async def visible_nodes(execute: Execute, viewer: Viewer, ids: list[str]) -> set[str]:
    """The ids of which `nodes` returns a record."""
    found: set[str] = set()
    for start in range(0, len(ids), 100):
        document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        nodes = (await execute(document, viewer, ids=ids[start : start + 100]))["nodes"]
        found |= {node["id"] for node in nodes if node}
    return found


@pytest.mark.parametrize("grant", ROLES, ids=lambda grant: grant.role)
@pytest.mark.parametrize("relation", NODES, ids=lambda relation: relation.name)
async def test_a_role_sees_exactly_its_nodes(
    relation: ReadModel, grant: Grant, execute: Execute, demo_engine: AsyncEngine
) -> None:
    viewer = viewer_of(grant)
    seen, hidden = await split(demo_engine, viewer.tenancy, [relation])
    ids = sorted(seen | hidden)[:300]
    assert await visible_nodes(execute, viewer, ids) == seen & set(ids)


@contextmanager
def unguarded(relation: ReadModel) -> Iterator[None]:
    """Without the guard of one kind of record."""
    kept, relation.area = relation.area, Area.ORGANIZATION
    cached_plan.cache_clear()
    try:
        yield
    finally:
        relation.area = kept
        cached_plan.cache_clear()


# The demo has no invitations.
@pytest.mark.parametrize(
    "relation", [one for one in NODES if one.name != "invitation"], ids=lambda relation: relation.name
)
async def test_a_missing_guard_is_noticed(relation: ReadModel, execute: Execute, demo_engine: AsyncEngine) -> None:
    ours = {one.id for one in await records_of(demo_engine, relation) if one.organization_id == ORGANIZATION}
    for grant in (Grant(Role.MEMBER, ORGANIZATION, WORKSPACE), Grant(Role.ORG_VIEWER, ORGANIZATION)):
        viewer = viewer_of(grant)
        ids = sorted(ours & (await split(demo_engine, viewer.tenancy, [relation]))[1])[:100]
        if ids:
            break
    with unguarded(relation):
        assert await visible_nodes(execute, viewer, ids) == set(ids)
    assert ids


def roles_of(area: Area) -> set[Role]:
    return set(SEES[area]) - {Role.OPERATOR, Role.SYSTEM}


def test_a_required_reference_is_visible_with_its_record() -> None:
    broken = [
        f"{TYPES[relation.name].__name__}.{field.name}"
        for relation in READ_MODELS.values()
        if relation.name in TYPES
        for field in get_object_definition(TYPES[relation.name], strict=True).fields
        if (target := getattr(field.type, "relation", None)) is not None
        and not isinstance(field.type, StrawberryOptional)
        and Connection not in getattr(field.type, "__mro__", ())
        and not roles_of(relation.area) <= roles_of(target.area)
    ]
    assert broken == []
