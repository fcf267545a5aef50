"""Output of the commands: standard output, standard error, and how a command fails."""

from typing import TYPE_CHECKING

import typer
from rich.console import Console

if TYPE_CHECKING:
    pass


out = Console()


err = Console(stderr=True)


def fail(message: str, code: int = 1) -> typer.Exit:
    """Say what is wrong in one line, and stop."""
    err.print(f"[red]error:[/red] {message}", highlight=False, soft_wrap=True)
    return typer.Exit(code)
