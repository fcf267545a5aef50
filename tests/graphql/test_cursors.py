import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Date, Integer, Text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from conftest import Execute, context_for
from podgraph.database.columns import MONEY, Exact
from podgraph.graphql import cursors
from podgraph.graphql.pagination import Connection, Window, order_input
from podgraph.kernel.errors import BadUserInput
from podgraph.schema import EXECUTORS, build_schema

COLUMNS: list[Column[Any]] = [
    Column("id", Text(), nullable=False),
    Column("number", Integer()),
    Column("sequence", BigInteger()),
    Column("price", MONEY),
    Column("created_at", UTCDateTime()),
    Column("day", Date()),
]
VALUES = [
    "POD-26-000008",
    8,
    2**40,
    Decimal("15500.00"),
    datetime(2026, 5, 14, 16, tzinfo=UTC),
    date(2026, 5, 1),
]


def test_cursor_decodes_to_its_values() -> None:
    cursor = cursors.encode("pod:id", VALUES)
    assert cursors.decode("pod:id", cursor, COLUMNS) == VALUES


def test_missing_value_stays_missing() -> None:
    cursor = cursors.encode("pod:renews_at", [None, "POD-26-000008"])
    columns = [COLUMNS[4], COLUMNS[0]]
    assert cursors.decode("pod:renews_at", cursor, columns) == [None, "POD-26-000008"]


WRONG: dict[str, list[Any]] = {
    "id": [None, 8, True, ["POD"], {"a": 1}, "POD\0"],
    "number": ["8", 8.0, 8.5, True, 2**31, -(2**40), 2**70, [8]],
    "sequence": ["8", 8.5, False, 2**63, {}],
    "price": [8, 8.5, "much", "NaN", "Infinity", " 8", "8.505", "1e12", "1000000000000.00", True, []],
    "created_at": [0, "2026-05-14", "2026-05-14T16:00:00", "0000-01-01T00:00:00Z", "now", True, ["now"]],
    "day": [20260514, "2026-05-14T16:00:00Z", "20260514", "2026-02-30", ""],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_value_that_does_not_fit_its_column_is_rejected(name: str, value: Any) -> None:
    values = [value if column.name == name else right for column, right in zip(COLUMNS, VALUES, strict=True)]
    with pytest.raises(BadUserInput, match="is not a cursor of this connection"):
        cursors.decode("pod:id", forged("pod:id", [cursors.VERSION, *values]), COLUMNS)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"0": 1},
        "text",
        7,
        None,
        [],
        [cursors.VERSION],
        [cursors.VERSION, *VALUES[1:]],
        [cursors.VERSION, *VALUES, 1],
        [cursors.VERSION + 1, *VALUES],
        [str(cursors.VERSION), *VALUES],
    ],
)
def test_cursor_of_another_shape_or_version_is_rejected(body: Any) -> None:
    with pytest.raises(BadUserInput):
        cursors.decode("pod:id", forged("pod:id", body), COLUMNS)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'[1,"\\ud800"]', b"[1,NaN]", b"[1,1e999]", b"\xff", b""])
def test_cursor_without_json_is_rejected(body: bytes) -> None:
    with pytest.raises(BadUserInput):
        cursors.decode("pod:id", sealed("pod:id", body), COLUMNS[:1])


def forged(place: str, body: Any) -> str:
    """A cursor with arbitrary content and a valid checksum, which any client can compute."""
    return sealed(place, json.dumps(body, default=plain).encode())


def plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def sealed(place: str, body: bytes) -> str:
    checksum = blake2b(place.encode() + b"\0" + body, digest_size=cursors.CHECKSUM_BYTES).digest()
    return urlsafe_b64encode(checksum + body).decode().rstrip("=")


def test_valid_cursor_can_be_encoded_by_hand() -> None:
    assert cursors.decode("pod:id", forged("pod:id", [cursors.VERSION, *VALUES]), COLUMNS) == VALUES


