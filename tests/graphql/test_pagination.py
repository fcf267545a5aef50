from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute
from podgraph.tables import metadata

ORDERS = [
    "",
    "orderBy: [{ field: CREATED_AT }]",
    "orderBy: [{ field: UTILISATION_PERCENT, direction: DESC }]",
    "orderBy: [{ field: UTILISATION_PERCENT }]",
    "orderBy: [{ field: COMMITTED, direction: DESC }, { field: UTILISATION_PERCENT }]",
    "orderBy: [{ field: ENDS_AT }]",
    "orderBy: [{ field: ENDS_AT, direction: DESC }]",
]
PAGE = """{
    nodes { id }
    edges { cursor node { id } }
    totalCount
    pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
}"""


async def page(execute: Execute, arguments: str) -> Any:
    return (await execute(f"{{ allocations({arguments}) {PAGE} }}"))["allocations"]


def ids(found: Any) -> list[str]:
    return [node["id"] for node in found["nodes"]]


@pytest.mark.parametrize("order", ORDERS)
async def test_forward_pages_cover_all_records(execute: Execute, order: str) -> None:
    whole = ids(await page(execute, f"{order} first: 100"))
    walked, after = [], ""
    while True:
        found = await page(execute, f"{order} first: 2 {after}")
        walked += ids(found)
        assert found["totalCount"] == len(whole)
        if not found["pageInfo"]["hasNextPage"]:
            break
        after = f'after: "{found["pageInfo"]["endCursor"]}"'
    assert len(whole) > 4
    assert walked == whole


@pytest.mark.parametrize("order", ORDERS)
async def test_backward_pages_cover_all_records(execute: Execute, order: str) -> None:
    whole = ids(await page(execute, f"{order} first: 100"))
    walked: list[str] = []
    before = ""
    while True:
        found = await page(execute, f"{order} last: 2 {before}")
        walked = ids(found) + walked
        if not found["pageInfo"]["hasPreviousPage"]:
            break
        before = f'before: "{found["pageInfo"]["startCursor"]}"'
    assert walked == whole


async def test_edges_have_the_cursor_of_each_record(execute: Execute) -> None:
    found = await page(execute, "first: 3")
    second = found["edges"][1]
    rest = await page(execute, f'first: 100 after: "{second["cursor"]}"')
    assert second["node"]["id"] == found["nodes"][1]["id"]
    assert ids(rest)[0] == found["nodes"][2]["id"]


async def test_cursor_is_valid_only_in_its_order(execute: Execute) -> None:
    cursor = (await page(execute, "first: 1"))["pageInfo"]["endCursor"]
    with pytest.raises(AssertionError, match="is not a cursor of this connection"):
        await page(execute, f'after: "{cursor}" orderBy: [{{ field: ENDS_AT }}]')


async def test_page_past_the_end_is_empty_and_counted(execute: Execute) -> None:
    whole = await page(execute, "first: 100")
    past = await page(execute, f'after: "{whole["pageInfo"]["endCursor"]}"')
    assert past["nodes"] == []
    assert past["totalCount"] == whole["totalCount"]
    assert past["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "endCursor": None,
        "startCursor": None,
    }


async def test_nested_page_is_limited_per_parent(execute: Execute) -> None:
    found = await execute("{ capacityPools { nodes { id allocations(first: 1) { totalCount nodes { id } } } } }")
    pools = {pool["id"]: pool["allocations"] for pool in found["capacityPools"]["nodes"]}
    assert pools["CAP-26-000112"]["totalCount"] == 4
    assert all(len(page["nodes"]) == min(1, page["totalCount"]) for page in pools.values())


BOTH_WAYS = ['last: 3 after: ""', 'first: 3 before: ""', 'after: "" before: ""', 'after: "" before: "x"']


@pytest.mark.parametrize("arguments", BOTH_WAYS)
async def test_mixed_directions_are_rejected(execute: Execute, arguments: str) -> None:
    with pytest.raises(AssertionError, match="give one pair, not both"):
        await page(execute, arguments)


