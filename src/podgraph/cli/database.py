"""`podgraph db`: the tables of the database."""

from typing import TYPE_CHECKING

import typer

from podgraph.cli.engine import own_database, run_on, upgrade_tables, without_password
from podgraph.cli.output import out

if TYPE_CHECKING:
    pass


database_commands = typer.Typer(help="Manage the tables of the database.", no_args_is_help=True)


@database_commands.command()
def upgrade() -> None:
    """Upgrade the tables to this version."""
    url = own_database()
    run_on(url, upgrade_tables)
    out.print(f"{without_password(url)} is up to date.", style="green", soft_wrap=True)
