"""`podgraph doctor`: recomputes every invariant from the data."""

from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from podgraph.cli.engine import DemoOption, database_to_read, read_as_platform
from podgraph.cli.output import out
from podgraph.kernel.notation import plural

if TYPE_CHECKING:
    from podgraph.execution.context import Context


def doctor(demo: DemoOption = False) -> None:
    """Recompute every invariant from the data. Exits with 1 and a table of violations."""
    from podgraph.doctor.registry import CHECKS, examine

    async def work(context: "Context") -> Any:
        context.begin()
        try:
            return await examine(context.loaders.reader)
        finally:
            await context.close()

    findings = read_as_platform(database_to_read(demo=demo), work)
    if not findings:
        out.print(f"All {len(CHECKS)} checks hold.", style="green")
        return
    table = Table("Invariant", "Organization", "Record", "Violation", title=plural(len(findings), "violation"))
    for finding in findings:
        table.add_row(finding.invariant, finding.organization_id, finding.id, f"{finding.sentence} {finding.detail}")
    out.print(table)
    raise typer.Exit(1)
