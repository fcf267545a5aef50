"""Mutations: declaration, inputs and payloads, and the execution of a call.

    class ConfirmScopePayload(Payload): ...

    confirm_scope: ConfirmScopePayload = mutation(
        service.confirm_scope, ConfirmScopeInput, lifecycle.CONFIRM, "Open the service line ...", ...
    )

A mutation is one transaction. If its service rejects the call, the transaction is rolled back and the payload has
`userErrors`. Otherwise the records of the payload are read from a snapshot after the commit; those of a dry run are
read within the transaction, which is then rolled back.
"""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import strawberry
from sqlalchemy import delete, text
from strawberry.utils.str_converters import to_camel_case

from podgraph.database.model import table_of
from podgraph.database.snapshot import Snapshot
from podgraph.execution.audit import audit, error_code_of
from podgraph.execution.context import Context
from podgraph.graphql import inputs
from podgraph.graphql.descriptions import field as plain
from podgraph.graphql.descriptions import register_enums, register_type, requires_roles
from podgraph.graphql.inputs import input_field
from podgraph.graphql.scalars import Url
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, MutationWarning, Refusal, Rejected, WarningCode
from podgraph.kernel.rounding import trimmed
from podgraph.kernel.transitions import Transition
from podgraph.writes.event_log import EVENTS
from podgraph.writes.idempotency import KEPT_FOR, IdempotencyKey
from podgraph.writes.transaction import WriteResult, WriteTransaction
from podgraph.writes.unit_of_work import RetriesExhausted, begin_write, retry_on_conflict

if TYPE_CHECKING:
    from podgraph.events.types import Event

EVENT_TYPES = strawberry.lazy("podgraph.events.types")

register_enums(WarningCode)
register_type(
    MutationWarning,
    "A warning about a mutation that succeeded.",
    code="The kind of warning, for programs.",
    message="The warning as a sentence, for people.",
    field="Path of the input value that the warning is about.",
)


@dataclass(frozen=True, slots=True)
class UserError:
    """An error of a rejected mutation."""

    code: ErrorCode
    message: str
    field: list[str] | None
    hint: str | None
    doc_url: Url
    retryable: bool

    @classmethod
    def of(cls, refusal: Refusal, base_url: str) -> "UserError":
        code = refusal.code
        path = list(refusal.field) or None
        address = Url(f"{base_url}/docs/errors#{code}")
        return cls(code, refusal.reason, path, refusal.hint, address, code.retryable)


register_type(
    UserError,
    "An error that the caller can correct. Nothing was changed.",
    code="The kind of error, for programs.",
    message="The error as a sentence, for people.",
    field='Path of the input value that the error is about: ["deliverables", "0", "title"].',
    hint="What to do next.",
    doc_url="Documentation of the code.",
    retryable="Whether the same call may succeed if it is retried.",
)


@strawberry.input(description="Input fields that every mutation has.")
class Input:
    idempotency_key: str | None = input_field(
        "Makes retries safe: calls with the same key take effect once within 24 hours.",
        inputs.TITLE,
        default=None,
    )
    expected_version: int | None = input_field(
        "Version of the record that the caller has read. Fails with VERSION_CONFLICT if the record has"
        " changed since, or if the mutation changes no existing record.",
        default=None,
    )
    dry_run: bool = input_field("Return the result without saving it.", default=False)


@strawberry.interface(description="Fields that every mutation payload has.")
class Payload:
    user_errors: list[UserError] = plain("Why the mutation failed; empty if it succeeded.")
    warnings: list[MutationWarning] = plain("Warnings about a mutation that succeeded.")
    events: list[Annotated["Event", EVENT_TYPES]] = plain(
        "Events that the mutation recorded, in order; empty if it failed.", items=20
    )
    idempotent_replay: bool = plain("Whether this is the result of an earlier call with the same idempotency key.")

    @classmethod
    def is_type_of(cls, _value: Any, _info: Any) -> bool:
        """The field's type determines the payload, so any value is valid."""
        return True


@dataclass
class Outcome:
    """The values of a payload, with ids by the names that its relationships use."""

    ids: Mapping[str, str | None] = field(default_factory=dict)
    warnings: list[MutationWarning] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    user_errors: list[UserError] = field(default_factory=list)
    idempotent_replay: bool = False
    once: Mapping[str, str | None] = field(default_factory=dict)

    def __getattr__(self, name: str) -> str | None:
        for values in (self.ids, self.once):
            if name in values:
                return values[name]
        # A rejected call has no new records, and a replay no secret; otherwise the service returns every field.
        if self.user_errors or self.idempotent_replay:
            return None
        raise AttributeError(f"The service of this mutation returns no {name}: see WriteTransaction.return_ids")


