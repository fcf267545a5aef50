"""Subscriptions over WebSocket, in the protocol graphql-transport-ws: one connection, many subscriptions."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, cast

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http import GraphQLRequestData
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from graphql import GraphQLError
from podgraph.database.availability import FAILURES
from podgraph.execution.context import Context
from podgraph.kernel.clock import system_clock
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.observability.metrics import record_request
from podgraph.observability.trace import Trace
from podgraph.server.request_parsing import request_of

INIT_SECONDS = 10
"""Seconds that a connection may be open before its `connection_init` message."""
SUBSCRIPTIONS = 50
"""Maximum of concurrent subscriptions per connection."""

SWITCHED = 101
"""The logged status of operations over a WebSocket."""
FORBIDDEN = 4403
"""The close code of a caller without valid authentication."""
TRY_AGAIN = 1013
"""The close code after which the client may reconnect."""


class WebSocketAdapter(ASGIWebSocketAdapter):
    """Sends text messages, because clients do not read binary ones; closing twice is allowed."""

    ws: WebSocket

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await self.ws.send_text(self.view.encode_json_string(message))
        except (WebSocketDisconnect, RuntimeError) as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        if WebSocketState.DISCONNECTED in (self.ws.application_state, self.ws.client_state):
            return
        with suppress(WebSocketDisconnect, RuntimeError):
            # A reason has at most 123 bytes.
            await self.ws.close(code=code, reason=reason[:60])


class GraphQLTransportWSHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One connection: it requires a token, ends when the token expires, and has a context per subscription."""

    view: Any
    websocket: WebSocketAdapter

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._asked: dict[str, GraphQLRequestData] = {}
        self._expiry: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    async def handle_message(self, message: Message) -> None:
        try:
            self._check(message)
        except RequestError as refused:
            await self.handle_invalid_message(refused.message)
            return
        await super().handle_message(message)

    def _check(self, message: Any) -> None:
        """RequestError if a message does not conform to the protocol."""
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise RequestError(RequestErrorCode.BAD_REQUEST, 'A message is an object such as {"type": "ping"}')
        if message["type"] not in ("subscribe", "complete"):
            return
        if not isinstance(message.get("id"), str) or not 0 < len(message["id"]) <= 100:
            raise RequestError(RequestErrorCode.BAD_REQUEST, "`id` is not a string of 1 to 100 characters")
        if message["type"] == "subscribe" and message["id"] not in self.operations:
            asked = request_of(message.get("payload"))
            self._asked[message["id"]] = asked
            message["payload"] = {
                "query": asked.query or "",
                "variables": asked.variables,
                "operationName": asked.operation_name,
            }

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        payload = message.get("payload") or {}
        if isinstance(payload, dict) and not (self.connection_init_received or self.connection_timed_out):
            message["payload"] = payload
            try:
                async with asyncio.timeout(self.view.seconds):
                    self.context = await self.view.authenticate(self.websocket.ws, _authorization(payload))
            except RequestError as refused:
                await self.websocket.close(FORBIDDEN, refused.message)
                return
            except FAILURES:
                await self.websocket.close(TRY_AGAIN, "The database is unavailable: reconnect")
                return
            self._close_at_token_expiry()
        await super().handle_connection_init(message)

    def _close_at_token_expiry(self) -> None:
        ends = self.context.viewer.expires_at
        if ends is not None:
            left = max(0.0, (ends - system_clock()).total_seconds())
            self._expiry = asyncio.get_running_loop().call_later(left, self._expire)

    def _expire(self) -> None:
        self._ending = asyncio.create_task(self.websocket.close(FORBIDDEN, "The token has expired"))

    async def handle_subscribe(self, asked: SubscribeMessage) -> None:
        identity = asked["id"]
        if len(self.operations) < SUBSCRIPTIONS or identity in self.operations:
            await super().handle_subscribe(asked)
            return
        del self._asked[identity]
        trace = Trace(actor=self.context.trace.actor, codes=[str(RequestErrorCode.SUBSCRIPTION_LIMIT)])
        record_request(self.websocket.ws.scope, trace.trace_id, trace, SWITCHED, 0)
        message = f"A connection has at most {SUBSCRIPTIONS} subscriptions; complete one or open another connection."
        error = GraphQLError(message, extensions={"code": str(RequestErrorCode.SUBSCRIPTION_LIMIT)})
        await self.send_message({"id": identity, "type": "error", "payload": [error.formatted]})

    async def shutdown(self) -> None:
        if self._expiry:
            self._expiry.cancel()
        await super().shutdown()

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        asked, began = self._asked.pop(operation.id), time.perf_counter()
        trace = Trace(actor=self.context.trace.actor)
        try:
            async with asyncio.timeout(self.view.seconds):
                results = await self.schema.stream(
                    asked.query,
                    variable_values=asked.variables,
                    # Subscriptions share no loaded records.
                    context_value=replace(self.context, trace=trace),
                    operation_name=asked.operation_name,
                    operation_extensions=asked.extensions,
                    allowed_operation_types={OperationType.SUBSCRIPTION},
                )
            async with aclosing(results):
                async for result in results:
                    if await self._sent(operation, cast(ExecutionResult, result), trace):
                        return
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except WebSocketDisconnected:
            pass
        except TimeoutError:
            await self.websocket.close(TRY_AGAIN, "The database is unavailable: reconnect")
        except Exception as error:
            await self.handle_task_exception(error)
            await self.websocket.close(1011, "Internal server error")
        finally:
            record_request(self.websocket.ws.scope, trace.trace_id, trace, SWITCHED, time.perf_counter() - began)

    async def _sent(self, operation: Operation[Context, None], result: ExecutionResult, trace: Trace) -> bool:
        """Send one result; whether it was the last one."""
        errors = result.errors = (result.errors or [])[: self.view.most_errors] or None
        codes = [str((error.extensions or {}).get("code")) for error in errors or ()]
        trace.codes += codes
        if RequestErrorCode.UNAUTHENTICATED in codes and self.context.viewer.roles:
            await self.websocket.close(FORBIDDEN, (errors or [])[0].message)
            return True
        if isinstance(result, PreExecutionError):
            await operation.send_initial_errors(errors or [])
            return True
        await operation.send_next(result)
        return False


def _authorization(payload: Mapping[str, object]) -> str | None:
    """The Authorization value of the first message: browsers cannot send that header."""
    given = {name.lower(): value for name, value in payload.items()}.get("authorization")
    return given if isinstance(given, str) else None