@pytest.mark.parametrize("position", range(0, 40, 3))
def test_edited_cursor_is_rejected(position: int) -> None:
    cursor = cursors.encode("pod:id", VALUES)
    other = "A" if cursor[position] != "A" else "B"
    with pytest.raises(BadUserInput, match="is not a cursor of this connection"):
        cursors.decode("pod:id", cursor[:position] + other + cursor[position + 1 :], COLUMNS)


@pytest.mark.parametrize("cursor", ["", "x", "é", "a" * 1000, "===="])
def test_arbitrary_text_is_rejected(cursor: str) -> None:
    with pytest.raises(BadUserInput):
        cursors.decode("pod:id", cursor, COLUMNS)


def test_cursor_of_another_order_is_rejected() -> None:
    with pytest.raises(BadUserInput):
        cursors.decode("pod:name", cursors.encode("pod:id", VALUES), COLUMNS)


def connections(parent: Any = Connection) -> Iterator[type[Connection[Any]]]:
    build_schema()
    for each in parent.__subclasses__():
        if "relation" in vars(each):
            yield each
        yield from connections(each)


def orders() -> Iterator[tuple[type[Connection[Any]], dict[str, Any]]]:
    """Every connection with every order."""
    for connection in connections():
        yield connection, {}
        for one in connection.orders or ():
            yield connection, {"order_by": [order_input(connection.orders)(field=one)]}


ANYTHING: list[Any] = [True, 0.5, 7, 2**63, "", "POD\0", "much", "NaN", "1e30", "2026-05-14T16:00:00", [], {}]
RIGHT: dict[type, tuple[type, Any]] = {
    Text: (str, "POD-26-000008"),
    Integer: (int, 8),
    Exact: (Decimal, "8"),
    UTCDateTime: (datetime, "2026-05-14T16:00:00Z"),
}
"""Values of a column type, and their representation in a cursor."""


@pytest.mark.parametrize(("connection", "given"), list(orders()))
@pytest.mark.parametrize("way", ["after", "before"])
def test_forged_cursor_fits_its_columns_or_is_rejected(
    connection: type[Connection[Any]], given: dict[str, Any], way: str
) -> None:
    window = Window.of(connection, given)
    columns = [connection.relation.prototype[name] for name, _ in window.order]
    found = [next(RIGHT[kind] for kind in RIGHT if isinstance(column.type, kind)) for column in columns]
    kinds, right = zip(*found, strict=True)
    for place, kind in enumerate(kinds):
        for value in [right[place], *ANYTHING]:
            values = [*right[:place], value, *right[place + 1 :]]
            cursor = forged(window.place, [cursors.VERSION, *values])
            try:
                boundary = Window.of(connection, {**given, way: cursor}).boundary
            except BadUserInput:
                assert value != right[place]
                continue
            assert boundary is not None
            assert type(boundary[place]) is kind


@pytest.mark.parametrize("way", ["after", "before"])
@pytest.mark.parametrize("selected", ["nodes { id }", "edges { cursor } pageInfo { endCursor }"])
@pytest.mark.parametrize("executor", EXECUTORS)
async def test_forged_cursor_is_rejected_before_any_statement(
    demo_engine: AsyncEngine, execute: Execute, executor: str, way: str, selected: str
) -> None:
    pods = next(each for each in connections() if each.__name__ == "PodConnection")
    order = order_input(pods.orders)(field=pods.orders.CREATED_AT)
    window = Window.of(pods, {"order_by": [order]})
    document = f"query ($c: String) {{ pods({way}: $c, orderBy: [{{ field: CREATED_AT }}]) {{ {selected} }} }}"
    for value in [True, 0.5, 2**63, "much", "POD\0"]:
        forgery = forged(window.place, [cursors.VERSION, *(value for _ in window.order)])
        context = context_for(demo_engine)
        result = await build_schema(executor).execute(document, variable_values={"c": forgery}, context_value=context)
        assert [(error.extensions or {})["code"] for error in result.errors or ()] == ["BAD_USER_INPUT"]
        await context.close()
        assert context.statements == 0
    assert (await execute("{ pods { totalCount } }"))["pods"]["totalCount"] == 7