Service = Callable[..., Awaitable[None]]
"""`await service(write, scope_id=..., ...)`: called with the values of the input by Python name."""


@dataclass(frozen=True)
class Mutation:
    """The declaration of a mutation: its service, roles, error codes and events."""

    name: str
    service: Service
    roles: frozenset[DescribedEnum]
    shown: str | None
    codes: frozenset[ErrorCode]
    events: frozenset[str]


MUTATIONS: dict[str, Mutation] = {}
"""Mutations by GraphQL name."""

COMMON_CODES = (
    ErrorCode.INVALID,
    ErrorCode.NOT_FOUND,
    ErrorCode.FORBIDDEN,
    ErrorCode.UNKNOWN_USER,
    ErrorCode.VERSION_CONFLICT,
    ErrorCode.IDEMPOTENCY_KEY_REUSED,
    ErrorCode.IDEMPOTENCY_IN_PROGRESS,
    ErrorCode.BUSY,
)
"""Error codes that any mutation can return."""


def mutation(
    service: Service,
    given: type[Input],
    payload: type[Payload],
    transition: Transition | Collection[DescribedEnum],
    description: str,
    *,
    name: str | None = None,
    shows: str | None = None,
    codes: Iterable[ErrorCode] = (),
    events: Iterable[str] = (),
) -> Any:
    """Declare a mutation, which calls `service` with the values of its input in one transaction.

    `transition`, or a collection of roles, determines which callers may use it. `shows` is the input field with the
    id of the record that the payload contains even if the call is rejected.
    """
    roles = transition.roles if isinstance(transition, Transition) else frozenset(transition)
    called = name or (transition.mutation if isinstance(transition, Transition) else to_camel_case(service.__name__))
    if isinstance(transition, Transition):
        codes = {*codes, *transition.codes}
    declared = Mutation(called, service, roles, shows, frozenset(codes), frozenset(events))
    MUTATIONS[called] = declared

    async def resolve(info: strawberry.Info, input: Any) -> Any:
        return await perform(declared, info.context, input)

    resolve.__annotations__ = {
        "info": strawberry.Info,
        "input": Annotated[given, strawberry.argument(description=f"Input for `{called}`.")],
        "return": payload,
    }
    return strawberry.field(
        resolve,
        name=called,
        description=_describe_mutation(description, declared),
        directives=requires_roles(roles),
    )


def _describe_mutation(description: str, declared: Mutation) -> str:
    codes = ", ".join(sorted(declared.codes))
    parts = [
        description,
        f"Requires one of: {', '.join(sorted(declared.roles))}.",
        f"May also return: {codes}." if codes else "",
        f"Events: {', '.join(sorted(declared.events))}." if declared.events else "",
    ]
    return " ".join(filter(None, parts))


async def perform(declared: Mutation, context: Context, given: Input) -> Outcome:
    """Run one mutation, and switch the context to the state after it, from which the payload is read.

    Rejected and failed calls are added to the audit trail, except dry runs.
    """
    values = inputs.values(given)
    try:
        outcome = await _perform_traced(declared, context, given, dict(values))
    except BaseException as error:
        await audit(context, declared.name, values, error_code_of(error))
        raise
    context.trace.codes += [str(error.code) for error in outcome.user_errors]
    if outcome.user_errors and not given.dry_run:
        await audit(context, declared.name, values, str(outcome.user_errors[0].code))
    return outcome


async def _perform_traced(declared: Mutation, context: Context, given: Input, values: dict[str, Any]) -> Outcome:
    key, expected, dry = (values.pop(name, None) for name in ("idempotency_key", "expected_version", "dry_run"))
    # The snapshot of the previous field is outdated.
    await context.close()
    call = _Call(declared, context, values, key, expected, bool(dry))
    if context.viewer.read_only:
        hint = "Use a token that is not read-only."
        return call.rejected_outcome([Refusal(ErrorCode.FORBIDDEN, "The API token is read-only.", hint=hint)])
    if wrong := list(inputs.violations(given)):
        return call.rejected_outcome(wrong)
    return await call.outcome()


