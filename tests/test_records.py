"""Record types: equal to the read models, and checked by mypy in services."""

import subprocess
import sys
from pathlib import Path

import pytest

from podgraph.cli.records import records
from podgraph.schema import build_schema

ROOT = Path(__file__).parents[1]

SNIPPET = """
from podgraph.pods.repository import PODS
from podgraph.writes.transaction import WriteTransaction

async def pause(write: WriteTransaction) -> str:
    pod = await write.get(PODS, "POD-26-000001")
    return pod.{column}
"""


def test_record_types_equal_the_read_models() -> None:
    build_schema()
    assert (ROOT / "src/podgraph/records.py").read_text() == records()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("column", "error"), [("status", ""), ("state", '"PodRecord" has no attribute "state"')])
def test_mypy_rejects_an_unknown_column(tmp_path: Path, column: str, error: str) -> None:
    file = tmp_path / "snippet.py"
    file.write_text(SNIPPET.format(column=column))
    check = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", str(file)]
    result = subprocess.run(check, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (result.returncode, error in result.stdout) == (1 if error else 0, True), result.stdout + result.stderr
