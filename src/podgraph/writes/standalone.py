"""Writes outside of a GraphQL operation: one transaction, retried on conflicts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import Caller
from podgraph.writes.transaction import WriteTransaction
from podgraph.writes.unit_of_work import begin_write, retry_on_conflict

T = TypeVar("T")


async def write_as(
    caller: Caller, engine: AsyncEngine, now: datetime, work: Callable[[WriteTransaction], Awaitable[T]], seconds: float
) -> T:
    """Run `work` in a transaction of a caller; each attempt is rolled back after so many seconds."""

    async def attempt() -> T:
        async with asyncio.timeout(seconds), begin_write(engine) as connection:
            write = WriteTransaction(connection, caller, now)
            result = await work(write)
            await write.finish()
            await connection.commit()
            return result

    return await retry_on_conflict(attempt)
