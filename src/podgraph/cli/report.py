"""`podgraph report`: a nested report as table, JSON or CSV."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from podgraph.cli.engine import DemoOption, database_to_read, operation_deadline, read_as_platform
from podgraph.cli.output import fail, out
from podgraph.cli.query import execute
from podgraph.reports import present
from podgraph.reports import registry as documents

if TYPE_CHECKING:
    pass


def report(
    name: Annotated[str | None, typer.Argument(help="Name of the report; --list shows all.")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the reports and their options.")] = False,
    pod: Annotated[str | None, typer.Option(help="Pod, e.g. POD-26-000008.")] = None,
    workspace: Annotated[str | None, typer.Option(help="Workspace, e.g. WS-26-000021.")] = None,
    organization: Annotated[str | None, typer.Option(help="Organization, e.g. ORG-26-090500.")] = None,
    request: Annotated[str | None, typer.Option(help="Outcome request, e.g. OREQ-26-000041.")] = None,
    period: Annotated[str | None, typer.Option(help="Month, e.g. 2026-04.")] = None,
    quarter: Annotated[str | None, typer.Option(help="Quarter, e.g. 2026-Q3.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day or month.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day or month.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, e.g. 2026-09-30.")] = None,
    due_before: Annotated[str | None, typer.Option(help="Time, e.g. 2026-05-14T16:00:00Z.")] = None,
    resource_type: Annotated[str | None, typer.Option(help="Resource type, e.g. TALENT_HOURS.")] = None,
    threshold: Annotated[str | None, typer.Option(help="Percentage, e.g. 70.")] = None,
    form: Annotated[present.Format, typer.Option("--format", help="Output format.")] = present.Format.TABLE,
    demo: DemoOption = False,
) -> None:
    """Run a report.

    Example: podgraph report monthly-sla-review --pod POD-26-000008 --period 2026-04
    """
    if show_list or name is None:
        _list_reports()
        return
    if name not in documents.REPORTS:
        raise fail(f"no report '{name}'. Reports: {', '.join(documents.REPORTS)}", 2)
    chosen, reading = documents.REPORTS[name], database_to_read(demo=demo)
    options = {
        "pod": pod,
        "workspace": workspace,
        "organization": organization,
        "request": request,
        "period": period,
        "quarter": quarter,
        "from": start,
        "to": end,
        "until": until,
        "due-before": due_before,
        "resource-type": resource_type,
        "threshold": threshold,
    }
    given = {option: value for option, value in options.items() if value is not None}
    try:
        variables = documents.variables(chosen, given, reading.now())
    except documents.OptionError as error:
        raise fail(str(error), 2) from None
    result = read_as_platform(
        reading, lambda context: execute(context, chosen.document, variables), seconds=operation_deadline()
    )
    if result.errors:
        raise fail("; ".join(error.message for error in result.errors))
    present.write(out, chosen, result.data, form)


def _list_reports() -> None:
    table = Table("Report", "Description", "Options (* required)", box=None, pad_edge=False)
    for each in documents.REPORTS.values():
        options = " ".join(f"--{one.option}{'*' if one.required else ''}" for one in each.parameters)
        table.add_row(each.name, each.sentence, options)
    out.print(table)
