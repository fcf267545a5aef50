"""Read replica: a real standby that is up to date, paused or stopped."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cluster import Cluster, Standby, cluster
from conftest import context_for
from podgraph.auth.tokens import Tokens
from podgraph.database.engine import create_engine
from podgraph.database.replica import Replica, ReplicaSnapshot
from podgraph.settings import Settings
from serving import OWNER, SECRET, serving

POD = "POD-26-000008"
STATUS = f'{{ pod(id: "{POD}") {{ status }} }}'
PAUSE = f'mutation {{ pausePod(input: {{ podId: "{POD}", reason: "A replica lags" }}) {{ pod {{ status }} }} }}'
COLLEAGUE = Tokens(SECRET).issue("USR-26-000045")


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def standby(primary: Cluster) -> Iterator[Standby]:
    copy = primary.standby(primary.folder.parent / "standby")
    copy.start()
    yield copy
    copy.stop()


@pytest.fixture
def url(primary: Cluster) -> str:
    return primary.database(demo=True)


@pytest.fixture
async def lagging(url: str, standby: Standby) -> AsyncIterator[AsyncEngine]:
    """The standby's engine; replay is paused after the demo data until the test resumes it."""
    engine = create_engine(standby.url(url))
    await caught_up(url, engine)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_wal_replay_pause()"))
        while (await connection.execute(text("SELECT pg_get_wal_replay_pause_state()"))).scalar() != "paused":
            pass
    yield engine
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_wal_replay_resume()"))
    await engine.dispose()


async def caught_up(url: str, replica: AsyncEngine) -> None:
    """Wait until the standby has replayed the current position of the primary."""
    primary = create_engine(url)
    async with primary.connect() as connection:
        here = (await connection.execute(text("SELECT pg_current_wal_insert_lsn() - '0/0'"))).scalar_one()
    await primary.dispose()
    replayed = text("SELECT pg_last_wal_replay_lsn() - '0/0' >= :here")
    while True:
        try:
            async with replica.connect() as connection:
                if (await connection.execute(replayed, {"here": here})).scalar_one():
                    return
        except Exception:
            # The database does not exist yet.
            await asyncio.sleep(0.02)


async def ask(client: httpx.AsyncClient, document: str, token: str = OWNER) -> Any:
    answer = await client.post("/graphql", json={"query": document}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_queries_are_served_by_the_replica(url: str, standby: Standby, lagging: AsyncEngine) -> None:
    primary = create_engine(url)
    async with primary.begin() as connection:
        await connection.execute(text(f"UPDATE pod SET name = 'Only on the primary' WHERE id = '{POD}'"))
    async with serving(Settings(url, SECRET, replica_url=standby.url(url))) as client:
        found = await ask(client, f'{{ pod(id: "{POD}") {{ name }} }}')
    await primary.dispose()
    assert found == {"pod": {"name": "Payments Platform Pod"}}


async def test_writer_sees_its_write_immediately_and_others_after_replay(
    url: str, standby: Standby, lagging: AsyncEngine
) -> None:
    async with serving(Settings(url, SECRET, replica_url=standby.url(url))) as client:
        assert await ask(client, PAUSE) == {"pausePod": {"pod": {"status": "PAUSED"}}}
        assert await ask(client, STATUS) == {"pod": {"status": "PAUSED"}}
        assert await ask(client, STATUS, COLLEAGUE) == {"pod": {"status": "ACTIVE"}}
        async with lagging.connect() as connection:
            await connection.execute(text("SELECT pg_wal_replay_resume()"))
        await caught_up(url, lagging)
        assert await ask(client, STATUS, COLLEAGUE) == {"pod": {"status": "PAUSED"}}


async def test_write_is_known_in_every_process(url: str, standby: Standby, lagging: AsyncEngine) -> None:
    settings = Settings(url, SECRET, replica_url=standby.url(url))
    async with serving(settings) as here, serving(settings) as there:
        await ask(here, PAUSE)
        assert await ask(there, STATUS) == {"pod": {"status": "PAUSED"}}


async def test_replica_serves_again_after_replaying_the_write(url: str, standby: Standby, lagging: AsyncEngine) -> None:
    primary = create_engine(url)
    replica = Replica(primary, lagging)
    async with primary.begin() as connection:
        await connection.execute(text(f"UPDATE pod SET name = 'Later' WHERE id = '{POD}'"))
    await replica.record_write("USR-26-000044")
    assert not await replica.can_serve("USR-26-000044")
    assert await replica.can_serve("USR-26-000045")
    async with lagging.connect() as connection:
        await connection.execute(text("SELECT pg_wal_replay_resume()"))
    await caught_up(url, lagging)
    assert await replica.can_serve("USR-26-000044")
    await primary.dispose()


async def test_stopped_replica_is_replaced_by_the_primary(url: str, standby: Standby) -> None:
    engine = create_engine(standby.url(url))
    await caught_up(url, engine)
    await engine.dispose()
    async with serving(Settings(url, SECRET, replica_url=standby.url(url))) as client:
        assert await ask(client, STATUS) == {"pod": {"status": "ACTIVE"}}
        await asyncio.to_thread(standby.stop)
        for _ in range(3):
            assert await ask(client, STATUS) == {"pod": {"status": "ACTIVE"}}
        await asyncio.to_thread(standby.start)


async def test_query_is_repeated_on_the_primary_if_the_replica_fails(url: str, standby: Standby) -> None:
    primary, engine = create_engine(url), create_engine(standby.url(url))
    await caught_up(url, engine)
    context = context_for(primary)
    context.replica = Replica(primary, engine)
    context.begin()
    snapshot = context.loaders.reader.snapshot
    assert isinstance(snapshot, ReplicaSnapshot)
    await snapshot.rows(text("SELECT 1"))
    assert context.leave_replica()
    await context.close()
    context.begin()
    assert not isinstance(context.loaders.reader.snapshot, ReplicaSnapshot)
    assert not context.leave_replica()
    await context.close()
    await primary.dispose()
    await engine.dispose()
