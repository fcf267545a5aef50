"""The command line."""

from importlib.metadata import version
from typing import Annotated

import typer

from podgraph.cli.database import database_commands
from podgraph.cli.docs import docs_commands
from podgraph.cli.doctor import doctor
from podgraph.cli.documents import document_commands
from podgraph.cli.init import init
from podgraph.cli.login_link import login_link
from podgraph.cli.output import out
from podgraph.cli.query import query
from podgraph.cli.report import report
from podgraph.cli.scheduler import tick
from podgraph.cli.schema import schema_commands
from podgraph.cli.seed import seed
from podgraph.cli.serve import serve
from podgraph.cli.token import token
from podgraph.server.tuning import tune_process

# Commands import the graph when they run: `--help` and `--version` answer at once without it.

app = typer.Typer(
    name="podgraph",
    help="A GraphQL gateway for managed delivery: pods, outcomes and capacity as one connected graph.",
    epilog="Start with: podgraph serve --demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(schema_commands, name="schema")
app.add_typer(database_commands, name="db")
app.add_typer(document_commands, name="documents")
app.add_typer(docs_commands, name="docs")


@app.callback(invoke_without_command=True)
def main(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if show_version:
        out.print(f"podgraph {version('podgraph')}", highlight=False)
        raise typer.Exit
    tune_process()


# -- tokens, schema, tables, data ------------------------------------------------------------------------


for command in (init, serve, login_link, tick, query, report, token, doctor, seed):
    app.command()(command)


if __name__ == "__main__":
    app()
