"""Renders the Markdown files of this folder as plain HTML pages, when the package is built."""

import re
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

DOCS = Path(__file__).parent
HOME = "README"
"""The page at `/docs` itself."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} - Podgraph documentation</title>
<style>
body {{ font: 16px/1.6 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }}
nav {{ display: flex; gap: 1.5rem; border-bottom: 1px solid #8886; padding-bottom: .75rem; }}
a {{ color: light-dark(#0f766e, #5eead4); }}
pre {{ background: #8881; padding: .75rem 1rem; overflow-x: auto; border-radius: 6px; }}
code {{ font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }}
pre code {{ overflow-wrap: normal; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
th, td {{ border-bottom: 1px solid #8886; padding: .35rem 1rem .35rem 0; text-align: left; vertical-align: top; }}
:target {{ background: #fc06; }}
</style>
<nav aria-label="Podgraph"><a href="/docs">Documentation</a> <a href="/">Dashboard</a></nav>
<main>
{body}</main>
</html>
"""
LINK_TO_PAGE = re.compile(r"(?P<path>[^:#]+)\.md(?P<fragment>#.*)?")
ARROW = re.compile(r"\s*(\S+) --> (\S+?)(?:: (.*))?")
_markdown = MarkdownIt("commonmark").enable("table")


def render(into: Path) -> None:
    """Write one HTML file for each Markdown file, and delete those of pages that no longer exist."""
    pages = {into / f"{name_of(file)}.html": file for file in DOCS.rglob("*.md")}
    for page, file in pages.items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(page_of(file), "utf-8")
    for stale in set(into.rglob("*.html")) - set(pages):
        stale.unlink()


def name_of(file: Path) -> str:
    """The name of a page in its address: `decisions/0001-loaders`."""
    return file.resolve().relative_to(DOCS).with_suffix("").as_posix()


def page_of(file: Path) -> str:
    """The HTML page of one Markdown file."""
    tokens = _markdown.parse(file.read_text("utf-8"))
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", _address(str(child.attrGet("href")), file))
    _add_anchors(tokens)
    title = next(following.content for token, following in _pairs(tokens) if token.tag == "h1")
    return PAGE.format(title=escape(title), body=_markdown.renderer.render(tokens, _markdown.options, {}))


def _address(link: str, file: Path) -> str:
    """Where a link of a file leads on the server: a link to another Markdown file to its page."""
    found = LINK_TO_PAGE.fullmatch(link)
    if not found:
        return link
    name = name_of(file.parent / f"{found['path']}.md")
    return ("/docs" if name == HOME else f"/docs/{name}") + (found["fragment"] or "")


def _add_anchors(tokens: list[Token]) -> None:
    """Ids for headings, and for rows whose first cell is one word of code: `/docs/errors#NOT_FOUND`."""
    used: set[str] = set()
    row: Token | None = None
    for token, following in _pairs(tokens):
        if token.type == "heading_open":
            _set_id(token, re.sub(r"[^\w -]", "", following.content.lower()).replace(" ", "-"), used)
        elif token.type == "tr_open":
            row = token
        elif token.type == "td_open" and row is not None:
            children = following.children or []
            if len(children) == 1 and children[0].type == "code_inline":
                _set_id(row, children[0].content, used)
            row = None


def _set_id(token: Token, anchor: str, used: set[str]) -> None:
    if anchor not in used:
        used.add(anchor)
        token.attrSet("id", anchor)


def _pairs(tokens: list[Token]) -> Iterator[tuple[Token, Token]]:
    return pairwise(tokens)


def _fence(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    """A state diagram as a table, since pages run no script; other fenced code as it is."""
    token = tokens[index]
    if token.info != "mermaid":
        return str(type(renderer).fence(renderer, tokens, index, options, env))
    arrows = [found.groups("") for line in token.content.splitlines() if (found := ARROW.fullmatch(line))]
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in arrow)}</tr>\n" for arrow in arrows)
    return f"<table><tr><th>from</th><th>to</th><th>by</th></tr>\n{rows}</table>\n"


_markdown.add_render_rule("fence", _fence)
