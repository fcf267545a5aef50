"""Pages of other origins: refused, unless a setting names them."""

from collections.abc import Mapping

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from strawberry.http.websocket_origin import is_same_origin

from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.server.middleware import REQUEST_ID

ANY = "*"


def check_origin(headers: Mapping[str, str], allowed: frozenset[str]) -> None:
    """RequestError if a browser sends an origin that is neither the server's own nor `allowed`."""
    origin = headers.get("origin")
    if origin is None or ANY in allowed or origin in allowed:
        return
    if not is_same_origin(origin, headers.get("host")):
        raise RequestError(RequestErrorCode.FORBIDDEN_ORIGIN, "Origin not allowed: add it to PODGRAPH_CORS_ORIGINS")


def cors_middleware(allowed: frozenset[str]) -> list[Middleware]:
    """What lets browsers hand answers to pages of `allowed` origins (CORS); nothing where there are none."""
    if not allowed:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=sorted(allowed),
            allow_methods=["GET", "POST"],
            # Tracing and clients' libraries add headers of their own; what an origin may do is in its name.
            allow_headers=["*"],
            expose_headers=["Retry-After", REQUEST_ID],
        )
    ]
