"""Request errors (GraphQL specification): their codes and HTTP statuses."""

from podgraph.kernel.enums import DescribedEnum


class RequestErrorCode(DescribedEnum):
    """Code of a request error, in `extensions.code`."""

    BAD_REQUEST = "BAD_REQUEST", "The request does not conform to GraphQL over HTTP."
    BATCHING_UNSUPPORTED = "BATCHING_UNSUPPORTED", "Batching is not supported: send one operation per request."
    BODY_TOO_LARGE = "BODY_TOO_LARGE", "The request body is too large."
    BODY_TOO_SLOW = "BODY_TOO_SLOW", "The request body did not arrive in time."
    FORBIDDEN_ORIGIN = "FORBIDDEN_ORIGIN", "The page's origin is not allowed by PODGRAPH_CORS_ORIGINS."
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED", "The path or the operation does not support this HTTP method."
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE", "None of the media types in Accept can be produced."
    NOT_FOUND = "NOT_FOUND", "There is no resource at this path."
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE", "The request body must be JSON in UTF-8."
    UNAUTHENTICATED = "UNAUTHENTICATED", "The token is missing or invalid; see `reason`."
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED", "The document has a syntax error."
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED", "The document is not valid against the schema."
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE", "`operationName` must select one operation."
    BAD_USER_INPUT = "BAD_USER_INPUT", "A value is invalid; the message describes the expected value."
    INTROSPECTION_DISABLED = "INTROSPECTION_DISABLED", "Introspection is not allowed for this caller."
    COST_LIMIT = "COST_LIMIT", "The operation's cost exceeds the limit; see `suggestion`."
    DEPTH_LIMIT = "DEPTH_LIMIT", "The document is nested too deeply."
    ALIAS_LIMIT = "ALIAS_LIMIT", "The document has too many aliases."
    ROOT_FIELD_LIMIT = "ROOT_FIELD_LIMIT", "The operation has too many root fields."
    MUTATION_LIMIT = "MUTATION_LIMIT", "The operation has too many mutations."
    TOKEN_LIMIT = "TOKEN_LIMIT", "The document has too many tokens."
    DOCUMENT_LIMIT = "DOCUMENT_LIMIT", "The document exceeds another limit, which the message names."
    SUBSCRIPTION_LIMIT = "SUBSCRIPTION_LIMIT", "The WebSocket has too many subscriptions; complete one first."
    RATE_LIMITED = "RATE_LIMITED", "The rate limit is exceeded; retry after `retryAfter` seconds."
    SLOW_CONSUMER = "SLOW_CONSUMER", "The subscriber fell too far behind; resume after `lastSequence`."
    OVERLOADED = "OVERLOADED", "The server is overloaded; retry after `retryAfter` seconds."
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED", "The operation exceeded its deadline and was cancelled."
    UNAVAILABLE = "UNAVAILABLE", "A dependency is unavailable; retry after `retryAfter` seconds."
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED", "The server accepts registered documents only."
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND", "No document has this hash; send its text as well."
    INTERNAL = "INTERNAL", "An internal error occurred; report `traceId`, with which the log can be searched."


STATUS = {
    RequestErrorCode.BAD_REQUEST: 400,
    RequestErrorCode.BATCHING_UNSUPPORTED: 400,
    RequestErrorCode.BODY_TOO_LARGE: 413,
    RequestErrorCode.BODY_TOO_SLOW: 408,
    RequestErrorCode.FORBIDDEN_ORIGIN: 403,
    RequestErrorCode.METHOD_NOT_ALLOWED: 405,
    RequestErrorCode.NOT_ACCEPTABLE: 406,
    RequestErrorCode.NOT_FOUND: 404,
    RequestErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    RequestErrorCode.UNAUTHENTICATED: 401,
    RequestErrorCode.RATE_LIMITED: 429,
    RequestErrorCode.UNAVAILABLE: 503,
    RequestErrorCode.OVERLOADED: 503,
    RequestErrorCode.DEADLINE_EXCEEDED: 504,
}
"""HTTP status of errors that do not concern the document, for every media type.

Errors of the document are 400 as application/graphql-response+json and 200 as application/json.
"""


class RequestError(Exception):
    """A request error: its code, its message, and further `extensions`."""

    def __init__(self, code: RequestErrorCode, message: str, **more: object) -> None:
        super().__init__(message)
        self.code, self.message, self.more = code, message, more

    @property
    def extensions(self) -> dict[str, object]:
        return {"code": str(self.code), **self.more}
