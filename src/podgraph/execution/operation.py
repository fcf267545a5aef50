"""Operation extension: begins and closes the context, and masks unexpected errors."""

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
from podgraph.observability.spans import caller_context, tracer
from podgraph.observability.trace import Trace

log = logging.getLogger("podgraph")


class Operation(SchemaExtension):
    """Begins the context before an operation, and always closes it afterwards."""

    async def on_operation(self) -> AsyncIterator[None]:
        context: Context = self.execution_context.context
        context.begin()
        try:
            with tracer.start_as_current_span("operation", caller_context(context.trace.parent)) as span:
                yield
                if span.is_recording():
                    span.update_name(context.trace.kind or "operation")
                    span.set_attributes(context.trace.log_fields)
        finally:
            await context.close()
            _mask_errors(self.execution_context.result, context.trace)
            context.trace.statements += context.statements

    async def on_stream_result(self, result: Any) -> AsyncIterator[None]:
        """Close the snapshot of an event before it is sent, so that a slow consumer does not hold a connection."""
        context: Context = self.execution_context.context
        await context.close()
        _mask_errors(result, context.trace)
        yield

    def get_results(self) -> dict[str, Any]:
        """In development mode, statistics of the execution."""
        context: Context = self.execution_context.context
        if not context.development:
            return {}
        return {"execution": {"statements": context.statements, "fallbacks": context.fallbacks}}


def _mask_errors(result: Any, trace: Trace) -> None:
    if errors := getattr(result, "errors", None):
        result.errors = [mask_error(error, trace) for error in errors]


def mask_error(error: GraphQLError, trace: Trace) -> GraphQLError:
    """The error for the client; an unexpected one is logged, and replaced by a general message."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return (
            error
            if (error.extensions or {}).get("code")
            else _replace_error(error, error.message, {"code": _error_code(error)})
        )
    if isinstance(cause, BadUserInput):
        return _replace_error(error, str(cause), {"code": "BAD_USER_INPUT"})
    if isinstance(cause, RequestError):
        return _replace_error(error, cause.message, cause.extensions)
    if isinstance(cause, InvalidOperationTypeError):
        message = "Only subscriptions are sent as events; send `Accept: application/json`."
        return _replace_error(error, message, {"code": str(RequestErrorCode.METHOD_NOT_ALLOWED)})
    if refused := database_error(cause):
        return _replace_error(error, refused.message, refused.extensions)
    log.error("Unexpected error %s", trace.trace_id, exc_info=cause, extra=trace.log_fields)
    message = "Internal server error. Include the trace ID when you report it."
    return _replace_error(error, message, {"code": "INTERNAL", "traceId": trace.trace_id})


def _error_code(error: GraphQLError) -> str:
    """Code of an error from graphql-core: validation errors have a code already, other errors are about values."""
    return "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "BAD_USER_INPUT"


def _replace_error(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
