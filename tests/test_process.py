"""What is set for the whole process as soon as anything of the package is imported."""

import subprocess
import sys

FIGURES = """
import ctypes, sqlite3, _sqlite3
library, opened = ctypes.CDLL(getattr(_sqlite3, "__file__", None)), sqlite3.connect(":memory:")
print(library.sqlite3_memory_used() > 0 if hasattr(library, "sqlite3_memory_used") else "hidden")
"""


def figures(after: str) -> str:
    """Whether SQLite keeps figures of its memory in a process of its own, if it lets itself be asked."""
    command = [sys.executable, "-c", after + FIGURES]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_sqlite_keeps_no_figures_of_its_memory() -> None:
    # What can not be asked could not be told either.
    assert (figures(""), figures("import podgraph")) in [("True", "False"), ("hidden", "hidden")]
