"""Query protection: persisted documents, size limits, cost limits and rate limits, before any resolver runs."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import InvalidOperationTypeError

from graphql import GraphQLError, GraphQLSyntaxError, OperationDefinitionNode
from podgraph.auth.viewer import ANONYMOUS, Viewer
from podgraph.database.outages import database_error
from podgraph.execution.audit import audit, requested_mutations
from podgraph.execution.context import Context
from podgraph.kernel.notation import plural
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.limits.cost_analysis import OperationCost, actual_cost, operation_of, variables_given
from podgraph.limits.cost_limit import CostedOperation
from podgraph.limits.document_cache import Document, Documents
from podgraph.limits.policy import Introspection, Policy


class QueryProtection(SchemaExtension):
    """Parses documents, and applies the policy of the context to operations.

    It is a single extension, so that the order is fixed: the cost is computed before validation, and rejected
    operations consume no points.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._document: Document | None = None
        self._operation: OperationDefinitionNode | None = None
        self._rejection: RequestError | None = None
        self._measure = OperationCost()

    @property
    def _context(self) -> Context:
        context: Context = self.execution_context.context
        return context

    async def on_operation(self) -> AsyncIterator[None]:
        context, policy = self.execution_context, self._context.policy
        if policy and policy.documents:
            try:
                context.query = await policy.documents.text(context.query, context.operation_extensions or {})
            except Exception as error:
                refused = error if isinstance(error, RequestError) else database_error(error)
                if refused is None:
                    raise
                # Raised in `on_parse`: an error here would leave the extensions that began earlier open.
                self._rejection, context.query = refused, context.query or "#"
        try:
            yield
        except (GraphQLError, InvalidOperationTypeError) as error:
            await self._audit_rejection([error])
            raise
        await self._audit_rejection(getattr(context.result, "errors", None) or [])
        rates = policy.rate_limiter if policy else None
        if rates and (more := self._actual_cost - self._measure.cost) > 0:
            # A list without pagination was longer than its estimated length.
            await rates.consume(*_bucket_of(self._context.viewer), more)

    def on_parse(self) -> Iterator[None]:
        policy = self._context.policy
        tokens = policy.limits.tokens if policy else None
        try:
            # A rejected document is parsed too: the audit trail lists its mutations.
            document = self._parse_document(tokens)
            if self._rejection:
                raise self._rejection
        except GraphQLSyntaxError as error:
            raise _graphql_error(self._rejection) if self._rejection else _too_many_tokens(error, tokens) from None
        except RequestError as refused:
            raise _graphql_error(self._rejection or refused) from None
        self.execution_context.graphql_document = document.node
        yield

    def _parse_document(self, tokens: int | None) -> Document:
        """Parse the document and select its operation."""
        context, trace = self.execution_context, self._context.trace
        document = self._documents.read(context.schema._schema, context.query or "", tokens)
        self._operation = operation_of(document.node, context._provided_operation_name)
        trace.kind = self._operation.operation.value
        trace.operation = self._operation.name.value[:100] if self._operation.name else None
        self._document = document
        return document

    async def on_validate(self) -> AsyncIterator[None]:
        policy, costed = self._context.policy, None
        try:
            if policy:
                costed = self._costed_operation(policy)
                self._measure = costed.measure
                self._context.trace.cost = self._measure.cost
                self._check_caller(policy)
            assert self._document is not None
            errors = self._document.errors
            if costed and policy and not errors:
                costed.check_cost()
                await self._consume_rate_limit(policy)
        except RequestError as refused:
            raise _graphql_error(refused) from None
        self.execution_context.pre_execution_errors = [self._validation_error(error) for error in errors]
        yield

    def get_results(self) -> dict[str, Any]:
        """The requested cost, the actual cost and the cost limit, in points."""
        policy = self._context.policy
        if policy is None:
            return {}
        actual = self._actual_cost
        requested = max(self._measure.cost, actual)
        return {"cost": {"requested": requested, "actual": actual, "limit": policy.limits.cost}}

    @property
    def _actual_cost(self) -> int:
        """The actual cost of an executed operation in points; 0 without data."""
        data = getattr(self.execution_context.result, "data", None)
        return max(1, actual_cost(self._measure.parts, [data])) if data else 0

    def _costed_operation(self, policy: Policy) -> CostedOperation:
        assert self._document is not None
        context = self.execution_context
        name, variables = context._provided_operation_name, context.variables or {}
        return CostedOperation(self._document, name, variables, policy.limits)

    def _check_caller(self, policy: Policy) -> None:
        if self._context.viewer is ANONYMOUS and self._measure.reads:
            message = "Send an access token in the header `Authorization: Bearer <token>`."
            raise RequestError(RequestErrorCode.UNAUTHENTICATED, message, reason="TOKEN_MISSING")
        if self._measure.introspects and policy.introspection is Introspection.OFF:
            raise RequestError(RequestErrorCode.INTROSPECTION_DISABLED, "Introspection is disabled on this server.")

    async def _audit_rejection(self, errors: Sequence[Exception]) -> None:
        """Add the mutations of an authenticated caller that were rejected before execution to the audit trail."""
        context, operation = self._context, self._operation
        if not errors or any(getattr(error, "path", None) for error in errors):
            return
        if context.trace.kind != "mutation" or context.viewer is ANONYMOUS or operation is None:
            return
        variables = self.execution_context.variables or {}
        for action, named in requested_mutations(operation, variables_given(operation, variables)):
            await audit(context, action, named, _error_code(errors[0]))

    async def _consume_rate_limit(self, policy: Policy) -> None:
        if policy.rate_limiter is None:
            return
        rate = await policy.rate_limiter.consume(*_bucket_of(self._context.viewer), self._measure.cost)
        self._context.rate = rate
        if rate.wait:
            raise RequestError(
                RequestErrorCode.RATE_LIMITED,
                f"{self._measure.cost} points are required and {rate.remaining} are left; "
                f"retry in {plural(rate.wait, 'second')}.",
                retryAfter=rate.wait,
                limit=rate.limit,
                remaining=rate.remaining,
            )

    def _validation_error(self, error: GraphQLError) -> GraphQLError:
        policy, message = self._context.policy, error.message
        if policy and policy.introspection is Introspection.OFF:
            # Suggestions would disclose names of the schema.
            message = message.partition(" Did you mean")[0]
        code = {"code": str(RequestErrorCode.GRAPHQL_VALIDATION_FAILED)}
        return GraphQLError(message, error.nodes, path=error.path, extensions=code)


def _bucket_of(viewer: Viewer) -> tuple[str, frozenset[str]]:
    """The actor whose token bucket is charged, and the roles that determine its capacity."""
    return viewer.user_id or viewer.token_id or "", viewer.roles


def _error_code(error: Exception) -> str:
    """Code of an error before execution; an error without a code is about values."""
    if isinstance(getattr(error, "original_error", None) or error, InvalidOperationTypeError):
        return str(RequestErrorCode.METHOD_NOT_ALLOWED)
    return str((getattr(error, "extensions", None) or {}).get("code", RequestErrorCode.BAD_USER_INPUT))


def _graphql_error(refused: RequestError) -> GraphQLError:
    return GraphQLError(refused.message, extensions=refused.extensions)


def _too_many_tokens(error: GraphQLSyntaxError, tokens: int | None) -> GraphQLError:
    if tokens is not None and f"more than {tokens} tokens" in error.message:
        return _graphql_error(RequestError(RequestErrorCode.TOKEN_LIMIT, f"A document has at most {tokens} tokens"))
    return error
