"""`podgraph schema`: the schema as text, and the state diagrams."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.docs import Into, write_generated
from podgraph.cli.output import fail, out
from podgraph.cli.query import read_text

if TYPE_CHECKING:
    pass


schema_commands = typer.Typer(help="The schema as text.", no_args_is_help=True)


@schema_commands.command("print")
def print_schema() -> None:
    """Print the schema in GraphQL's own language."""
    typer.echo(_sdl())


@schema_commands.command("check")
def check_schema(
    file: Annotated[Path, typer.Argument(help="The file to compare with.")] = Path("schema.graphql"),
) -> None:
    """Exit 1 when a file is not equal to the schema of the code."""
    if read_text(str(file)).strip() == _sdl().strip():
        out.print(f"{file} is the schema of the code.", style="green")
        return
    raise fail(f"{file} is not the schema of the code. Update it: podgraph schema print > {file}")


@schema_commands.command("diagrams")
def print_diagrams(into: Into = None) -> None:
    """Print the state diagrams of all records, from the tables of transitions."""
    from podgraph.cli.diagrams import diagrams

    write_generated("diagrams", diagrams(), into)


@schema_commands.command("records")
def print_records() -> None:
    """Print the module podgraph.records: a type for the records of each read model."""
    import podgraph.schema  # noqa: F401 - it registers every read model
    from podgraph.cli.records import records

    typer.echo(records(), nl=False)


def _sdl() -> str:
    from podgraph.schema import build_schema

    return build_schema().as_str()
