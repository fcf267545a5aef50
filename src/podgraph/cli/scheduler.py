"""`podgraph tick`: runs all due jobs once."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podgraph.cli.engine import check_tables, own_database, run_on
from podgraph.cli.output import fail, out
from podgraph.kernel.notation import plural

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


def tick() -> None:
    """Run all due jobs once: end and change allocations, publish reports, check deadlines.

    `podgraph serve` runs them every minute; running both is safe.
    """
    from podgraph.scheduler.service import FAILED, run_due_jobs

    async def work(engine: "AsyncEngine") -> Counter[str]:
        await check_tables(engine)
        return await run_due_jobs(engine, datetime.now(UTC))

    done = run_on(own_database(), work)
    failed = done.pop(FAILED, 0)
    for name, count in done.items():
        out.print(f"{name}: {count}", highlight=False)
    if failed:
        raise fail(f"{plural(failed, 'job')} failed: see the log above")
    out.print("All due jobs are done.", style="green")
