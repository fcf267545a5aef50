from typing import Any

import pytest

from conftest import Execute

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
async def test_pages_forwards_make_up_the_whole(execute: Execute, order: str) -> None:
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
async def test_pages_backwards_make_up_the_whole(execute: Execute, order: str) -> None:
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


async def test_edges_carry_the_cursor_of_each_record(execute: Execute) -> None:
    found = await page(execute, "first: 3")
    second = found["edges"][1]
    rest = await page(execute, f'first: 100 after: "{second["cursor"]}"')
    assert second["node"]["id"] == found["nodes"][1]["id"]
    assert ids(rest)[0] == found["nodes"][2]["id"]


async def test_a_cursor_holds_in_the_order_that_it_came_from_only(execute: Execute) -> None:
    cursor = (await page(execute, "first: 1"))["pageInfo"]["endCursor"]
    with pytest.raises(AssertionError, match="is not a cursor of this connection"):
        await page(execute, f'after: "{cursor}" orderBy: [{{ field: ENDS_AT }}]')


async def test_a_page_past_the_end_is_empty_but_still_counted(execute: Execute) -> None:
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


async def test_a_nested_page_is_cut_for_each_parent(execute: Execute) -> None:
    found = await execute(
        "{ capacityPools { nodes { id allocations(first: 1) { totalCount nodes { id } } } } }"
    )
    pools = {pool["id"]: pool["allocations"] for pool in found["capacityPools"]["nodes"]}
    assert pools["CAP-26-000112"]["totalCount"] == 4
    assert all(len(page["nodes"]) == min(1, page["totalCount"]) for page in pools.values())


BOTH_WAYS = ['last: 3 after: ""', 'first: 3 before: ""', 'after: "" before: ""', 'after: "" before: "x"']


@pytest.mark.parametrize("arguments", BOTH_WAYS)
async def test_a_page_goes_one_way_whatever_the_cursor_is(execute: Execute, arguments: str) -> None:
    with pytest.raises(AssertionError, match="give one pair, not both"):
        await page(execute, arguments)


@pytest.mark.parametrize("arguments", ['after: ""', 'first: 3 after: ""', 'before: ""', 'last: 3 before: ""'])
async def test_a_cursor_of_nothing_is_none_of_this_connection(execute: Execute, arguments: str) -> None:
    with pytest.raises(AssertionError, match="is not a cursor of this connection"):
        await page(execute, arguments)


async def test_a_cursor_that_is_null_is_absent(execute: Execute) -> None:
    assert ids(await page(execute, "first: 3 after: null last: null before: null")) == ids(
        await page(execute, "first: 3")
    )
