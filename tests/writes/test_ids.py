"""Reference ids are unique, also with concurrent transactions."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.connections import PooledConnection
from podgraph.database.tenancy import Tenancy
from podgraph.writes.ids import advance_counters
from podgraph.writes.unit_of_work import UnitOfWork, begin_write


async def issue_ids(connection: PooledConnection, year: int, **counts: int) -> dict[str, list[str]]:
    return await UnitOfWork(connection, Tenancy(None), datetime(year, 1, 1, tzinfo=UTC)).issue(**counts)


async def committed(engine: AsyncEngine, year: int, **counts: int) -> dict[str, list[str]]:
    async with begin_write(engine) as connection:
        ids = await issue_ids(connection, year, **counts)
        await connection.commit()
    return ids


async def issued(engine: AsyncEngine, prefix: str, count: int = 1) -> list[str]:
    return (await committed(engine, 2026, **{prefix: count}))[prefix]


async def test_ids_of_a_prefix_are_consecutive(engine: AsyncEngine) -> None:
    assert await issued(engine, "POD", 2) == ["POD-26-000001", "POD-26-000002"]
    assert await issued(engine, "TKT") == ["TKT-26-000001"]
    assert await issued(engine, "POD") == ["POD-26-000003"]


async def test_numbers_do_not_restart_with_the_year(engine: AsyncEngine) -> None:
    await issued(engine, "POD")

    assert await committed(engine, 2027, POD=1) == {"POD": ["POD-27-000002"]}


async def test_ids_of_several_prefixes_are_issued_together(engine: AsyncEngine) -> None:
    ids = await committed(engine, 2026, LIN=1, ALLOC=2, INC=0)

    assert ids == {"ALLOC": ["ALLOC-26-000001", "ALLOC-26-000002"], "LIN": ["LIN-26-000001"]}


async def test_concurrent_connections_get_different_ids(engine: AsyncEngine) -> None:
    batches = await asyncio.gather(*(issued(engine, "POD", 3) for _ in range(40)))

    ids = [each for batch in batches for each in batch]
    assert sorted(ids) == [f"POD-26-{number:06d}" for number in range(1, 121)]
    assert all(batch == sorted(batch) for batch in batches)


async def test_rollback_issues_no_id_twice(engine: AsyncEngine) -> None:
    async def issue_and_maybe_fail(number: int) -> list[str]:
        async with begin_write(engine) as connection:
            ids = (await issue_ids(connection, 2026, POD=1))["POD"]
            await asyncio.sleep(0.001)
            if number % 3 == 0:
                return []
            await connection.commit()
            return ids

    kept = [each for ids in await asyncio.gather(*map(issue_and_maybe_fail, range(30))) for each in ids]

    assert len(kept) == len(set(kept)) == 20


async def test_imported_ids_are_not_issued_again(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await advance_counters(connection, ["POD-26-000008", "POD-25-000003", "SCR-128491"])

    assert await issued(engine, "POD") == ["POD-26-000009"]
    assert await issued(engine, "SCR") == ["SCR-128492"]


async def test_counter_ahead_of_an_import_is_unchanged(engine: AsyncEngine) -> None:
    await issued(engine, "POD", 20)

    async with engine.begin() as connection:
        await advance_counters(connection, ["POD-26-000008"])

    assert await issued(engine, "POD") == ["POD-26-000021"]


async def test_invalid_id_is_rejected(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        with pytest.raises(ValueError, match="'eight' is not a reference id"):
            await advance_counters(connection, ["POD-26-000008", "eight"])

    assert await issued(engine, "POD") == ["POD-26-000001"]
