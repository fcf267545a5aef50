"""The page that explains every error code."""

from collections.abc import Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, WarningCode
from podgraph.kernel.request_errors import STATUS, RequestErrorCode

CHAPTERS: Mapping[str, tuple[str, type[DescribedEnum]]] = {
    "Refusals": ("In a mutation's <code>userErrors</code>: nothing was changed.", ErrorCode),
    "Warnings": ("In a mutation's <code>warnings</code>: it was done all the same.", WarningCode),
    "Errors": ("In <code>errors</code>, as <code>extensions.code</code>.", RequestErrorCode),
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


def _row(code: DescribedEnum, *, anchor: bool) -> str:
    place = f' id="{code}"' if anchor else ""
    status = f" Status {STATUS[code]}." if isinstance(code, RequestErrorCode) and code in STATUS else ""
    again = " The same call may succeed a moment later." if getattr(code, "retryable", False) else ""
    return f"<tr{place}><td><code>{code}</code></td><td>{escape(code.__doc__ or '')}{status}{again}</td></tr>"


async def errors(_request: Request) -> Response:
    """What every code means."""
    return HTMLResponse(error_page())
