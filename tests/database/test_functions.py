"""SQL functions with a different syntax on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import literal, null, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.functions import month_of

SAO_PAULO = timezone(timedelta(hours=-3))


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        (datetime(2026, 4, 30, 23, 59, 59, 999999, tzinfo=UTC), "2026-04"),
        (datetime(2026, 5, 1, tzinfo=UTC), "2026-05"),
        (datetime(2026, 4, 30, 21, 0, tzinfo=SAO_PAULO), "2026-05"),
    ],
)
async def test_instant_has_its_month_in_utc(engine: AsyncEngine, instant: datetime, month: str) -> None:
    async with engine.connect() as connection:
        assert await connection.scalar(select(month_of(literal(instant, UTCDateTime())))) == month


async def test_null_has_no_month(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert await connection.scalar(select(month_of(type_coerce(null(), UTCDateTime())))) is None
