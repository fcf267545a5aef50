"""How mutations are written: inputs, payloads, and the one way from a call to its payload.

    class ConfirmScopePayload(Payload): ...

    confirm_scope: ConfirmScopePayload = mutation(
        service.confirm_scope, ConfirmScopeInput, lifecycle.CONFIRM, "Open the service line ...", ...
    )

A mutation is one transaction. What its service refuses becomes `userErrors`, and leaves nothing behind;
what it did is read anew for the payload, in a snapshot taken after the commit. A dry run is read within
the transaction, which is then rolled back.
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

from podgraph.database.snapshot import Snapshot
from podgraph.execution.audit import audit, failure
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
    """Why a write was refused."""

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
        """A payload is only ever where its own mutation is."""
        return True


@dataclass
class Outcome:
    """A payload's values: what was said, and ids under the names that the payload's edges know."""

    ids: Mapping[str, str | None] = field(default_factory=dict)
    warnings: list[MutationWarning] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    user_errors: list[UserError] = field(default_factory=list)
    idempotent_replay: bool = False
    once: Mapping[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> str | None:
        return self.ids.get(name) or self.once.get(name)


Service = Callable[..., Awaitable[None]]
"""`await service(write, scope_id=..., ...)`: what the input says, by its Python names."""


@dataclass(frozen=True)
class Mutation:
    """One mutation as it is declared: what it runs, and what it may refuse and tell."""

    name: str
    service: Service
    roles: frozenset[DescribedEnum]
    shown: str | None
    codes: frozenset[ErrorCode]
    events: frozenset[str]


MUTATIONS: dict[str, Mutation] = {}
"""Every mutation by its name in the schema."""

ALWAYS = (
    ErrorCode.INVALID,
    ErrorCode.NOT_FOUND,
    ErrorCode.FORBIDDEN,
    ErrorCode.UNKNOWN_USER,
    ErrorCode.VERSION_CONFLICT,
    ErrorCode.IDEMPOTENCY_KEY_REUSED,
    ErrorCode.IDEMPOTENCY_IN_PROGRESS,
    ErrorCode.BUSY,
)
"""Codes that any mutation can be refused with."""


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
    """A mutation: its service, given what the input says, within one transaction.

    `transition` of a table of transitions, or roles, says who may call it. `shows` names the input's id of
    the record that the payload shows also when the call is refused.
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
        description=_described(description, declared),
        directives=requires_roles(roles),
    )


def _described(description: str, declared: Mutation) -> str:
    codes = ", ".join(sorted(declared.codes))
    parts = [
        description,
        f"Requires one of: {', '.join(sorted(declared.roles))}.",
        f"May also return: {codes}." if codes else "",
        f"Events: {', '.join(sorted(declared.events))}." if declared.events else "",
    ]
    return " ".join(filter(None, parts))


async def perform(declared: Mutation, context: Context, given: Input) -> Outcome:
    """Run one mutation to its payload's values, and let the context read what is true afterwards.

    What is refused or fails is in the audit trail, unless it was a rehearsal.
    """
    said = inputs.values(given)
    try:
        outcome = await _perform_traced(declared, context, given, dict(said))
    except BaseException as error:
        await audit(context, declared.name, said, failure(error))
        raise
    context.trace.codes += [str(error.code) for error in outcome.user_errors]
    if outcome.user_errors and not given.dry_run:
        await audit(context, declared.name, said, str(outcome.user_errors[0].code))
    return outcome


async def _perform_traced(declared: Mutation, context: Context, given: Input, said: dict[str, Any]) -> Outcome:
    key, expected, dry = (said.pop(name, None) for name in ("idempotency_key", "expected_version", "dry_run"))
    # What was read for the field before is not true any more.
    await context.close()
    call = _Call(declared, context, said, key, expected, bool(dry))
    if wrong := list(inputs.violations(given)):
        return call.refused(wrong)
    return await call.outcome()


