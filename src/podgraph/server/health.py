"""Pages for people and machines beside the graph: is it alive, is it ready, what does a code mean."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

CHECK_TIMEOUT = 1.5
"""Seconds that a check of readiness may take."""

Check = Callable[[], Awaitable[bool]]
"""Whether something that requests need is as it should be; what it raises means no."""


async def health(_request: Request) -> Response:
    """Liveness of this process alone: a database that is away is no reason to restart it."""
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
        async with asyncio.timeout(CHECK_TIMEOUT):
            return await check()
    except Exception:
        return False
