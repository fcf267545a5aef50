"""Pages of the console: dashboard, playground, documentation, and their files.

The pages are built from `src/console` when the package is installed. If they are missing, the server
shows a page that explains it, and serves the API alone.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from podgraph.auth.tokens import Tokens
from podgraph.kernel.clock import Clock
from podgraph.server.content_negotiation import quality_values
from podgraph.settings import Settings

BUILT = Path(__file__).parents[1] / "console"
DASHBOARD = (
    "/",
    "/pods",
    "/pods/{id}",
    "/outcomes",
    "/outcomes/{id}",
    "/capacity",
    "/reports",
    "/reports/{name}",
    "/events",
    "/sign-in",
)
"""Paths of the dashboard, which is a single-page application."""

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        # Mantine and Monaco write their styles into the page when they run.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        # The fonts of GraphiQL are part of its style sheet.
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
A_YEAR = "public, max-age=31536000, immutable"
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Encodings of compressed files, the smallest first, and their file extensions."""

NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Podgraph</title>
<body style="font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>Podgraph</h1>
<p>The API is served here: send GraphQL to <code>POST /graphql</code>.</p>
<p>The dashboard and the playground were not built with this installation. They need the npm registry
once: <code>uv sync --reinstall-package podgraph</code>, without <code>PODGRAPH_SKIP_CONSOLE</code>.</p>
</body>
</html>
"""


class Assets(StaticFiles):
    """Files with a content hash in their names: cached for a year, and sent with their compression."""

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        header = Headers(scope=scope).get("accept-encoding", "")
        accepted = {name for name, weight in quality_values(header) if weight > 0}
        headers = {"Cache-Control": A_YEAR, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
        for encoding, ending in ENCODINGS.items():
            compressed = Path(f"{full_path}{ending}")
            if encoding in accepted and compressed.exists():
                return FileResponse(compressed, status_code, {**headers, "Content-Encoding": encoding})
        return FileResponse(full_path, status_code, headers)


def page(name: str) -> Response:
    """A page of the console, `index` or `playground`; a page with instructions if it is not built."""
    file = BUILT / f"{name}.html"
    return HTMLResponse(file.read_text("utf-8") if file.exists() else NOT_BUILT, headers=PAGE_HEADERS)


def is_built() -> bool:
    """Whether this installation has the console's pages."""
    return (BUILT / "index.html").exists()


def routes(settings: Settings, tokens: Tokens, clock: Clock) -> list[BaseRoute]:
    """The addresses of the console."""

    async def dashboard(_request: Request) -> Response:
        return page("index")

    async def playground(_request: Request) -> Response:
        return page("playground")

    async def config(_request: Request) -> Response:
        return JSONResponse(_console_config(settings, tokens, clock()), headers={"Cache-Control": "no-store"})

    served: list[BaseRoute] = [Route(path, dashboard) for path in DASHBOARD]
    served += docs_routes()
    if settings.playground:
        served.append(Route("/playground", playground))
    served.append(Route("/console/config", config))
    if is_built():
        served.append(Mount("/assets", Assets(directory=BUILT / "assets")))
    return served


def docs_routes() -> list[BaseRoute]:
    """The addresses of the documentation: `/docs` and one page for each file of `src/docs`."""
    folder = BUILT / "docs"
    pages = {file.relative_to(folder).with_suffix("").as_posix(): file for file in folder.rglob("*.html")}

    async def docs(request: Request) -> Response:
        file = pages.get(request.path_params.get("name", "README"))
        if file is None:
            raise HTTPException(404)
        return HTMLResponse(file.read_text("utf-8"), headers=PAGE_HEADERS)

    async def errors(_request: Request) -> Response:
        return RedirectResponse("/docs/errors")

    return [Route("/docs", docs), Route("/docs/{name:path}", docs), Route("/errors", errors)]


def _console_config(settings: Settings, tokens: Tokens, now: datetime) -> Mapping[str, Any]:
    """The configuration of the pages that no query returns: the server's time, and the users of the demo."""
    people = _people(tokens) if settings.demo else []
    return {"now": now.isoformat(), "playground": settings.playground, "people": people}


def _people(tokens: Tokens) -> list[Mapping[str, str]]:
    """The users of the demo, each with a token; the first one is the default."""
    from podgraph.demo.people import PEOPLE

    return [
        {
            "part": person.part,
            "name": person.name,
            "sentence": person.sentence,
            "token": tokens.issue(person.user_id, person.organizations, person.roles),
        }
        for person in PEOPLE
    ]
