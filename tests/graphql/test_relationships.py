"""Relationships: every list has a total order, the same on every path and database."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import UniqueConstraint, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Server, context_for, patient_engine
from graphql import GraphQLNamedType, get_named_type
from podgraph.database.read_model import READ_MODELS, ReadModel
from podgraph.graphql.pagination import OrderDirection, Window, order_input
from podgraph.graphql.relationships import ConnectionTo, ToMany, edge_of, relation_of
from podgraph.schema import EXECUTORS, build_schema
from podgraph.tables import metadata
from schema_walker import graph


def lists() -> Iterator[tuple[str, ToMany | ConnectionTo, GraphQLNamedType]]:
    """Every list and connection of the schema: its place, relationship and target type."""
    for name, kind in graph().type_map.items():
        for field_name, field in getattr(kind, "fields", {}).items():
            edge = edge_of(kind, field_name)
            if isinstance(edge, ToMany | ConnectionTo):
                yield f"{name}.{field_name}", edge, get_named_type(field.type)


def connection_of(target: GraphQLNamedType) -> Any:
    return target.extensions["strawberry-definition"].origin


def orders(edge: ToMany | ConnectionTo, target: GraphQLNamedType) -> Iterator[tuple[tuple[str, bool], ...]]:
    """Every order of a list: the default, and by each field in both directions."""
    if isinstance(edge, ToMany):
        relation = relation_of(target)
        assert relation is not None
        yield edge.total_order(relation)
        return
    connection = connection_of(target)
    yield Window.of(connection, {}).order
    for one in connection.orders or ():
        for direction in OrderDirection:
            given = order_input(connection.orders)(field=one, direction=direction)
            yield Window.of(connection, {"order_by": [given]}).order


def keys(relation: ReadModel) -> Iterator[set[str]]:
    """The sets of columns that are unique and never NULL."""
    table = metadata.tables[relation.name]
    yield {column.name for column in table.primary_key}
    for rule in table.constraints:
        if isinstance(rule, UniqueConstraint) and not any(column.nullable for column in rule.columns):
            yield {column.name for column in rule.columns}


def owners(edge: ToMany | ConnectionTo, relation: ReadModel) -> set[str]:
    """The columns that are equal for all records of one source's list."""
    if edge.through is None:
        return {edge.to or ""}
    link = metadata.tables[edge.through.table]
    if edge.through.repeats:
        return set()
    assert {column.name for column in link.primary_key} == {edge.through.near, edge.through.far}
    return set()


LISTS = {place: (edge, target) for place, edge, target in lists()}


@pytest.mark.parametrize("place", LISTS)
def test_every_order_of_every_list_has_a_tie_break(place: str) -> None:
    edge, target = LISTS[place]
    relation = relation_of(target) if isinstance(edge, ToMany) else connection_of(target).relation
    assert relation is not None
    assert READ_MODELS[relation.name] is relation
    for order in orders(edge, target):
        settled = {name for name, _ in order} | owners(edge, relation)
        assert any(key <= settled for key in keys(relation)), (place, order)
        assert len(order) == len(dict(order))


def test_walk_reaches_every_type() -> None:
    assert {"Talent.podMemberships", "Organization.subscriptions", "Query.pods", "Pod.projects"} <= set(LISTS)
    assert len(LISTS) > 40


MEMBERSHIPS = """query ($talent: ID!, $organization: ID!) {
  node(id: $talent) { ... on Talent { podMemberships { pod { id } } } }
  organization(id: $organization) { talent(first: 100) { nodes { id podMemberships { pod { id } } } } }
}"""


@pytest.mark.writes
@pytest.mark.parametrize("executor", EXECUTORS)
async def test_simultaneous_memberships_have_a_stable_order(demo_engine: AsyncEngine, executor: str) -> None:
    member, pod = metadata.tables["pod_member"], metadata.tables["pod"]
    async with demo_engine.begin() as connection:
        one = (await connection.execute(select(member).order_by(member.c.talent_id).limit(1))).mappings().one()
        pods = list(await connection.scalars(select(pod.c.id).where(pod.c.organization_id == one["organization_id"])))
        shuffled = sorted(pods)[::2] + sorted(pods)[1::2]
        await connection.execute(delete(member))
        await connection.execute(insert(member), [{**one, "pod_id": each, "left_at": None} for each in shuffled])
    assert shuffled not in (sorted(pods), sorted(pods, reverse=True))

    variables = {"talent": one["talent_id"], "organization": one["organization_id"]}
    result = await build_schema(executor).execute(
        MEMBERSHIPS, variable_values=variables, context_value=context_for(demo_engine)
    )

    assert result.errors is None
    data: Any = result.data
    (nested,) = [
        each["podMemberships"] for each in data["organization"]["talent"]["nodes"] if each["id"] == one["talent_id"]
    ]
    latest_first = [{"pod": {"id": each}} for each in sorted(pods, reverse=True)]
    assert nested == data["node"]["podMemberships"] == latest_first


ROOTS = [
    place
    for place, (edge, _) in LISTS.items()
    # The demo has no invitations.
    if place.startswith("Query.") and isinstance(edge, ConnectionTo) and place != "Query.invitations"
]


@pytest.fixture
def demo_urls(servers: dict[str, Server]) -> list[str]:
    return [server.shared_demo() for server in servers.values()]


@pytest.mark.parametrize("place", ROOTS)
async def test_connection_has_the_same_order_on_both_databases(demo_urls: list[str], place: str) -> None:
    name, orders = place.removeprefix("Query."), connection_of(LISTS[place][1]).orders
    ways = [f"{{ field: {one.name}, direction: {way.name} }}" for one in orders or () for way in OrderDirection]
    asked = [f"first: 100, orderBy: [{way}]" for way in ways] + ["first: 100", "last: 100"]
    pages = " ".join(f"a{n}: {name}({given}) {{ nodes {{ id }} }}" for n, given in enumerate(asked))
    found: list[Any] = []
    for url in demo_urls:
        engine = patient_engine(url)
        result = await build_schema().execute(f"{{ {pages} }}", context_value=context_for(engine))
        await engine.dispose()
        assert result.errors is None
        found.append(result.data)
    assert found[0] == found[1]
    assert any(page["nodes"] for page in found[0].values())
