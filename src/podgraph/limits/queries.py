"""The query for the cost of a document."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from graphql import GraphQLSyntaxError, Undefined, parse
from podgraph.graphql.scalars import Json
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.limits.cost_limit import CostedOperation
from podgraph.limits.document_cache import Document
from podgraph.limits.limits import Limits


@strawberry.type
class EdgeQuery:
    @strawberry.field(
        description="The cost of a document, without executing it: `{cost limit depth passes refusal}`. "
        "A refusal has the code, message and suggestion that executing the document would return."
    )
    def query_cost(
        self,
        info: strawberry.Info,
        document: Annotated[str, strawberry.argument(description="The document, with one operation.")],
        variables: Annotated[
            Json | None, strawberry.argument(description='Values of the variables: {"first": 100}.')
        ] = None,
    ) -> Json:
        policy, schema = info.context.policy, info.schema._schema
        limits = policy.limits if policy else Limits()
        if not isinstance(variables, dict | None):
            raise BadUserInput("variables must be an object of values by name.")
        estimate: dict[str, Any] = {"cost": None, "limit": limits.cost, "depth": None, "refusal": None}
        try:
            read = Document(schema, parse(document, max_tokens=limits.tokens))
            asked = CostedOperation(read, None, _given(variables or {}), limits)
            estimate |= {"cost": asked.measure.cost, "depth": asked.measure.depth}
            asked.check_cost()
            if read.errors:
                raise RequestError(RequestErrorCode.GRAPHQL_VALIDATION_FAILED, read.errors[0].message)
        except GraphQLSyntaxError as error:
            estimate["refusal"] = {"code": "GRAPHQL_PARSE_FAILED", "message": error.message}
        except RequestError as refused:
            estimate["refusal"] = {**refused.extensions, "message": refused.message}
        return Json({**estimate, "passes": estimate["refusal"] is None})


def _given(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that have a value; `{first: $n}` omits `first` if `$n` is undefined."""
    return {name: value for name, value in variables.items() if value is not Undefined}