@dataclass
class _Call:
    """One call of a mutation, as often as it is tried."""

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
            return self.refused([Refusal(ErrorCode.BUSY, busy, hint="Retry in a moment.")])

    def refused(self, refusals: Iterable[Refusal]) -> Outcome:
        """The answer of no, with the record as it is now."""
        self._read_committed()
        return self._no(self._said(), refusals)

    def _no(self, said: WriteResult, refusals: Iterable[Refusal]) -> Outcome:
        base_url = self.context.base_url
        return Outcome(said.ids, user_errors=[UserError.of(one, base_url) for one in refusals])

    async def _attempt(self) -> Outcome:
        said, context = self._said(), self.context
        async with AsyncExitStack() as transaction:
            connection = await transaction.enter_async_context(begin_write(context.engine))
            write = WriteTransaction(
                connection,
                context.viewer.caller,
                context.now,
                result=said,
                expected_version=self.expected_version,
            )
            try:
                if self.key and not self.dry and (replay := await self._begin(write)):
                    self._read_committed()
                    return replay
                await self.declared.service(write, **self.values)
                write.ensure_version_checked()
                await write.finish()
                outcome = Outcome(said.ids, said.warnings, write.events, once=said.once)
                if self.dry:
                    outcome.once = {}
                    context.read_from(Snapshot(context.engine, connection), within=transaction.pop_all())
                    return outcome
                if self.key:
                    await self._remember(write, outcome)
                await connection.commit()
                await context.record_write()
            except Rejected as refused:
                self._read_committed()
                return self._no(said, refused.refusals)
            finally:
                context.statements += write.statements
                context.trace.outcome_unknown = connection.outcome_unknown
        self._read_committed()
        return outcome

    def _read_committed(self) -> None:
        """Let the payload be read from how things are now."""
        self.context.read_from(Snapshot(self.context.engine))

    def _said(self) -> WriteResult:
        shown = self.declared.shown
        return WriteResult({shown: self.values.get(shown)} if shown else {})

    @property
    def _taken(self) -> dict[str, Any]:
        """What tells this call's idempotency key from all others."""
        actor_id = self.context.viewer.caller.actor.id
        return {"actor_id": actor_id, "mutation": self.declared.name, "key": self.key}

    async def _begin(self, write: WriteTransaction) -> Outcome | None:
        """Take the idempotency key for this call; or what the call did that had it before."""
        taken = self._taken
        if (
            write.connection.dialect.name == "postgresql"
            and not (await write.rows(_TRY_KEY, lock=orjson.dumps(taken).decode()))[0][0]
        ):
            raise Rejected(
                Refusal(ErrorCode.IDEMPOTENCY_IN_PROGRESS, "The first call is still running.", ("idempotencyKey",))
            )
        await write.run(delete(_TABLE).where(_TABLE.c.created_at < write.now - KEPT_FOR, *_is(taken)))
        digest = self._digest()
        kept = await write.rows(_TABLE.select().where(*_is(taken)))
        if not kept:
            row = {**taken, "digest": digest, "result": None, "created_at": write.now}
            await write.insert(IdempotencyKey, row)
            return None
        if kept[0].digest != digest:
            raise Rejected(
                Refusal(
                    ErrorCode.IDEMPOTENCY_KEY_REUSED,
                    "This key was used with another input.",
                    ("idempotencyKey",),
                    "Make a new key for every call that means something new.",
                )
            )
        return await self._replayed(write, kept[0].result)

    async def _remember(self, write: WriteTransaction, outcome: Outcome) -> None:
        result = {
            "ids": outcome.ids,
            "warnings": [[one.code, one.message, one.field] for one in outcome.warnings],
            "events": [event.id for event in outcome.events],
        }
        await write.run(_TABLE.update().where(*_is(self._taken)).values(result=result))

    async def _replayed(self, write: WriteTransaction, result: Mapping[str, Any]) -> Outcome:
        warnings = [
            MutationWarning(WarningCode[code], message, tuple(path)) for code, message, path in result["warnings"]
        ]
        events = [event for one in result["events"] if (event := await write.find(EVENTS, one))]
        return Outcome(result["ids"], warnings, events, idempotent_replay=True)

    def _digest(self) -> str:
        said = orjson.dumps(self.values, default=_digested, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(said).hexdigest()


def _digested(value: Any) -> str:
    # 12.5 and 12.50 are one input.
    return str(trimmed(value) if isinstance(value, Decimal) else value)


_TABLE: Any = IdempotencyKey.__table__  # type: ignore[attr-defined]
_TRY_KEY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:lock, 0))")


def _is(taken: Mapping[str, Any]) -> list[Any]:
    return [_TABLE.c[name] == said for name, said in taken.items()]
