"""`podgraph tick`: runs all due jobs once."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podgraph.cli.engine import check_tables, own_database, run_on
from podgraph.cli.output import fail, out

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


def tick() -> None:
    """Do once what it is time for: end and change allocations, publish reports, watch deadlines.

    A running `podgraph serve` does it every minute by itself; both at once do no harm.
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
        raise fail(f"{failed} failed: see the log above")
    out.print("Nothing is due any more.", style="green")
