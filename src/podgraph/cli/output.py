"""Output of commands: standard output, standard error, and errors."""

from typing import TYPE_CHECKING

import typer
from rich.console import Console

if TYPE_CHECKING:
    pass


out = Console()


err = Console(stderr=True)


def fail(message: str, code: int = 1) -> typer.Exit:
    """Print an error in one line, and return the exit of the command."""
    err.print(f"[red]error:[/red] {message}", highlight=False, soft_wrap=True)
    return typer.Exit(code)
