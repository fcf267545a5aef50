"""Pages for people and machines beside the graph: is it alive, is it ready, what does a code mean."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from podgraph.edge.errors import STATUS, EdgeCode
from podgraph.kernel.errors import ErrorCode, WarningCode
from podgraph.kernel.terms import Term

PATIENCE = 1.5
"""Seconds that a check of readiness may take."""

Check = Callable[[], Awaitable[bool]]
"""Whether something that requests need is as it should be; what it raises means no."""


async def health(_request: Request) -> Response:
    """This process answers. It asks nobody else: a database that is away is no reason to restart it."""
    return JSONResponse({"status": "ok"})


def ready(checks: Mapping[str, Check]) -> Callable[[Request], Awaitable[Response]]:
    """The page that says whether requests can be answered: 200, or 503 with what is missing."""

    async def page(_request: Request) -> Response:
        found = {name: "ok" if await _holds(check) else "failed" for name, check in checks.items()}
        there = set(found.values()) == {"ok"}
        told = {"status": "ready" if there else "not ready", "checks": found}
        return JSONResponse(told, 200 if there else 503)

    return page


async def _holds(check: Check) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check()
    except Exception:
        return False


CHAPTERS: Mapping[str, tuple[str, type[Term]]] = {
    "Refusals": ("In a mutation's <code>userErrors</code>: nothing was changed.", ErrorCode),
    "Warnings": ("In a mutation's <code>warnings</code>: it was done all the same.", WarningCode),
    "Errors": ("In <code>errors</code>, as <code>extensions.code</code>.", EdgeCode),
}


def error_page() -> str:
    """Every code and what it means, each with an anchor: `/errors#NOT_FOUND`."""
    known: set[str] = set()
    chapters = []
    for title, (sentence, codes) in CHAPTERS.items():
        rows = "".join(_row(code, anchor=code not in known) for code in codes)
        known |= {str(code) for code in codes}
        chapters.append(f"<h2>{title}</h2><p>{sentence}</p><table>{rows}</table>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Podgraph: errors</title>'
        "<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "td{padding:.2rem 1rem .2rem 0;vertical-align:top}:target{background:#fe9}</style>"
        f"<h1>Errors</h1>{''.join(chapters)}</html>"
    )


def _row(code: Term, *, anchor: bool) -> str:
    place = f' id="{code}"' if anchor else ""
    status = f" Status {STATUS[code]}." if isinstance(code, EdgeCode) and code in STATUS else ""
    again = " The same call may succeed a moment later." if getattr(code, "retryable", False) else ""
    return f"<tr{place}><td><code>{code}</code></td><td>{escape(code.__doc__ or '')}{status}{again}</td></tr>"


async def errors(_request: Request) -> Response:
    """What every code means."""
    return HTMLResponse(error_page())
