"""GraphQL over HTTP, with the status codes of its draft."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from datetime import timedelta
from json import JSONDecodeError
from typing import Any, cast

import orjson
from cross_web import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import SSETransport
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql import GraphQLError
from podgraph.database.outages import OUTAGES, outcome_unknown
from podgraph.database.sql_json import json_default
from podgraph.execution.context import Context
from podgraph.execution.operation import mask_error
from podgraph.kernel.request_errors import STATUS, RequestError, RequestErrorCode
from podgraph.limits.policy import Policy
from podgraph.limits.value_limits import read_json
from podgraph.observability.trace import Trace
from podgraph.server.content_negotiation import GRAPHQL, JSON, OFFERED, check_body, preferred
from podgraph.server.cors import check_origin
from podgraph.server.middleware import error_response
from podgraph.server.request_parsing import request_of
from podgraph.server.websockets import INIT_SECONDS, GraphQLTransportWSHandler, WebSocketAdapter

METHODS = ("GET", "POST")
ALLOW = ", ".join(METHODS)

MakeContext = Callable[[HTTPConnection, str | None], Awaitable[Context]]
"""Creates the context of a request from its Authorization header; RequestError if it is invalid."""

EVENT_STREAM = "text/event-stream"


class EventStream(SSETransport):
    """Subscriptions over HTTP as server-sent events, one per request."""

    def allowed_operation_types(self, allowed_operation_types: set[OperationType]) -> Iterable[OperationType]:
        return {OperationType.SUBSCRIPTION}


MakePage = Callable[[], Response]
"""Creates the page of the playground."""


class PendingResponse(Response):
    """The response that Strawberry passes on before the result is known; it has the negotiated media type."""

    def __init__(self, media_type: str) -> None:
        super().__init__()
        self.status_code = None  # type: ignore[assignment]
        self.agreed = media_type
        del self.headers["content-length"]


class GraphQLEndpoint(GraphQL[Context, None]):
    """`/graphql`: queries by GET or POST, mutations by POST, the playground for a browser.

    Subscriptions by WebSocket, or by GET or POST if the client prefers server-sent events.
    """

    websocket_adapter_class = WebSocketAdapter
    graphql_transport_ws_handler_class = GraphQLTransportWSHandler
    stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: EventStream}  # noqa: RUF012

    def __init__(
        self, schema: Any, policy: Policy, make_context: MakeContext, playground: MakePage | None = None
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            allowed_origins=tuple(policy.origins),
        )
        self._policy, self._make_context, self._playground = policy, make_context, playground
        self.most_errors = policy.limits.errors
        self.seconds = policy.limits.seconds
        self._ending = asyncio.Event()

    def shutdown(self) -> None:
        """End the event streams before the server stops; clients resume them on another connection."""
        self._ending.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # The first message of a connection contains its token.
            await self.run(WebSocket(scope, receive, send), context=cast(Context, None))
            return
        try:
            response = await self._respond(Request(scope, receive))
        except RequestError as refused:
            scope["state"]["trace"].codes.append(str(refused.code))
            response = error_response(refused, _headers(refused.extensions))
        except HTTPException as error:
            response = error_response(RequestError(RequestErrorCode.BAD_REQUEST, error.reason))
        if isinstance(response, StreamingResponse):
            await self._stream(response(scope, receive, send), send)
        else:
            await response(scope, receive, send)

    async def _stream(self, streaming: Coroutine[Any, Any, None], send: Send) -> None:
        """Stream until the server stops, without `complete`, so that clients resume."""
        stream, ending = asyncio.create_task(streaming), asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait((stream, ending), return_when=asyncio.FIRST_COMPLETED)
            if stream.done():
                await stream
        finally:
            for task in (stream, ending):
                task.cancel()
            await asyncio.wait((stream, ending))
        if stream.cancelled():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _respond(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ALLOW})
        if request.method not in METHODS:
            raise RequestError(
                RequestErrorCode.METHOD_NOT_ALLOWED, f"Method {request.method[:20]} is not allowed; send GET or POST."
            )
        check_origin(request.headers, self._policy.origins)
        # The playground needs no token; its queries do.
        if self._playground and self._asks_for_page(request):
            return self._playground()
        if request.method == "POST":
            check_body(request.headers)
        try:
            # One deadline covers the whole request, including authentication and the rate limit.
            async with asyncio.timeout(self.seconds) as deadline:
                return await self.run(request)
        except TimeoutError:
            if not deadline.expired():
                raise
            if request.state.trace.outcome_unknown:
                raise outcome_unknown() from None
            message = f"The operation was cancelled after {self.seconds:g} seconds; request less data."
            raise RequestError(RequestErrorCode.DEADLINE_EXCEEDED, message) from None

    def _asks_for_page(self, request: Request) -> bool:
        wanted = preferred(request.headers.get("accept"), ("application/json", "text/html"))
        return request.method == "GET" and not request.query_params and wanted == "text/html"

    async def get_context(self, request: Any, response: Any) -> Context:
        return await self.authenticate(request)

    async def authenticate(self, connection: HTTPConnection, authorization: str | None = None) -> Context:
        """The context of the caller; RequestError if the caller is not authenticated."""
        return await self._make_context(connection, authorization or connection.headers.get("authorization"))

    async def get_sub_response(self, request: Any) -> PendingResponse:
        agreed = _negotiated_media_type(request)
        if agreed is None:
            raise RequestError(
                RequestErrorCode.NOT_ACCEPTABLE,
                f"None of the media types in Accept can be produced: accept {GRAPHQL}, {JSON} or {EVENT_STREAM}.",
            )
        return PendingResponse(agreed)

    def should_render_graphql_ide(self, request: Any) -> bool:
        return False

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        if request.method == "GET":
            given = self._from_query(request.query_params)
        else:
            given = self._json(await request.get_body(), "The body")
        return request_of(given, "sse" if _negotiated_media_type(request) == EVENT_STREAM else "http")

    def _from_query(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = {name: value for name, value in parameters.items() if value}
        for name in ("variables", "extensions"):
            if name in given:
                given[name] = self._json(given[name], name)
        return given

    def _json(self, text: str | bytes, what: str) -> Any:
        try:
            return self.decode_json(text)
        except JSONDecodeError:
            raise RequestError(RequestErrorCode.BAD_REQUEST, f"{what} must be JSON in UTF-8.") from None

    def decode_json(self, data: str | bytes) -> object:
        return read_json(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data, default=json_default)

    async def execute_single(
        self,
        request: Any,
        request_adapter: Any,
        sub_response: Any,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        try:
            result = await self._executed(request.method, context, request_data)
            if _is_server_error(result) and context.trace.kind == "query" and context.leave_replica():
                # A query that fails on a replica is retried on the primary.
                return await self._executed(request.method, context, request_data)
            return result
        except MissingQueryError:
            raise RequestError(
                RequestErrorCode.BAD_REQUEST, "`query` is missing; send the text of the document."
            ) from None
        except CannotGetOperationTypeError:
            return _failed(RequestErrorCode.OPERATION_RESOLUTION_FAILURE, "The document has no operation of this name.")
        except InvalidOperationTypeError as error:
            kind = error.operation_type.value
            more = "send it by POST"
            if error.operation_type is OperationType.SUBSCRIPTION:
                more = f"open a WebSocket, or accept {EVENT_STREAM}"
            raise RequestError(
                RequestErrorCode.METHOD_NOT_ALLOWED, f"A {kind} is not for {request.method}: {more}"
            ) from None

    async def _executed(self, method: str, context: Context, asked: GraphQLRequestData) -> ExecutionResult:
        result: ExecutionResult = await self.schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            allowed_operation_types=self._policy.operations[method],
            operation_extensions=asked.extensions,
        )
        return result

    async def process_result(self, request: Any, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The response body. If no error has a path, nothing was executed, so there is no `data`."""
        # Errors before the operation began have not been masked yet.
        trace: Trace = request.state.trace
        errors = [mask_error(error, trace) for error in result.errors or ()][: self._policy.limits.errors]
        trace.codes += [str((error.extensions or {}).get("code")) for error in errors]
        outages = [error for error in errors if (error.extensions or {}).get("code") in OUTAGES]
        if outages:
            # Partial data would look like complete data with nulls.
            return {"errors": [{"message": outages[0].message, "extensions": outages[0].extensions}]}
        body: GraphQLHTTPResponse = {}
        if errors:
            body["errors"] = [error.formatted for error in errors]
        if result.data is not None or any(error.path for error in errors):
            body["data"] = result.data
        if result.extensions:
            body["extensions"] = result.extensions
        return body

    def create_response(self, response_data: Any, sub_response: Any) -> Response:
        status, headers = _status_and_headers(response_data, sub_response.agreed)
        media_type = f"{sub_response.agreed}; charset=utf-8"
        return Response(self.encode_json(response_data), status, headers, media_type)


