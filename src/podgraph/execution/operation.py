"""What encloses every operation: its snapshot and loaders, and what of an error may be told."""

import logging
from collections.abc import AsyncIterator
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import InvalidOperationTypeError

from graphql import GraphQLError, GraphQLSyntaxError
from podgraph.database.outages import database_error
from podgraph.execution.context import Context
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.observability.spans import span
from podgraph.observability.trace import Trace

log = logging.getLogger("podgraph")


class Operation(SchemaExtension):
    """Begins the context before an operation and closes it after, whatever happened in between."""

    async def on_operation(self) -> AsyncIterator[None]:
        context: Context = self.execution_context.context
        context.begin()
        try:
            with span("operation", context.trace.parent, trace_id=context.trace.trace_id) as begun:
                yield
                if begun:
                    begun.update_name(context.trace.kind or "operation")
                    begun.set_attributes(context.trace.log_fields)
        finally:
            await context.close()
            _mask_errors(self.execution_context.result, context.trace)
            context.trace.statements += context.statements

    async def on_stream_result(self, result: Any) -> AsyncIterator[None]:
        """End an event's snapshot before it is sent: a connection must not wait for a slow consumer."""
        context: Context = self.execution_context.context
        await context.close()
        _mask_errors(result, context.trace)
        yield

    def get_results(self) -> dict[str, Any]:
        """In development, how the operation was executed."""
        context: Context = self.execution_context.context
        if not context.development:
            return {}
        return {"execution": {"statements": context.statements, "fallbacks": context.fallbacks}}


def _mask_errors(result: Any, trace: Trace) -> None:
    if errors := getattr(result, "errors", None):
        result.errors = [mask_error(error, trace) for error in errors]


def mask_error(error: GraphQLError, trace: Trace) -> GraphQLError:
    """The error as a caller may see it: what we did not mean to say is logged, not sent."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return (
            error if (error.extensions or {}).get("code") else _replaced(error, error.message, {"code": _code(error)})
        )
    if isinstance(cause, BadUserInput):
        return _replaced(error, str(cause), {"code": "BAD_USER_INPUT"})
    if isinstance(cause, RequestError):
        return _replaced(error, cause.message, cause.extensions)
    if isinstance(cause, InvalidOperationTypeError):
        message = "Only subscriptions are sent as events; send `Accept: application/json`."
        return _replaced(error, message, {"code": str(RequestErrorCode.METHOD_NOT_ALLOWED)})
    if refused := database_error(cause):
        return _replaced(error, refused.message, refused.extensions)
    log.error("Unexpected error %s", trace.trace_id, exc_info=cause, extra=trace.log_fields)
    message = "Internal server error. Include the trace ID when you report it."
    return _replaced(error, message, {"code": "INTERNAL", "traceId": trace.trace_id})


def _code(error: GraphQLError) -> str:
    """The code of what graphql-core says: validation has its own, and what is left is about values."""
    return "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "BAD_USER_INPUT"


def _replaced(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
