"""What the platform does by itself when the time has come, and the organizations that it is made of."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, delete, exists, literal_column, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.capacity.jobs import JOBS as CAPACITY_JOBS
from podgraph.database.model import table_of
from podgraph.kernel.clock import Clock
from podgraph.outcomes import service as ods
from podgraph.pods.service import pods, sla_reports, tickets
from podgraph.scheduler import lifecycle
from podgraph.writes.idempotency import KEPT_FOR, IdempotencyKey
from podgraph.writes.transaction import PLATFORM, Job, WriteTransaction
from podgraph.writes.unit_of_work import begin_write, retry_on_conflict

T = TypeVar("T")

BATCH_SIZE = 100
"""How many records of a kind are looked for at a time."""
FAILED = "failed"
"""What the failures of all jobs are counted as."""
JOB_SECONDS = 15.0
"""Seconds that one transaction of a job may take before it is rolled back, and left for the next time."""
EVERY = 60.0
"""Seconds between two looks at the clock."""

_KEYS = table_of(IdempotencyKey)
_LOG = logging.getLogger("podgraph.clock")


# -- organizations and workspaces ------------------------------------------------------------------------


# -- the clock -------------------------------------------------------------------------------------------


_OLD = _KEYS.c.created_at < bindparam("kept_since", type_=UTCDateTime())
_ARE_THERE_OLD_KEYS: Select[Any] = select(literal_column("'all'").label("id")).where(exists().where(_OLD))


def _kept_since(now: datetime) -> dict[str, Any]:
    return {"kept_since": now - KEPT_FOR}


async def _forget_keys(write: WriteTransaction, _all: str) -> None:
    await write.run(delete(_KEYS).where(_OLD), _kept_since(write.now))


JOBS: tuple[Job, ...] = (
    *tickets.JOBS,
    *sla_reports.JOBS,
    *ods.JOBS,
    *pods.JOBS,
    *CAPACITY_JOBS,
    Job("forget idempotency keys", _ARE_THERE_OLD_KEYS, _forget_keys, _kept_since),
)
"""Everything that the clock does, in the order in which it does it."""


async def tick(write: WriteTransaction) -> None:
    """Do what it is time for within one write, at most AT_ONCE of a kind."""
    write.authorize(lifecycle.TICK)
    for job in JOBS:
        for identity in await job.due(write, BATCH_SIZE):
            await job.run(write, identity)


async def run_due_jobs(engine: AsyncEngine, now: datetime) -> Counter[str]:
    """Do all that it is time for, each record in a transaction of its own; how many by the job's name.

    Others may do the same at the same time: who comes second finds it done. What fails is logged, counted
    as FAILED, and left for the next time.
    """
    done: Counter[str] = Counter()
    for job in JOBS:
        tried: set[str] = set()
        while due := await _due(engine, now, job, tried):
            for identity in due:
                done[job.name if await _succeeds(engine, now, job, identity) else FAILED] += 1
            tried.update(due)
    return done


async def run_scheduler(engine: AsyncEngine, clock: Clock, every: float = EVERY) -> None:
    """Catch up every so many seconds, for as long as it is let; nothing that goes wrong ends it."""
    while True:
        await asyncio.sleep(every)
        try:
            await run_due_jobs(engine, clock())
        except Exception:
            _LOG.exception("The clock could not be kept; the next try is in %s seconds.", every)


async def _due(engine: AsyncEngine, now: datetime, job: Job, tried: set[str]) -> list[str]:
    # What was tried and is due still has failed: it must not keep those behind it from their turn.
    found = await _written(engine, now, lambda write: job.due(write, BATCH_SIZE + len(tried)))
    return [identity for identity in found if identity not in tried]


async def _succeeds(engine: AsyncEngine, now: datetime, job: Job, identity: str) -> bool:
    try:
        await _written(engine, now, lambda write: job.run(write, identity))
    except Exception:
        _LOG.exception("%s: %s failed, and is tried again the next time.", job.name, identity)
        return False
    return True


async def _written(engine: AsyncEngine, now: datetime, work: Callable[[WriteTransaction], Awaitable[T]]) -> T:
    """One transaction of the platform's own, tried again where others come in its way."""

    async def attempt() -> T:
        async with asyncio.timeout(JOB_SECONDS), begin_write(engine) as connection:
            write = WriteTransaction(connection, PLATFORM, now)
            result = await work(write)
            await write.finish()
            await connection.commit()
            return result

    return await retry_on_conflict(attempt)