def _negotiated_media_type(request: Any) -> str | None:
    return preferred(request.headers.get("accept"), (*OFFERED, EVENT_STREAM))


def _is_server_error(result: ExecutionResult) -> bool:
    """Whether an error is the server's."""
    codes = {str((error.extensions or {}).get("code")) for error in result.errors or ()}
    return bool(codes & (OUTAGES | {str(RequestErrorCode.INTERNAL)}))


def _failed(code: RequestErrorCode, message: str) -> ExecutionResult:
    return ExecutionResult(None, [GraphQLError(message, extensions={"code": str(code)})])


def _status_and_headers(body: GraphQLHTTPResponse, media_type: str) -> tuple[int, Mapping[str, str]]:
    """The status of a response, and its headers."""
    errors: Any = body.get("errors")
    if "data" in body or not errors:
        return 200, {}
    extensions = errors[0].get("extensions", {})
    status = STATUS.get(extensions.get("code"), 400 if media_type == GRAPHQL else 200)
    return status, _headers(extensions)


def _headers(extensions: Mapping[str, Any]) -> Mapping[str, str]:
    """The headers that belong to the status of an error."""
    if "retryAfter" in extensions:
        return {"Retry-After": str(extensions["retryAfter"])}
    return HEADERS.get(extensions.get("code", ""), {})


HEADERS: Mapping[str, Mapping[str, str]] = {
    RequestErrorCode.UNAUTHENTICATED: {"WWW-Authenticate": "Bearer"},
    RequestErrorCode.METHOD_NOT_ALLOWED: {"Allow": ALLOW},
}
