"""`podgraph query`: runs a GraphQL document."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from podgraph.cli.engine import DemoOption, database_to_read, operation_deadline, read_as_platform
from podgraph.cli.output import fail

if TYPE_CHECKING:
    from podgraph.execution.context import Context


async def execute(context: "Context", document: str, variables: dict[str, Any]) -> Any:
    from podgraph.schema import build_schema

    return await build_schema().execute(document, variable_values=variables, context_value=context)


def query(
    file: Annotated[str, typer.Argument(help="File with a GraphQL document, or - for standard input.")],
    variables: Annotated[str, typer.Option(help='Variables as JSON, e.g. \'{"id": "POD-26-000008"}\'.')] = "{}",
    demo: DemoOption = False,
) -> None:
    """Run a GraphQL document against the database, and print the response as JSON.

    Example: echo '{ pods { totalCount } }' | podgraph query - --demo
    """
    from podgraph.limits.value_limits import read_json

    document = read_text(file)
    try:
        given = read_json(variables)
    except ValueError as error:
        raise fail(f"--variables is not JSON: {error}", 2) from None
    if not isinstance(given, dict):
        raise fail("--variables must be a JSON object", 2)
    result = read_as_platform(
        database_to_read(demo=demo),
        lambda context: execute(context, document, given),
        seconds=operation_deadline(),
    )
    answer = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    if result.errors:
        raise typer.Exit(1)


def read_text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise fail(f"cannot read {file}: {getattr(error, 'strerror', None) or error}", 2) from None
