"""Content negotiation: the media type of a response, and of the requests that are accepted."""

from collections.abc import Mapping
from functools import lru_cache

from podgraph.kernel.request_errors import RequestError, RequestErrorCode

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
OFFERED = (JSON, GRAPHQL)
"""Media types of responses, the default first: clients that accept every type expect JSON."""


@lru_cache(maxsize=100)
def preferred(accept: str | None, offered: tuple[str, ...] = OFFERED) -> str | None:
    """The media type of `offered` that the client prefers, by weight and then by order.

    None if the client accepts none of them; the first one if there is no Accept header.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = quality_values(accept)
    refused = {name for name, weight in ranges if weight <= 0}
    # Sorting keeps the order of equal weights.
    for name, weight in sorted(ranges, key=lambda each: -each[1]):
        found = next((one for one in offered if _covers(name, one) and one not in refused), None)
        if weight > 0 and found:
            return found
    return None


def quality_values(header: str) -> list[tuple[str, float]]:
    """The names in a header such as Accept or Accept-Encoding, each with its weight (RFC 9110, 12.4.2)."""
    return [_quality_value(part) for part in header.split(",")]


def _quality_value(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weights = [value for key, _, value in (each.partition("=") for each in parameters) if key.strip() == "q"]
    try:
        return name, float(weights[0]) if weights else 1.0
    except ValueError:
        return name, 0.0


def _covers(name: str, offered: str) -> bool:
    return name in (offered, "*/*", f"{offered.partition('/')[0]}/*")


def check_body(headers: Mapping[str, str]) -> None:
    """Raise RequestError unless the body is plain JSON in UTF-8.

    Browsers send cross-origin requests of this content type only after a CORS preflight request, so a
    page of another origin cannot write on behalf of its visitor.
    """
    kind, *parameters = (piece.strip() for piece in headers.get("content-type", "").lower().split(";"))
    charsets = [value for key, _, value in (each.partition("=") for each in parameters) if key == "charset"]
    if kind != JSON or any(charset.strip('"') not in ("utf-8", "utf8") for charset in charsets):
        raise RequestError(RequestErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send the request as {JSON} in UTF-8.")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise RequestError(RequestErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body without Content-Encoding.")