@dataclass
class _Call:
    """One call of a mutation with its retries."""

    declared: Mutation
    context: Context
    values: dict[str, Any]
    key: str | None
    expected_version: int | None
    dry: bool

    async def outcome(self) -> Outcome:
        try:
            return await retry_on_conflict(self._attempt)
        except RetriesExhausted:
            busy = "Other transactions are changing the same records."
            return self.rejected_outcome([Refusal(ErrorCode.BUSY, busy, hint="Retry in a moment.")])

    def rejected_outcome(self, refusals: Iterable[Refusal]) -> Outcome:
        """The outcome of a rejected call, with the current record."""
        self._read_committed()
        return self._rejected(self._new_result(), refusals)

    def _rejected(self, result: WriteResult, refusals: Iterable[Refusal]) -> Outcome:
        base_url = self.context.base_url
        return Outcome(result.ids, user_errors=[UserError.of(one, base_url) for one in refusals])

    async def _attempt(self) -> Outcome:
        result, context = self._new_result(), self.context
        async with AsyncExitStack() as transaction:
            connection = await transaction.enter_async_context(begin_write(context.engine))
            write = WriteTransaction(
                connection,
                context.viewer.caller,
                context.now,
                result=result,
                expected_version=self.expected_version,
            )
            try:
                if self.key and not self.dry and (replay := await self._claim_key(write)):
                    self._read_committed()
                    return replay
                await self.declared.service(write, **self.values)
                write.ensure_version_checked()
                await write.finish()
                outcome = Outcome(result.ids, result.warnings, write.events, once=result.once)
                if self.dry:
                    outcome.once = dict.fromkeys(outcome.once)
                    context.read_from(Snapshot(context.engine, connection), within=transaction.pop_all())
                    return outcome
                if self.key:
                    await self._store_result(write, outcome)
                await connection.commit()
                await context.record_write()
            except Rejected as error:
                self._read_committed()
                return self._rejected(result, error.refusals)
            finally:
                context.statements += write.statements
                context.trace.outcome_unknown = connection.outcome_unknown
        self._read_committed()
        return outcome

    def _read_committed(self) -> None:
        """Read the payload from a new snapshot."""
        self.context.read_from(Snapshot(self.context.engine))

    def _new_result(self) -> WriteResult:
        shown = self.declared.shown
        return WriteResult({shown: self.values.get(shown)} if shown else {})

    @property
    def _key_values(self) -> dict[str, Any]:
        """The primary key of this call's idempotency key."""
        actor_id = self.context.viewer.caller.actor.id
        return {"actor_id": actor_id, "mutation": self.declared.name, "key": self.key}

    async def _claim_key(self, write: WriteTransaction) -> Outcome | None:
        """Claim the idempotency key; returns the outcome of the earlier call if it is already used."""
        key_values = self._key_values
        if (
            write.connection.dialect.name == "postgresql"
            and not (await write.rows(_TRY_KEY, lock=orjson.dumps(key_values).decode()))[0][0]
        ):
            raise Rejected(
                Refusal(ErrorCode.IDEMPOTENCY_IN_PROGRESS, "The first call is still running.", ("idempotencyKey",))
            )
        await write.run(delete(_TABLE).where(_TABLE.c.created_at < write.now - KEPT_FOR, *_key_conditions(key_values)))
        digest = self._digest()
        kept = await write.rows(_TABLE.select().where(*_key_conditions(key_values)))
        if not kept:
            row = {**key_values, "digest": digest, "result": None, "created_at": write.now}
            await write.insert(IdempotencyKey, row)
            return None
        if kept[0].digest != digest:
            raise Rejected(
                Refusal(
                    ErrorCode.IDEMPOTENCY_KEY_REUSED,
                    "This key was used with another input.",
                    ("idempotencyKey",),
                    "Use a new key for each new call.",
                )
            )
        return await self._replay(write, kept[0].result)

    async def _store_result(self, write: WriteTransaction, outcome: Outcome) -> None:
        result = {
            "ids": outcome.ids,
            "warnings": [[one.code, one.message, one.field] for one in outcome.warnings],
            "events": [event.id for event in outcome.events],
        }
        await write.run(_TABLE.update().where(*_key_conditions(self._key_values)).values(result=result))

    async def _replay(self, write: WriteTransaction, result: Mapping[str, Any]) -> Outcome:
        warnings = [
            MutationWarning(WarningCode[code], message, tuple(path)) for code, message, path in result["warnings"]
        ]
        events = [event for one in result["events"] if (event := await write.find(EVENTS, one))]
        return Outcome(result["ids"], warnings, events, idempotent_replay=True)

    def _digest(self) -> str:
        values = orjson.dumps(self.values, default=_digest_default, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(values).hexdigest()


def _digest_default(value: Any) -> str:
    # 12.5 and 12.50 are the same input.
    return str(trimmed(value) if isinstance(value, Decimal) else value)


_TABLE = table_of(IdempotencyKey)
_TRY_KEY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:lock, 0))")


def _key_conditions(key_values: Mapping[str, Any]) -> list[Any]:
    return [_TABLE.c[name] == value for name, value in key_values.items()]
