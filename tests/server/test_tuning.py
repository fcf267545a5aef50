"""Tuning of the process by the commands; an import leaves the process as it was."""

import subprocess
import sys

import pytest

STATE = """
import ctypes, gc, sqlite3, _sqlite3
library, opened = ctypes.CDLL(getattr(_sqlite3, "__file__", None)), sqlite3.connect(":memory:")
counts = library.sqlite3_memory_used() > 0 if hasattr(library, "sqlite3_memory_used") else "hidden"
print(gc.get_threshold(), gc.get_freeze_count() > 0, counts)
"""
COMMAND = """
from podgraph.cli.main import app
app("token --demo --user USR-26-000044 --organization ORG-26-090500 --role member".split(), standalone_mode=False)
"""


def state(after: str) -> str:
    """Thresholds, frozen objects and memory statistics of a new process, after some code ran in it."""
    command = [sys.executable, "-c", after + STATE]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return ended.stdout.splitlines()[-1]


@pytest.mark.parametrize("module", ["podgraph", "podgraph.cli.main", "podgraph.server.app"])
def test_an_import_leaves_the_process_unchanged(module: str) -> None:
    assert state(f"import {module}\n") == state("")


@pytest.mark.parametrize("code", [COMMAND, "from podgraph.server.tuning import tune_process; tune_process()"])
def test_a_command_tunes_its_process(code: str) -> None:
    # Where the library does not export its functions, its statistics stay and cannot be read.
    assert state(code) in ["(300000, 20, 50) False False", "(300000, 20, 50) False hidden"]


def test_a_server_freezes_the_objects_of_its_start() -> None:
    code = "from podgraph.server.tuning import tune_server; tune_server()\n"
    assert state(code).startswith("(50000, 20, 50) True")
