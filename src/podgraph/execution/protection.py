"""What every operation passes before a resolver runs: its document, size, cost and its caller's rate."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import InvalidOperationTypeError

from graphql import GraphQLError, GraphQLSyntaxError, OperationDefinitionNode
from podgraph.auth.viewer import ANONYMOUS, Viewer
from podgraph.database.outages import database_error
from podgraph.execution.audit import asked_for, audit
from podgraph.execution.context import Context
from podgraph.kernel.notation import plural
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.limits.cost_analysis import OperationCost, actual_cost, operation_of, variables_given
from podgraph.limits.cost_limit import CostedOperation
from podgraph.limits.document_cache import Document, Documents
from podgraph.limits.policy import Introspection, Policy


class QueryProtection(SchemaExtension):
    """Reads documents once, and holds operations to the policy of their context, where it has one.

    It is one extension so that the order is certain: nothing is validated before it is measured,
    and no point is taken for what is refused.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._document: Document | None = None
        self._operation: OperationDefinitionNode | None = None
        self._refused: RequestError | None = None
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
                # Told when it is parsed: an error in here would leave what began before it without an end.
                self._refused, context.query = refused, context.query or "#"
        try:
            yield
        except (GraphQLError, InvalidOperationTypeError) as error:
            await self._audit([error])
            raise
        await self._audit(getattr(context.result, "errors", None) or [])
        rates = policy.rate_limiter if policy else None
        if rates and (more := self._actual - self._measure.cost) > 0:
            # A list without pages was longer than the size that it declares.
            await rates.consume(*_bucket_of(self._context.viewer), more)

    def on_parse(self) -> Iterator[None]:
        policy = self._context.policy
        tokens = policy.limits.tokens if policy else None
        try:
            # Also what is refused is read: the audit trail tells of it where it would have written.
            document = self._read(tokens)
            if self._refused:
                raise self._refused
        except GraphQLSyntaxError as error:
            raise _graphql_error(self._refused) if self._refused else _too_many_tokens(error, tokens) from None
        except RequestError as refused:
            raise _graphql_error(self._refused or refused) from None
        self.execution_context.graphql_document = document.node
        yield

    def _read(self, tokens: int | None) -> Document:
        """The document, and what is asked for in it."""
        context, trace = self.execution_context, self._context.trace
        document = self._documents.read(context.schema._schema, context.query or "", tokens)
        self._operation = operation_of(document.node, context._provided_operation_name)
        trace.kind = self._operation.operation.value
        trace.operation = self._operation.name.value[:100] if self._operation.name else None
        self._document = document
        return document

    async def on_validate(self) -> AsyncIterator[None]:
        policy, asked = self._context.policy, None
        try:
            if policy:
                asked = self._asked(policy)
                self._measure = asked.measure
                self._context.trace.cost = self._measure.cost
                self._check_caller(policy)
            assert self._document is not None
            errors = self._document.errors
            if asked and policy and not errors:
                asked.check_cost()
                await self._consume_rate_limit(policy)
        except RequestError as refused:
            raise _graphql_error(refused) from None
        self.execution_context.pre_execution_errors = [self._invalid(error) for error in errors]
        yield

    def get_results(self) -> dict[str, Any]:
        """What the operation might have loaded, what it has loaded, and what it was allowed to, in points."""
        policy = self._context.policy
        if policy is None:
            return {}
        actual = self._actual
        requested = max(self._measure.cost, actual)
        return {"cost": {"requested": requested, "actual": actual, "limit": policy.limits.cost}}

    @property
    def _actual(self) -> int:
        """What the operation has loaded, in points, once it was executed."""
        data = getattr(self.execution_context.result, "data", None)
        return max(1, actual_cost(self._measure.parts, [data])) if data else 0

    def _asked(self, policy: Policy) -> CostedOperation:
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

    async def _audit(self, errors: Sequence[Exception]) -> None:
        """Write down the mutations of a known caller that were refused before any of them ran."""
        context, operation = self._context, self._operation
        if not errors or any(getattr(error, "path", None) for error in errors):
            return
        if context.trace.kind != "mutation" or context.viewer is ANONYMOUS or operation is None:
            return
        variables = self.execution_context.variables or {}
        for action, named in asked_for(operation, variables_given(operation, variables)):
            await audit(context, action, named, _code(errors[0]))

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

    def _invalid(self, error: GraphQLError) -> GraphQLError:
        policy, message = self._context.policy, error.message
        if policy and policy.introspection is Introspection.OFF:
            # What it might have been called is a part of the schema too.
            message = message.partition(" Did you mean")[0]
        code = {"code": str(RequestErrorCode.GRAPHQL_VALIDATION_FAILED)}
        return GraphQLError(message, error.nodes, path=error.path, extensions=code)


def _bucket_of(viewer: Viewer) -> tuple[str, frozenset[str]]:
    """The actor whose bucket pays for an operation, and the roles that set its factor."""
    return viewer.user_id or viewer.token_id or "", viewer.roles


def _code(error: Exception) -> str:
    """The code of what was refused before it was executed; what has none yet is about values."""
    if isinstance(getattr(error, "original_error", None) or error, InvalidOperationTypeError):
        return str(RequestErrorCode.METHOD_NOT_ALLOWED)
    return str((getattr(error, "extensions", None) or {}).get("code", RequestErrorCode.BAD_USER_INPUT))


def _graphql_error(refused: RequestError) -> GraphQLError:
    return GraphQLError(refused.message, extensions=refused.extensions)


def _too_many_tokens(error: GraphQLSyntaxError, tokens: int | None) -> GraphQLError:
    if tokens is not None and f"more than {tokens} tokens" in error.message:
        return _graphql_error(RequestError(RequestErrorCode.TOKEN_LIMIT, f"A document has at most {tokens} tokens"))
    return error
