import asyncio
import sqlite3
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import literal, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import context_for
from podgraph.database.compiled import CompiledStatement
from podgraph.database.engine import DatabaseUrlError, create_engine, database_url
from podgraph.database.read_model import KEYS, READ_MODELS, among
from podgraph.database.snapshot import Snapshot, SnapshotClosed
from podgraph.schema import build_schema

POOL = """
    { capacityPool(id: "CAP-26-000112") {
        allocated
        allocations(first: 100, filter: { status: { in: [ACTIVE, PAUSED] } }) {
            aggregate { sumCommittedPerWeek }
            nodes { committedPerWeek capacityPool { allocated } serviceLine { id } resources { role } }
        }
    } }
"""

# The stored value of one hour, as in database/columns.py.
HOUR = {"sqlite": 10_000, "postgresql": 1}


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("sqlite:///podgraph.db", "sqlite+aiosqlite"),
        ("postgresql://user@host/name", "postgresql+asyncpg"),
        ("postgres://user@host/name", "postgresql+asyncpg"),
    ],
)
def test_url_gets_the_driver(written: str, driver: str) -> None:
    assert database_url(written).drivername == driver


@pytest.mark.parametrize("written", ["", "podgraph.db", "mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_unsupported_url_is_rejected_with_an_example(written: str) -> None:
    with pytest.raises(DatabaseUrlError, match=r"sqlite:///podgraph\.db"):
        create_engine(written)


@pytest.mark.writes
async def test_report_is_consistent_while_writers_move_capacity(demo_engine: AsyncEngine) -> None:
    done = asyncio.Event()
    writers = [asyncio.create_task(move_capacity(demo_engine, hours, done)) for hours in (1, -1, 2, -2)]
    totals = set()
    for _ in range(60):
        result = await build_schema().execute(POOL, context_value=context_for(demo_engine))
        assert result.data
        pool = result.data["capacityPool"]
        held = [Decimal(node["committedPerWeek"]) for node in pool["allocations"]["nodes"]]
        assert sum(held) == Decimal(pool["allocated"])
        assert Decimal(pool["allocations"]["aggregate"]["sumCommittedPerWeek"]) == Decimal(pool["allocated"])
        totals.add(pool["allocated"])
    done.set()
    await asyncio.gather(*writers)
    assert len(totals) > 1, "no writer got in between: nothing was shown"


async def move_capacity(engine: AsyncEngine, hours: int, done: asyncio.Event) -> None:
    """Increase and decrease an allocation and its pool, each time in one transaction."""
    amount = hours * HOUR[engine.dialect.name]
    while not done.is_set():
        for change in (amount, -amount):
            async with engine.begin() as connection:
                for table, column, key in (
                    ("capacity_pool", "allocated", "CAP-26-000112"),
                    ("allocation", "committed_per_week", "ALLOC-26-000441"),
                ):
                    changed = f"UPDATE {table} SET {column} = {column} + :change WHERE id = :key"
                    await connection.execute(text(changed), {"change": change, "key": key})
            await asyncio.sleep(0)


async def test_late_field_takes_no_connection(demo_engine: AsyncEngine) -> None:
    snapshot = Snapshot(demo_engine)
    assert (await snapshot.rows(text("SELECT 1")))[0][0] == 1
    await snapshot.close()
    with pytest.raises(SnapshotClosed):
        await snapshot.rows(text("SELECT 1"))


async def test_single_statement_takes_no_transaction(demo_engine: AsyncEngine) -> None:
    pool: Any = demo_engine.pool
    snapshot = Snapshot(demo_engine)
    prepared = CompiledStatement(select(literal(1)), demo_engine.dialect)
    assert [tuple(row) for row in await snapshot.fetch(prepared, {}, alone=True)] == [(1,)]
    assert pool.checkedout() == 0
    assert [tuple(row) for row in await snapshot.fetch(prepared, {})] == [(1,)]
    assert pool.checkedout() == 1
    await snapshot.close()
    assert (pool.checkedout(), snapshot.statements) == (0, 2)


async def test_failed_siblings_leave_no_connection_behind(demo_engine: AsyncEngine) -> None:
    document = "{ events(first: 1) { nodes { id } } slaReports(first: 0) { totalCount } }"
    for executor in ("level", "reference"):
        for _ in range(5):
            await build_schema(executor).execute(document, context_value=context_for(demo_engine))
    await asyncio.sleep(0.05)
    assert demo_engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_ids_are_looked_up_by_an_index(demo_engine: AsyncEngine) -> None:
    source = READ_MODELS["ticket"].source()
    prepared = CompiledStatement(select(source["id"]).where(among(source["pod_id"], KEYS)), demo_engine.dialect)
    assert "= 1" not in prepared.text


ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(601)",
}
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(601)' AND state = 'active'"


async def running(engine: AsyncEngine, count: int) -> None:
    """Wait until so many of the endless statements run."""
    async with asyncio.timeout(10), engine.connect() as connection:
        while (await connection.execute(text(RUNNING))).scalar_one() != count:  # noqa: ASYNC110 - the server reports it when asked
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("alone", [False, True])
async def test_closing_a_snapshot_cancels_its_statement(demo_engine: AsyncEngine, alone: bool) -> None:
    snapshot = Snapshot(demo_engine)
    if not alone:
        await snapshot.rows(text("SELECT 1"))
    prepared = CompiledStatement(text(ENDLESS[demo_engine.dialect.name]), demo_engine.dialect)
    endless = asyncio.create_task(snapshot.fetch(prepared, {}, alone=alone))
    await asyncio.sleep(0.05)
    if demo_engine.dialect.name == "postgresql":
        await running(demo_engine, 1)
    await snapshot.close()
    with pytest.raises((asyncio.CancelledError, sqlite3.OperationalError)):
        await endless
    assert demo_engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    async with demo_engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    if demo_engine.dialect.name == "postgresql":
        # The connection is closed in the background.
        await running(demo_engine, 0)
