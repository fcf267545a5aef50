"""Loading replaces what was there, and leaves the counters ahead of it."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.tenancy import Tenancy
from podgraph.demo.load import load_reference
from podgraph.demo.reference import NOW, rows
from podgraph.tables import metadata
from podgraph.writes.unit_of_work import UnitOfWork, begin_write

T = metadata.tables


@pytest.mark.writes
async def test_loading_twice_is_as_loading_once(demo_engine: AsyncEngine) -> None:
    await load_reference(demo_engine)

    expected = {name: len(batch) for name, batch in rows().items() if name != "id_counter"}
    async with demo_engine.connect() as connection:
        counts = {
            name: (await connection.execute(select(func.count()).select_from(T[name]))).scalar_one()
            for name in expected
        }
    assert counts == expected


@pytest.mark.writes
async def test_loading_removes_other_data(demo_engine: AsyncEngine) -> None:
    organization = T["organization"]
    async with demo_engine.begin() as connection:
        values = {"id": "ORG-26-099999", "name": "Left over", "currency": "USD"}
        await connection.execute(organization.insert(), values)

    await load_reference(demo_engine)

    async with demo_engine.connect() as connection:
        ids = (await connection.execute(select(organization.c.id).order_by(organization.c.id))).scalars()
        assert list(ids) == ["ORG-26-000001", "ORG-26-090500", "ORG-26-090611"]


@pytest.mark.writes
async def test_new_ids_follow_those_of_the_documents(demo_engine: AsyncEngine) -> None:
    async with begin_write(demo_engine) as connection:
        ids = await UnitOfWork(connection, Tenancy(None), NOW).issue(ORG=1, POD=1, WS=1)

    assert ids == {"ORG": ["ORG-26-090612"], "POD": ["POD-26-000022"], "WS": ["WS-26-000032"]}
