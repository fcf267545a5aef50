"""Which media types a request may be in, and which one its answer is in."""

from collections.abc import Mapping
from functools import lru_cache

from podgraph.kernel.request_errors import RequestError, RequestErrorCode

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
OFFERED = (JSON, GRAPHQL)
"""What answers are sent in, our own choice first: where everything is accepted, clients expect JSON."""


@lru_cache(maxsize=100)
def preferred(accept: str | None, offered: tuple[str, ...] = OFFERED) -> str | None:
    """The media type to answer in: the one that is accepted first, by weight and then by order.

    None where none of `offered` is accepted; the first one where nothing is said at all.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",")]
    refused = {name for name, weight in ranges if weight <= 0}
    # Sorting keeps the order of what weighs the same.
    for name, weight in sorted(ranges, key=lambda each: -each[1]):
        found = next((one for one in offered if _covers(name, one) and one not in refused), None)
        if weight > 0 and found:
            return found
    return None


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weights = [value for key, _, value in (each.partition("=") for each in parameters) if key.strip() == "q"]
    try:
        return name, float(weights[0]) if weights else 1.0
    except ValueError:
        return name, 0.0


def _covers(name: str, offered: str) -> bool:
    return name in (offered, "*/*", f"{offered.partition('/')[0]}/*")


def check_body(headers: Mapping[str, str]) -> None:
    """Refused unless the body is plain JSON in UTF-8.

    A browser sends a page's POST elsewhere without asking first only in other content types than
    this, so that no page can write on behalf of somebody who just looks at it.
    """
    kind, *parameters = (piece.strip() for piece in headers.get("content-type", "").lower().split(";"))
    charsets = [value for key, _, value in (each.partition("=") for each in parameters) if key == "charset"]
    if kind != JSON or any(charset.strip('"') not in ("utf-8", "utf8") for charset in charsets):
        raise RequestError(RequestErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send the request as {JSON} in UTF-8.")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise RequestError(RequestErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body without Content-Encoding.")
