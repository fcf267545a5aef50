"""`podgraph schema`: the schema as text, and the state diagrams."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.docs import Into, write_generated
from podgraph.cli.output import fail, out
from podgraph.cli.query import read_text

if TYPE_CHECKING:
    pass


schema_commands = typer.Typer(help="Print and check the schema.", no_args_is_help=True)


@schema_commands.command("print")
def print_schema() -> None:
    """Print the schema in SDL."""
    typer.echo(_sdl())


@schema_commands.command("check")
def check_schema(
    file: Annotated[Path, typer.Argument(help="File to compare with.")] = Path("schema.graphql"),
) -> None:
    """Check that a file equals the schema of the code; exits with 1 if not."""
    if read_text(str(file)).strip() == _sdl().strip():
        out.print(f"{file} is up to date.", style="green")
        return
    raise fail(f"{file} is out of date. Run: podgraph schema print > {file}")


@schema_commands.command("diagrams")
def print_diagrams(into: Into = None) -> None:
    """Print the state diagrams of all records."""
    from podgraph.cli.diagrams import diagrams

    write_generated("diagrams", diagrams(), into)


@schema_commands.command("records")
def print_records() -> None:
    """Print the module podgraph.records, with a type for the records of each read model."""
    import podgraph.schema  # noqa: F401 - it registers every read model
    from podgraph.cli.records import records

    typer.echo(records(), nl=False)


def _sdl() -> str:
    from podgraph.schema import build_schema

    return build_schema().as_str()
