"""Write transactions: events are numbered in the order of commits, without gaps."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.accounts.repository import ORGANIZATIONS
from podgraph.database.model import table_of
from podgraph.demo.reference import NOW
from podgraph.demo.reference.tenants import ORGANIZATION
from podgraph.writes.event_models import Event
from podgraph.writes.transaction import PLATFORM, WriteTransaction
from podgraph.writes.unit_of_work import begin_write

EVENT = table_of(Event)
WRITERS, EACH, LOOKS = 8, 15, 10


async def emit(engine: AsyncEngine, minutes: int = 0, *, fail: bool = False) -> None:
    """Write one event with a short delay; with `fail` the transaction is rolled back at the end."""
    async with begin_write(engine) as connection:
        write = WriteTransaction(connection, PLATFORM, NOW + timedelta(minutes=minutes))
        organization = await write.get(ORGANIZATIONS, ORGANIZATION)
        write.emit("capacity.gap_detected", organization, {"minutes": minutes})
        await write.finish()
        await asyncio.sleep(0.001)
        if not fail:
            await connection.commit()


async def after(engine: AsyncEngine, sequence: int) -> list[int]:
    """The sequences after one, in order."""
    later = select(EVENT.c.sequence).where(EVENT.c.organization_id == ORGANIZATION, EVENT.c.sequence > sequence)
    async with engine.connect() as connection:
        return list((await connection.execute(later.order_by(EVENT.c.sequence))).scalars())


async def last(engine: AsyncEngine) -> int:
    ended = select(func.max(EVENT.c.sequence)).where(EVENT.c.organization_id == ORGANIZATION)
    async with engine.connect() as connection:
        return int((await connection.execute(ended)).scalar_one())


@pytest.mark.writes
async def test_reader_next_to_eight_writers_sees_no_gap(demo_engine: AsyncEngine) -> None:
    begun = seen = await last(demo_engine)
    looks = written = 0

    async def write(writer: int) -> None:
        nonlocal written
        number = 0
        while number < EACH or looks < LOOKS:
            fail = (writer + number) % 5 == 0
            await emit(demo_engine, number, fail=fail)
            number, written = number + 1, written + (not fail)

    writers = asyncio.gather(*map(write, range(WRITERS)))
    while not writers.done():
        news = await after(demo_engine, seen)
        assert news == list(range(seen + 1, seen + 1 + len(news)))
        seen, looks = seen + len(news), looks + 1
    await writers

    assert await last(demo_engine) == begun + written


@pytest.mark.writes
async def test_event_times_never_decrease(demo_engine: AsyncEngine) -> None:
    begun = await last(demo_engine)
    for minutes in (5, 3, 9):
        await emit(demo_engine, minutes)

    occurred = select(EVENT.c.occurred_at).where(EVENT.c.organization_id == ORGANIZATION, EVENT.c.sequence > begun)
    async with demo_engine.connect() as connection:
        times = (await connection.execute(occurred.order_by(EVENT.c.sequence))).scalars().all()

    assert [(at - NOW) // timedelta(minutes=1) for at in times] == [5, 5, 9]


@pytest.mark.writes
async def test_unknown_event_type_is_an_internal_error(demo_engine: AsyncEngine) -> None:
    async with begin_write(demo_engine) as connection:
        write = WriteTransaction(connection, PLATFORM, NOW)
        organization = await write.get(ORGANIZATIONS, ORGANIZATION)

        with pytest.raises(RuntimeError, match=r"pod\.painted"):
            write.emit("pod.painted", organization)
