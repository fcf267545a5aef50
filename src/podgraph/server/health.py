"""Liveness and readiness of the server."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

CHECK_TIMEOUT = 1.5
"""Timeout of a readiness check in seconds."""

Check = Callable[[], Awaitable[bool]]
"""Whether a dependency of requests is available; an exception means no."""


async def health(_request: Request) -> Response:
    """Liveness of this process, whatever the state of the database: a restart would not help."""
    return JSONResponse({"status": "ok"})


def ready(checks: Mapping[str, Check]) -> Callable[[Request], Awaitable[Response]]:
    """The readiness page: 200, or 503 with the checks that failed."""

    async def page(_request: Request) -> Response:
        found = {name: "ok" if await _holds(check) else "failed" for name, check in checks.items()}
        there = set(found.values()) == {"ok"}
        body = {"status": "ready" if there else "not ready", "checks": found}
        return JSONResponse(body, 200 if there else 503)

    return page


async def _holds(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            return await check()
    except Exception:
        return False
