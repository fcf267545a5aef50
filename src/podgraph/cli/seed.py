"""`podgraph seed`: adds generated data."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.engine import own_database, run_on, upgrade_tables, without_password
from podgraph.cli.output import err, out
from podgraph.kernel.notation import plural

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


def seed(
    pods: Annotated[int, typer.Option(min=1, help="Number of pods.")] = 20,
    number: Annotated[int, typer.Option("--seed", help="Random seed; the same seed gives the same data.")] = 1,
) -> None:
    """Add generated data to the database: pods with a year of reports, in new organizations.

    Existing data is unchanged.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from podgraph.demo.generator import seed as fill

    url = own_database()

    async def work(engine: "AsyncEngine") -> None:
        await upgrade_tables(engine)
        columns = (TextColumn("pods"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err) as progress:
            task = progress.add_task("pods", total=pods)
            await fill(engine, pods, number, datetime.now(UTC), lambda done: progress.advance(task, done))

    run_on(url, work)
    out.print(f"{plural(pods, 'pod')} added to {without_password(url)}.", style="green", soft_wrap=True)
