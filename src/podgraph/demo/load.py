"""Brings rows into a database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from podgraph import tables
from podgraph.demo import reference
from podgraph.demo.reference.tenants import ORGANIZATION
from podgraph.demo.row_builder import Row
from podgraph.writes.ids import advance_counters


async def load_reference(engine: AsyncEngine) -> None:
    """Replace everything in the database by the reference data, in one transaction."""
    rows = reference.rows()
    async with engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            await connection.execute(table.delete())
        await insert_all(connection, rows)


async def insert_all(connection: AsyncConnection, rows: Mapping[str, Sequence[Row]]) -> None:
    """Insert rows by table, and keep the id counters ahead of them."""
    for table in tables.metadata.sorted_tables:
        if batch := rows.get(table.name):
            await connection.execute(table.insert(), list[dict[str, Any]](batch))
    await advance_counters(connection, (row["id"] for batch in rows.values() for row in batch if "id" in row))


async def is_empty(engine: AsyncEngine) -> bool:
    """Whether no organization is in the database."""
    return not await _organizations(engine)


async def holds_reference(engine: AsyncEngine) -> bool:
    """Whether the reference documents' organization is in the database."""
    return ORGANIZATION in await _organizations(engine)


async def _organizations(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        ids = select(tables.metadata.tables["organization"].c.id)
        return set((await connection.execute(ids)).scalars())