@pytest.mark.parametrize("arguments", ['after: ""', 'first: 3 after: ""', 'before: ""', 'last: 3 before: ""'])
async def test_invalid_cursor_is_rejected(execute: Execute, arguments: str) -> None:
    with pytest.raises(AssertionError, match="is not a cursor of this connection"):
        await page(execute, arguments)


async def test_null_cursor_counts_as_absent(execute: Execute) -> None:
    assert ids(await page(execute, "first: 3 after: null last: null before: null")) == ids(
        await page(execute, "first: 3")
    )


NAMES = ["alpha", "Alpha", "alphabet", "äther", "Łódź", "zebra", "Zeta"]
"""In dictionary order; in byte order Alpha and Zeta would be first."""


async def rename(engine: AsyncEngine, table: str, column: str) -> None:
    """Rename the first records of a table, the last name in the alphabet first."""
    async with engine.begin() as connection:
        rows = await connection.execute(text(f"SELECT id FROM {table} ORDER BY id"))
        for identity, name in zip(rows.scalars().all(), reversed(NAMES), strict=False):
            change = text(f"UPDATE {table} SET {column} = :name WHERE id = :id")
            await connection.execute(change, {"name": name, "id": identity})


@pytest.mark.writes
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_names_are_in_alphabetical_order(execute: Execute, demo_engine: AsyncEngine, direction: str) -> None:
    await rename(demo_engine, "pod", "name")
    by_name = f"orderBy: [{{ field: NAME, direction: {direction} }}]"
    expected = NAMES if direction == "ASC" else NAMES[::-1]
    plain = await execute(f"{{ pods({by_name}) {{ nodes {{ name }} }} }}")
    assert [pod["name"] for pod in plain["pods"]["nodes"]] == expected
    below = await execute(f"{{ viewer {{ organizations {{ nodes {{ pods({by_name}) {{ nodes {{ name }} }} }} }} }} }}")
    (organization,) = below["viewer"]["organizations"]["nodes"]
    assert [pod["name"] for pod in organization["pods"]["nodes"]] == expected
    for size in (1, 2, 3):
        assert await walked(execute, by_name, f"first: {size}", "after", "hasNextPage", "endCursor") == expected
        backwards = await walked(execute, by_name, f"last: {size}", "before", "hasPreviousPage", "startCursor")
        assert sorted(backwards) == sorted(expected)


async def walked(execute: Execute, order: str, size: str, where: str, more: str, cursor: str) -> list[str]:
    """The names on all pages, page by page."""
    names: list[str] = []
    place = ""
    while True:
        document = f"{{ pods({order} {size} {place}) {{ nodes {{ name }} pageInfo {{ {more} {cursor} }} }} }}"
        found = (await execute(document))["pods"]
        names += [pod["name"] for pod in found["nodes"]]
        if not found["pageInfo"][more]:
            return names
        place = f'{where}: "{found["pageInfo"][cursor]}"'


@pytest.mark.writes
async def test_short_lists_are_in_alphabetical_order(execute: Execute, demo_engine: AsyncEngine) -> None:
    async with demo_engine.begin() as connection:
        await connection.execute(text("DELETE FROM pod_project"))
        (organization_id,) = (
            await connection.execute(text("SELECT organization_id FROM pod WHERE id = 'POD-26-000008'"))
        ).one()
        for number, name in enumerate(reversed(NAMES)):
            given = {"organization_id": organization_id, "id": f"PROJ-27-00000{number}", "name": name}
            label = {"organization_id": organization_id, "project_id": given["id"], "pod_id": "POD-26-000008"}
            await connection.execute(insert(metadata.tables["project"]), given)
            await connection.execute(insert(metadata.tables["pod_project"]), label)
    found = await execute('{ pod(id: "POD-26-000008") { projects { name } } }')
    assert [project["name"] for project in found["pod"]["projects"]] == NAMES
