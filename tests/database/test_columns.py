"""Column types: decimals, times and JSON documents are stored exactly in both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Column, Executable, Integer, MetaData, Table, func, insert, select
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.columns import DOCUMENT, MONEY, PERCENT, QUANTITY

SAMPLE = Table(
    "sample",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("price", MONEY),
    Column("hours", QUANTITY),
    Column("share", PERCENT),
    Column("items", DOCUMENT),
    Column("at", UTCDateTime()),
)


@pytest.fixture
async def connection(empty: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with empty.connect() as connection:
        await connection.run_sync(SAMPLE.create)
        yield connection


async def stored(connection: AsyncConnection, **values: Any) -> Any:
    await connection.execute(insert(SAMPLE).values(values))
    return (await connection.execute(select(SAMPLE))).one()


async def figure(connection: AsyncConnection, statement: Executable) -> Any:
    return (await connection.execute(statement)).scalar_one()


async def test_money_keeps_its_cents(connection: AsyncConnection) -> None:
    row = await stored(connection, price=Decimal(7750))

    assert str(row.price) == "7750.00"


async def test_quantity_has_no_trailing_zeros(connection: AsyncConnection) -> None:
    row = await stored(connection, hours=Decimal("38.50"))

    assert str(row.hours) == "38.5"


async def test_excess_decimal_places_are_rounded_half_up(connection: AsyncConnection) -> None:
    row = await stored(connection, price=Decimal("0.125"), share=Decimal("96.25"))

    assert (str(row.price), str(row.share)) == ("0.13", "96.3")


async def test_sums_are_exact(connection: AsyncConnection) -> None:
    await connection.execute(insert(SAMPLE), [{"price": Decimal("0.10")} for _ in range(30)])

    assert await figure(connection, select(func.sum(SAMPLE.c.price))) == Decimal("3.00")


async def test_decimals_are_ordered_and_compared_as_numbers(connection: AsyncConnection) -> None:
    hours = [Decimal("9.5"), Decimal("38.5"), Decimal(100)]
    await connection.execute(insert(SAMPLE), [{"hours": each} for each in hours])

    below = select(SAMPLE.c.hours).where(SAMPLE.c.hours < Decimal("38.6")).order_by(SAMPLE.c.hours.desc())
    assert (await connection.execute(below)).scalars().all() == [Decimal("38.5"), Decimal("9.5")]


async def test_largest_amounts_fit(connection: AsyncConnection) -> None:
    row = await stored(connection, price=Decimal("999999999999.99"), hours=Decimal("99999999999999.9999"))

    assert (row.price, row.hours) == (Decimal("999999999999.99"), Decimal("99999999999999.9999"))


async def test_time_is_returned_in_utc(connection: AsyncConnection) -> None:
    row = await stored(connection, at=datetime(2026, 5, 14, 18, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2))))

    assert row.at == datetime(2026, 5, 14, 16, 0, 0, 123456, tzinfo=UTC)
    assert row.at.utcoffset() == timedelta(0)


async def test_time_without_a_zone_is_rejected(connection: AsyncConnection) -> None:
    with pytest.raises(StatementError, match="must have timezone information"):
        await stored(connection, at=datetime(2026, 5, 14))  # noqa: DTZ001


async def test_json_document_is_returned_unchanged(connection: AsyncConnection) -> None:
    row = await stored(connection, items=[{"key": "AC-1", "text": "Überweisung: 10 €"}])

    assert row.items == [{"key": "AC-1", "text": "Überweisung: 10 €"}]


async def test_amount_out_of_range_is_rejected(connection: AsyncConnection) -> None:
    with pytest.raises((DBAPIError, OverflowError)):
        await stored(connection, hours=Decimal(10) ** 15)
