"""Event notifier: subscribers of an organization are woken by the events of every process."""

import asyncio
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.notifier import CHANNEL, EventNotifier

OURS, OTHERS = "ORG-26-090500", "ORG-26-090611"

pytestmark = pytest.mark.writes

COUNT = "UPDATE event_counter SET sequence = sequence + 1 WHERE organization_id = :id"
ELSEWHERE = """
import asyncio, sys
from podgraph.writes.unit_of_work import begin_write
from podgraph.database.engine import create_engine
from podgraph.demo.reference import NOW
from podgraph.writes.transaction import PLATFORM, WriteTransaction
from podgraph.pods.repository import PODS
import podgraph.schema

async def main():
    engine = create_engine(sys.argv[1])
    async with begin_write(engine) as connection:
        write = WriteTransaction(connection, PLATFORM, NOW)
        pod = await write.get_for_update(PODS, "POD-26-000008")
        await write.change(pod, "pod.paused")
        await write.finish()
        await connection.commit()
    await engine.dispose()

asyncio.run(main())
"""


async def heard(wakeup: asyncio.Event) -> None:
    async with asyncio.timeout(90):
        await wakeup.wait()
    wakeup.clear()


async def write_elsewhere(url: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", ELSEWHERE, url)
    assert await process.wait() == 0


async def test_write_of_another_process_wakes_subscribers(demo_engine: AsyncEngine, demo_url: str) -> None:
    notifier = EventNotifier(demo_engine)
    async with notifier.subscribe(OURS) as ours, notifier.subscribe(OTHERS) as others:
        # The first poll wakes all subscribers, because earlier events are unknown.
        await heard(ours)
        await heard(others)
        await write_elsewhere(demo_url)
        await heard(ours)
        assert not others.is_set()


# PostgreSQL sends notifications of writes.
@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
async def test_counters_are_read_only_after_a_commit(demo_engine: AsyncEngine, demo_url: str) -> None:
    class Counted(EventNotifier):
        looks = 0

        async def poll(self) -> None:
            self.looks += 1
            await super().poll()

    notifier = Counted(demo_engine)
    async with notifier.subscribe(OURS) as wakeup:
        await heard(wakeup)
        # A process starts slowly, and commits once.
        await write_elsewhere(demo_url)
        await heard(wakeup)
    assert notifier.looks == 2


# SQLite has no connection that could be lost.
@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
async def test_lost_connection_is_reopened_without_missing_events(demo_engine: AsyncEngine) -> None:
    notifier = EventNotifier(demo_engine)
    ends = f"""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%LISTEN "{CHANNEL}"%' AND pid <> pg_backend_pid()
    """
    async with notifier.subscribe(OURS) as wakeup:
        await heard(wakeup)
        async with demo_engine.begin() as connection:
            ended = (await connection.execute(text(ends))).scalars().all()
            # This write sends no notification.
            await connection.execute(text(COUNT), {"id": OURS})
        assert ended == [True]
        await heard(wakeup)


async def test_listener_runs_only_with_subscribers(demo_engine: AsyncEngine) -> None:
    notifier = EventNotifier(demo_engine)
    async with notifier.subscribe(OURS) as first, notifier.subscribe(OURS):
        await heard(first)
        assert notifier.waiting == 2
    assert notifier.waiting == 0
    async with notifier.subscribe(OURS) as again:
        await heard(again)
