"""Pooled connections return to the pool clean, or are closed, after any interruption."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from faults.proxy import Direction, Fault, Kind, Proxy
from podgraph.database.connections import OutcomeUnknown, PooledConnection, connect, dispose, pool_connection
from podgraph.database.engine import create_engine
from podgraph.database.snapshot import Snapshot
from podgraph.writes.unit_of_work import begin_write

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}
NAME = text("SELECT name FROM pod WHERE id = 'POD-26-000008'")
RENAME = "UPDATE pod SET name = 'Renamed Pod' WHERE id = 'POD-26-000008'"

pytestmark = pytest.mark.writes


@pytest.fixture
async def one(demo_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine with one connection, which each task gets in the state that the previous one left."""
    engine = create_engine(demo_url, pool_size=1, pool_timeout=60)
    async with pool_connection(engine) as connection:
        await connection.fetch("SELECT 1", [])
    yield engine
    await dispose(engine)


def checked_out(engine: AsyncEngine) -> int:
    pool: Any = engine.pool
    return int(pool.checkedout())


async def name(engine: AsyncEngine) -> str:
    async with pool_connection(engine) as connection:
        return str((await connection.execute(NAME)).scalar_one())


async def test_uncommitted_transaction_is_rolled_back(one: AsyncEngine) -> None:
    before = await name(one)
    async with begin_write(one) as connection:
        driver = connection.driver
        await connection.fetch(RENAME, [])
    assert (await name(one), checked_out(one)) == (before, 0)
    async with pool_connection(one) as connection:
        assert connection.driver is driver, "a connection that was clean was closed"


async def test_rejected_statement_leaves_a_clean_connection(one: AsyncEngine) -> None:
    async with begin_write(one) as connection:
        driver = connection.driver
        with pytest.raises(Exception, match="nowhere"):
            await connection.fetch("SELECT * FROM nowhere", [])
    async with pool_connection(one) as connection:
        assert connection.driver is driver
        assert [tuple(row) for row in await connection.fetch("SELECT 1", [])] == [(1,)]


async def test_commit_after_a_rejected_statement_fails(one: AsyncEngine) -> None:
    before = await name(one)
    async with begin_write(one) as connection:
        await connection.fetch(RENAME, [])
        with pytest.raises(Exception, match="nowhere"):
            await connection.fetch("SELECT * FROM nowhere", [])
        with pytest.raises(RuntimeError, match="roll back"):
            await connection.commit()
    assert await name(one) == before


@pytest.mark.parametrize("within", ["a transaction", "a snapshot", "no transaction"])
async def test_interrupted_statement_closes_its_connection(one: AsyncEngine, within: str) -> None:
    async def wait() -> None:
        async with pool_connection(one) as connection:
            if within != "no transaction":
                await connection.begin(read_only=within == "a snapshot")
            drivers.append(connection.driver)
            await connection.fetch(ENDLESS[one.dialect.name], [])

    drivers: list[Any] = []
    task = asyncio.create_task(wait())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert checked_out(one) == 0
    async with pool_connection(one) as connection:
        assert connection.driver is not drivers[0]
        assert [tuple(row) for row in await connection.fetch("SELECT 1", [])] == [(1,)]


async def test_connection_in_use_rejects_another_call(one: AsyncEngine) -> None:
    async with pool_connection(one) as connection:
        endless = asyncio.create_task(connection.fetch(ENDLESS[one.dialect.name], []))
        await asyncio.sleep(0.1)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        with pytest.raises(ConnectionError):
            await connection.fetch("SELECT 1", [])


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
async def test_value_that_cannot_be_encoded_closes_its_connection(one: AsyncEngine) -> None:
    # The driver fails between two messages, and leaves the first one incomplete.
    for _ in range(3):
        connection = await connect(one, driver_only=True)
        driver = connection.driver
        with pytest.raises(Exception, match="invalid input"):
            await connection.fetch("SELECT $1::integer", ["a text"])
        await connection.release()
        async with pool_connection(one) as another:
            assert another.driver is not driver
    async with begin_write(one) as connection:
        await connection.fetch(RENAME, [])
        await connection.commit()
    assert await name(one) == "Renamed Pod"


@contextmanager
def stopped(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


async def process_of(connection: PooledConnection) -> int:
    ((process,),) = await connection.fetch("SELECT pg_backend_pid()", [])
    return int(process)


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
async def test_begin_on_a_stopped_server_closes_the_connection(one: AsyncEngine, read_only: bool) -> None:
    async with pool_connection(one) as connection:
        process = await process_of(connection)
    with stopped(process):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), pool_connection(one) as connection:
                await connection.begin(read_only=read_only)
        assert checked_out(one) == 0
    async with begin_write(one) as connection:
        assert await process_of(connection) != process
        await connection.fetch(RENAME, [])
        await connection.commit()
    assert await name(one) == "Renamed Pod"
    async with Snapshot(one) as snapshot:
        assert [tuple(row) for row in await snapshot.rows(NAME)] == [("Renamed Pod",)]


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
async def test_snapshot_of_a_stopped_server_closes_immediately(one: AsyncEngine) -> None:
    snapshot = Snapshot(one)
    process = (await snapshot.rows(text("SELECT pg_backend_pid()")))[0][0]
    with stopped(process):
        waiting = [asyncio.create_task(snapshot.rows(NAME)) for _ in range(3)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(1):
            await snapshot.close()
        assert checked_out(one) == 0
        ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one).__name__ for one in ended] == ["CancelledError", "SnapshotClosed", "SnapshotClosed"]


@pytest.mark.parametrize("kind", [Kind.CLOSE, Kind.RESET, Kind.HALF_CLOSE])
@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
async def test_unconfirmed_commit_has_an_unknown_outcome(demo_url: str, kind: Kind) -> None:
    address = make_url(demo_url)
    async with Proxy(str(address.query["host"])).running() as proxy:
        engine = create_engine(address.set(host="127.0.0.1", port=proxy.port, query={"ssl": "disable"}))
        async with pool_connection(engine) as connection:
            await connection.begin()
            await connection.fetch(RENAME, [])
            proxy.arm(Fault(Direction.DOWN, 1, kind))
            with pytest.raises(OutcomeUnknown):
                await connection.commit()
            assert connection.outcome_unknown
        proxy.arm()
        # The server has committed: only its response was lost.
        assert await name(engine) == "Renamed Pod"
        await dispose(engine)
