"""Scheduler: runs the due jobs of all packages, such as closing allocations and publishing reports."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, delete, exists, literal_column, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.accounts.service import invitations, subscriptions
from podgraph.capacity.jobs import JOBS as CAPACITY_JOBS
from podgraph.database.model import table_of
from podgraph.kernel.clock import Clock
from podgraph.outcomes import service as outcomes
from podgraph.pods.service import pods, sla_reports, tickets
from podgraph.scheduler import lifecycle
from podgraph.writes.idempotency import KEPT_FOR, IdempotencyKey
from podgraph.writes.standalone import write_as
from podgraph.writes.transaction import PLATFORM, Job, WriteTransaction

T = TypeVar("T")

BATCH_SIZE = 100
"""Maximum records per job and query."""
FAILED = "failed"
"""Key under which the failures of all jobs are counted."""
JOB_SECONDS = 15.0
"""Timeout of one transaction of a job in seconds; it is rolled back and retried in the next run."""
INTERVAL_SECONDS = 60.0
"""Seconds between two runs."""

_KEYS = table_of(IdempotencyKey)
_LOG = logging.getLogger("podgraph.clock")


_OLD = _KEYS.c.created_at < bindparam("kept_since", type_=UTCDateTime())
_ARE_THERE_OLD_KEYS: Select[Any] = select(literal_column("'all'").label("id")).where(exists().where(_OLD))


def _kept_since(now: datetime) -> dict[str, Any]:
    return {"kept_since": now - KEPT_FOR}


async def _delete_old_keys(write: WriteTransaction, _all: str) -> None:
    await write.run(delete(_KEYS).where(_OLD), _kept_since(write.now))


JOBS: tuple[Job, ...] = (
    *tickets.JOBS,
    *sla_reports.JOBS,
    *outcomes.JOBS,
    *pods.JOBS,
    *CAPACITY_JOBS,
    *subscriptions.JOBS,
    *invitations.JOBS,
    Job("forget idempotency keys", _ARE_THERE_OLD_KEYS, _delete_old_keys, _kept_since),
)
"""All jobs, in the order of execution."""


async def tick(write: WriteTransaction) -> None:
    """Run due jobs within one transaction, for at most BATCH_SIZE records each."""
    write.authorize(lifecycle.TICK)
    for job in JOBS:
        for identity in await job.due(write, BATCH_SIZE):
            await job.run(write, identity)


async def run_due_jobs(engine: AsyncEngine, now: datetime) -> Counter[str]:
    """Run all due jobs, with a separate transaction for each record; returns the number of records by job name.

    Several processes may run jobs at the same time: the second one finds the work done. Failures are logged,
    counted as FAILED, and retried in the next run.
    """
    done: Counter[str] = Counter()
    for job in JOBS:
        tried: set[str] = set()
        while due := await _find_due(engine, now, job, tried):
            for identity in due:
                done[job.name if await _run_job(engine, now, job, identity) else FAILED] += 1
            tried.update(due)
    return done


async def run_scheduler(engine: AsyncEngine, clock: Clock, every: float = INTERVAL_SECONDS) -> None:
    """Run due jobs every `every` seconds until cancelled; errors are logged and do not stop the scheduler."""
    while True:
        await asyncio.sleep(every)
        try:
            await run_due_jobs(engine, clock())
        except Exception:
            _LOG.exception("Scheduler run failed, retrying in %s seconds", every)


async def _find_due(engine: AsyncEngine, now: datetime, job: Job, tried: set[str]) -> list[str]:
    # Records that were tried and are still due have failed; they must not block the records after them.
    found = await _run_transaction(engine, now, lambda write: job.due(write, BATCH_SIZE + len(tried)))
    return [identity for identity in found if identity not in tried]


async def _run_job(engine: AsyncEngine, now: datetime, job: Job, identity: str) -> bool:
    try:
        await _run_transaction(engine, now, lambda write: job.run(write, identity))
    except Exception:
        _LOG.exception("Job failed, retrying in the next run: %s, %s", job.name, identity)
        return False
    return True


async def _run_transaction(engine: AsyncEngine, now: datetime, work: Callable[[WriteTransaction], Awaitable[T]]) -> T:
    """Run `work` in a transaction of the platform, retried on conflicts."""
    return await write_as(PLATFORM, engine, now, work, JOB_SECONDS)
