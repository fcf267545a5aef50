"""The codes of requests that get no answer from the graph, and the status that each has over HTTP."""

from podgraph.kernel.enums import DescribedEnum


class RequestErrorCode(DescribedEnum):
    """Why a request was refused before, or ended while, the graph was asked."""

    BAD_REQUEST = "BAD_REQUEST", "The request is not one of GraphQL over HTTP."
    BATCHING_UNSUPPORTED = "BATCHING_UNSUPPORTED", "One request is one operation: send them one by one."
    BODY_TOO_LARGE = "BODY_TOO_LARGE", "The body is larger than this server reads."
    BODY_TOO_SLOW = "BODY_TOO_SLOW", "The body did not arrive in time."
    FORBIDDEN_ORIGIN = "FORBIDDEN_ORIGIN", "A page of another origin asks, which no setting allows."
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED", "The path, or the operation, is not for this method."
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE", "No media type that is accepted is one that can be sent."
    NOT_FOUND = "NOT_FOUND", "Nothing is at this path."
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE", "The body is not plain JSON in UTF-8."
    UNAUTHENTICATED = "UNAUTHENTICATED", "No token, or none that holds; `reason` says which."
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED", "The document is not GraphQL."
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED", "The document does not fit the schema."
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE", "It is not clear which operation is meant."
    BAD_USER_INPUT = "BAD_USER_INPUT", "A value can not be used; the message says what to write."
    INTROSPECTION_DISABLED = "INTROSPECTION_DISABLED", "The schema is not told to this caller."
    COST_LIMIT = "COST_LIMIT", "The document may load too much; `suggestion` says how it would pass."
    DEPTH_LIMIT = "DEPTH_LIMIT", "The document is nested too deep."
    ALIAS_LIMIT = "ALIAS_LIMIT", "The document has too many aliases."
    ROOT_FIELD_LIMIT = "ROOT_FIELD_LIMIT", "The operation has too many root fields."
    MUTATION_LIMIT = "MUTATION_LIMIT", "The operation has too many mutations."
    TOKEN_LIMIT = "TOKEN_LIMIT", "The document has too many tokens."
    DOCUMENT_LIMIT = "DOCUMENT_LIMIT", "The document has too much of something else; the message says what."
    SUBSCRIPTION_LIMIT = "SUBSCRIPTION_LIMIT", "The WebSocket has too many subscriptions: complete one first."
    RATE_LIMITED = "RATE_LIMITED", "The caller's points are used up; `retryAfter` says for how many seconds."
    SLOW_CONSUMER = "SLOW_CONSUMER", "Events wait that were not taken: go on after `lastSequence`."
    OVERLOADED = "OVERLOADED", "Too much is asked for at once; ask again after `retryAfter` seconds."
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED", "The operation took too long and was ended."
    UNAVAILABLE = "UNAVAILABLE", "Something does not answer us; ask again after `retryAfter` seconds."
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED", "Only documents that were added are answered here."
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND", "No document with this hash: send its text too."
    INTERNAL = "INTERNAL", "Our fault; `traceId` finds it in the log."


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
"""The status of what is not about the document, whatever media type is answered in.

What is about the document is 400 as application/graphql-response+json and 200 as application/json.
"""


class RequestError(Exception):
    """A request that is not answered: its code, one sentence, and what else `extensions` tells."""

    def __init__(self, code: RequestErrorCode, message: str, **more: object) -> None:
        super().__init__(message)
        self.code, self.message, self.more = code, message, more

    @property
    def extensions(self) -> dict[str, object]:
        return {"code": str(self.code), **self.more}
