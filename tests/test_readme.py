"""README and documentation: the example, the links, and the parts generated from the code."""

import json
import re
from pathlib import Path

import pytest

from conftest import Execute

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "src" / "console" / "README.md",
    *(ROOT / ".github").glob("*.md"),
    *(ROOT / "src" / "docs").rglob("*.md"),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SETTING = re.compile(r"PODGRAPH_[A-Z_]+")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found, f"the README shows no {language}"
    return found[1]


def anchors(file: Path) -> set[str]:
    """The ids of the headings of a Markdown file, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


async def test_example_query_returns_the_example_response(execute: Execute) -> None:
    assert {"data": await execute(block("graphql"))} == json.loads(block("json"))


def test_the_readme_has_at_most_150_lines() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_resolves(page: Path) -> None:
    links = [link for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))) if "://" not in link]
    broken = []
    for link in links:
        path, _, fragment = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (fragment and fragment not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_page_is_linked_from_its_index() -> None:
    docs = ROOT / "src" / "docs"
    for index in docs.rglob("README.md"):
        linked = {(index.parent / link).resolve() for link in LINK.findall(index.read_text("utf-8"))}
        assert set(index.parent.glob("*.md")) - {index} <= linked


def test_every_setting_named_exists() -> None:
    from podgraph.cli.docs import SETTINGS
    from podgraph.settings import DEPRECATED

    known = {setting.name for setting in SETTINGS} | {"PODGRAPH_SKIP_CONSOLE"}
    known |= {f"PODGRAPH_{former}" for former in DEPRECATED.values()}
    named = {name for page in PAGES for name in SETTING.findall(page.read_text("utf-8"))}
    assert named <= known
