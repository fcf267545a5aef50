"""Outermost middleware: body size and time limits, request ids, and the last error handler."""

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from podgraph.database.outages import database_error
from podgraph.kernel.request_errors import STATUS, RequestError, RequestErrorCode
from podgraph.limits.limits import Limits
from podgraph.observability.metrics import record_request
from podgraph.observability.trace import Trace

log = logging.getLogger("podgraph")

REQUEST_ID = "X-Request-Id"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def error_response(refused: RequestError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response to a request that was not executed, in the format of GraphQL."""
    body = {"errors": [{"message": refused.message, "extensions": refused.extensions}]}
    if "retryAfter" in refused.more:
        headers = {"Retry-After": str(refused.more["retryAfter"]), **(headers or {})}
    return JSONResponse(body, STATUS.get(refused.code, 500), headers)


class RequestLog:
    """Outermost middleware: request ids, either new or from the header of the request.

    Every response has the id, and the request is logged and counted at its end.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, began = Headers(scope=scope), time.perf_counter()
        given = headers.get(REQUEST_ID, "")
        trace = Trace.of(headers.get("traceparent"))
        request_id = given if _GIVEN_ID.fullmatch(given) else trace.trace_id
        scope.setdefault("state", {}).update(request_id=request_id, trace=trace)
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            record_request(scope, request_id, trace, status, time.perf_counter() - began)


class RequestLimits:
    """Middleware: reads the whole body within limits, and handles all errors."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace, started = scope["state"]["trace"], False

        async def answer(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            whole = await self._body(scope, receive)
            await self._app(scope, _receive_buffered(whole, receive), answer)
        except RequestError as refused:
            trace.codes.append(str(refused.code))
            # The body is not read to its end, so the connection cannot be reused.
            await error_response(refused, {"Connection": "close"})(scope, receive, self._lingering(receive, answer))
        except ClientDisconnected:
            pass
        except Exception as error:
            broken = database_error(error) or _unexpected(trace)
            trace.codes.append(str(broken.code))
            if started:
                raise
            await error_response(broken)(scope, receive, answer)

    def _lingering(self, receive: Receive, send: Send) -> Send:
        """Send a response that ends once the rest of the body has been read or has timed out.

        To close a connection with unread data resets it, and a client that is still sending loses the response.
        """

        async def sent(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.body_seconds):
                    while (await receive()).get("more_body", False):
                        pass
            await send({"type": "http.response.body", "body": b""})

        return sent

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body; RequestError if it is too large or too slow."""
        length = Headers(scope=scope).get("content-length")
        if length is not None and not (length.isascii() and length.isdigit()):
            raise RequestError(RequestErrorCode.BAD_REQUEST, "Content-Length must be a number.")
        if length is not None and int(length[:20]) > self._limits.body:
            raise self._too_large()
        parts, size, more = [], 0, True
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientDisconnected
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > self._limits.body:
                        raise self._too_large()
                    more = message.get("more_body", False)
        except TimeoutError:
            seconds = self._limits.body_seconds
            raise RequestError(
                RequestErrorCode.BODY_TOO_SLOW, f"The request body did not arrive within {seconds:g} seconds; retry."
            ) from None
        return b"".join(parts)

    def _too_large(self) -> RequestError:
        return RequestError(
            RequestErrorCode.BODY_TOO_LARGE,
            f"The request body is larger than {self._limits.body} bytes; send a smaller one.",
        )


def _unexpected(trace: Trace) -> RequestError:
    """The response to an unexpected error, which is in the log."""
    log.exception("Unexpected error %s", trace.trace_id, extra=trace.log_fields)
    return RequestError(
        RequestErrorCode.INTERNAL,
        "Internal server error. Include the trace ID when you report it.",
        traceId=trace.trace_id,
    )


class ClientDisconnected(Exception):
    """The client disconnected before its request was complete."""


def _receive_buffered(body: bytes, receive: Receive) -> Receive:
    """Receives the body that was read, and then the further messages of the server."""
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay


async def http_exception_handler(request: Request, error: Exception) -> Response:
    """The response to an unknown path or method, in the format of all errors."""
    assert isinstance(error, HTTPException)
    code = RequestErrorCode.METHOD_NOT_ALLOWED if error.status_code == 405 else RequestErrorCode.NOT_FOUND
    return error_response(
        RequestError(code, f"{request.method[:20]} {request.url.path[:100]} was not found"), error.headers
    )
