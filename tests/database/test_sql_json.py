"""JSON from the database: byte for byte the JSON of the API, on both databases."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Date,
    Integer,
    literal,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy import Text as Characters
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.columns import MONEY, PERCENT, QUANTITY
from podgraph.database.sql_json import (
    INVALID_MARK,
    JsonSql,
    concat,
    enum_value,
    has_invalid_mark,
    json_list,
    json_object,
    json_one,
    value_or_null,
    writer,
)

MISSING = concat(type_coerce(null(), Characters()))
"""The JSON of a missing value of a non-null field."""


async def written(engine: AsyncEngine, text: JsonSql) -> str | None:
    async with engine.connect() as connection:
        answer: str | None = await connection.scalar(select(text.sql))
        return answer


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("plain", Characters(), '"plain"'),
        ('"quoted"', Characters(), r'"\"quoted\""'),
        ("two\nlines", Characters(), r'"two\nlines"'),
        ("a gap: \x18", Characters(), r'"a gap: \u0018"'),
        (-7, Integer(), "-7"),
        (True, Boolean(), "true"),
        (False, Boolean(), "false"),
        (date(2026, 4, 1), Date(), '"2026-04-01"'),
        (datetime(2026, 5, 14, 16, tzinfo=UTC), UTCDateTime(), '"2026-05-14T16:00:00Z"'),
        (datetime(2026, 5, 14, 16, 0, 0, 1500, tzinfo=UTC), UTCDateTime(), '"2026-05-14T16:00:00.001500Z"'),
        (Decimal(15500), MONEY, '"15500.00"'),
        (Decimal("-0.05"), MONEY, '"-0.05"'),
        (Decimal(0), PERCENT, '"0.0"'),
        (Decimal(40), QUANTITY, '"40"'),
        (Decimal("-38.5"), QUANTITY, '"-38.5"'),
        (Decimal(100), QUANTITY, '"100"'),
        (Decimal(0), QUANTITY, '"0"'),
        (Decimal("0.0001"), QUANTITY, '"0.0001"'),
    ],
)
async def test_value_is_serialized_like_its_scalar(
    engine: AsyncEngine, value: Any, kind: TypeEngine[Any], text: str
) -> None:
    write = writer(kind)
    assert write is not None
    row = select(literal(value, kind).label("value")).subquery()
    assert await written(engine, write(row.c.value)) == text


async def test_enum_value_has_its_name_and_unknown_is_null(engine: AsyncEngine) -> None:
    write = enum_value({"a": "A", "it's": "ITS"})
    assert await written(engine, write(literal("it's"))) == '"ITS"'
    assert await written(engine, write(literal("b"))) is None


@pytest.mark.parametrize(("nullable", "text"), [(True, "null"), (False, None)])
async def test_missing_value_is_null_only_if_nullable(engine: AsyncEngine, nullable: bool, text: str | None) -> None:
    there = concat('"there"')
    assert await written(engine, value_or_null(MISSING.sql, there, nullable=nullable)) == text
    assert await written(engine, value_or_null(literal("x"), there, nullable=nullable)) == '"there"'


@pytest.mark.parametrize("nullable", [True, False])
async def test_invalid_record_differs_from_a_missing_one(engine: AsyncEngine, nullable: bool) -> None:
    def found(text: Any) -> Any:
        return select(text)

    def nothing(text: Any) -> Any:
        return select(text).where(literal(1) == 2)

    record = concat("{}")
    assert await written(engine, json_one(record, found, nullable=nullable)) == "{}"
    gap = INVALID_MARK if nullable else None
    assert await written(engine, json_one(MISSING, found, nullable=nullable)) == gap
    missing = "null" if nullable else None
    assert await written(engine, json_one(record, nothing, nullable=nullable)) == missing


async def test_object_has_all_fields_in_order_or_is_null(engine: AsyncEngine) -> None:
    fields = [("b", concat("1")), ("a", concat("null"))]
    assert await written(engine, json_object(fields, 0)) == '{"b":1,"a":null}'
    assert await written(engine, json_object([], 2)) == "\n\n{}"
    assert await written(engine, json_object([*fields, ("c", MISSING)], 1)) is None


async def test_list_has_its_items_in_order_with_invalid_marks(engine: AsyncEngine) -> None:
    rows: Any = union_all(*(select(literal(n).label("n"), literal_column(f"'{n}'").label("t")) for n in (2, 3, 1)))
    table = rows.subquery()
    assert await written(engine, json_list(select(table.c.t).order_by(table.c.n))) == "[1,2,3]"
    assert await written(engine, json_list(select(table.c.t).order_by(table.c.n.desc()).limit(2))) == "[3,2]"
    assert await written(engine, json_list(select(table.c.t).where(table.c.n > 3))) == "[]"
    with_a_gap = select(table.c.t).where(table.c.n == 2).union_all(select(MISSING.sql))
    text = await written(engine, json_list(select(with_a_gap.subquery().c[0])))
    assert text == f"[2,{INVALID_MARK}]"
    assert has_invalid_mark(["[]", text])
    assert has_invalid_mark(["[]", None])
    assert not has_invalid_mark(["[]", "null"])


def test_constants_are_merged_to_one_piece() -> None:
    column = literal("x")
    assert concat("[", concat('{"a":', concat('"', column, '"'), "}"), "]").pieces == (
        '[{"a":"',
        column,
        '"}]',
    )
