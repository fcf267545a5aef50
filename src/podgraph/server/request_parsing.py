"""Request parsing: the operation of a request, over HTTP and WebSocket."""

from typing import Any

from strawberry.http import GraphQLRequestData, GraphQLRequestProtocol

from podgraph.kernel.request_errors import RequestError, RequestErrorCode


def request_of(given: Any, protocol: GraphQLRequestProtocol = "http") -> GraphQLRequestData:
    """The operation that the parameters of a request describe; RequestError if they are invalid."""
    if isinstance(given, list):
        raise RequestError(
            RequestErrorCode.BATCHING_UNSUPPORTED, "Batching is not supported; send one operation per request."
        )
    if not isinstance(given, dict):
        raise RequestError(RequestErrorCode.BAD_REQUEST, 'The body is not a JSON object such as {"query": "{ ... }"}')
    for name, kind in PARAMETERS.items():
        if not isinstance(given.get(name), kind | None):
            raise RequestError(RequestErrorCode.BAD_REQUEST, f"`{name}` is not {WORDS[kind]}")
    extensions = {name: value for name, value in (given.get("extensions") or {}).items() if value is not None}
    if given.get("documentId") is not None:
        extensions["documentId"] = given["documentId"]
    elif given.get("query") is None and "persistedQuery" not in extensions:
        raise RequestError(RequestErrorCode.BAD_REQUEST, "`query` is missing; send the text of the document.")
    return GraphQLRequestData(
        # An empty text is a document with a syntax error; Strawberry would treat it as missing.
        query=" " if given.get("query") == "" else given.get("query"),
        variables=given.get("variables"),
        operation_name=given.get("operationName") or None,
        extensions=extensions,
        protocol=protocol,
    )


PARAMETERS: dict[str, type] = {
    "query": str,
    "documentId": str,
    "operationName": str,
    "variables": dict,
    "extensions": dict,
}
"""The parameters of a request. Each may be null, which is as good as absent; so may each extension."""

WORDS: dict[type, str] = {str: "a string", dict: "an object"}
