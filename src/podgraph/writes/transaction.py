"""Writes: a unit of work in which every change has its event, and every event its change.

    pod = await write.lock_for(PODS, pod_id, PAUSE)                   locked, and permitted by its table
    pod = await write.transition(pod, PAUSE, "pod.paused", reason=...)   to its target, with the event

Events are numbered last: the counter of an organization is the last lock that a transaction takes, so
that sequences run without gaps in the order of commits.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import BigInteger, Dialect, Select, Text, bindparam, select, text
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.auth.viewer import Actor, Caller
from podgraph.database.compiled import Asked, CompiledStatement
from podgraph.database.connections import PooledConnection
from podgraph.database.notifier import CHANNEL
from podgraph.database.read_model import READ_MODELS, R, ReadModel, Tenancy
from podgraph.kernel.errors import ErrorCode, MutationWarning, Rejected, WarningCode, rejected
from podgraph.kernel.roles import ActorType, Role
from podgraph.kernel.transitions import Transition
from podgraph.writes import event_models as models
from podgraph.writes.event_log import EVENTS
from podgraph.writes.event_types import EVENT_TYPES
from podgraph.writes.ids import ids_from_rows, issuing
from podgraph.writes.unit_of_work import Rows, UnitOfWork

_ENVELOPE = {"id", "organization_id", "created_at", "version", "updated_at"}
"""Columns that the event itself says."""

_COUNT_EVENTS = """
    INSERT INTO event_counter (organization_id, sequence, told_at) VALUES (:organization_id, :count, :now)
    ON CONFLICT (organization_id) DO UPDATE SET
        sequence = event_counter.sequence + excluded.sequence,
        told_at = CASE WHEN event_counter.told_at > excluded.told_at
            THEN event_counter.told_at ELSE excluded.told_at END
    RETURNING sequence, told_at
"""
_NOTIFY = f", pg_notify('{CHANNEL}', :organization_id)"
"""Who listens on PostgreSQL is told when, and if, it is committed."""


@lru_cache(maxsize=20)
def _count_events(dialect: Dialect) -> CompiledStatement:
    told: dict[str, TypeEngine[Any]] = {"sequence": BigInteger(), "told_at": UTCDateTime()}
    counting = text(_COUNT_EVENTS)
    if dialect.name == "postgresql":
        counting, told = text(_COUNT_EVENTS + _NOTIFY), {**told, "rung": Text()}
    return CompiledStatement(counting.bindparams(bindparam("now", type_=UTCDateTime())).columns(**told), dialect)


@lru_cache(maxsize=20)
def _select_user(dialect: Dialect) -> CompiledStatement:
    key = READ_MODELS["user"].table.c.id
    return CompiledStatement(select(key).where(key == bindparam("user_id")), dialect)


@lru_cache(maxsize=200)
def _names_people(model: type[SQLModel]) -> bool:
    """Whether rows of a table refer to users."""
    return any(key.column.table.name == "user" for key in model.__table__.foreign_keys)  # type: ignore[attr-defined]


PLATFORM = Caller(Actor(ActorType.SYSTEM, "SYSTEM", None), frozenset({Role.SYSTEM}), Tenancy(None))
"""The platform itself: its clock and its imports."""


@dataclass(frozen=True, slots=True)
class _PendingEvent:
    organization_id: str
    subject_id: str
    type: str
    payload: Mapping[str, Any]
    changes: list[dict[str, Any]]


@dataclass
class WriteResult:
    """What a write says to its caller: ids by the names that the payload knows them under, and warnings."""

    ids: dict[str, str | None] = field(default_factory=dict)
    warnings: list[MutationWarning] = field(default_factory=list)
    once: dict[str, str] = field(default_factory=dict)
    """What only the first answer shows, and nobody keeps."""


def _nothing(_now: datetime) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Job:
    """Something that the clock does when its time has come.

    `waiting` selects the ids of the records that it is time for, in their turn, over all organizations; it
    is given the time, and what `given` makes of it. `run` does it to one of them. It locks and looks again:
    another clock may have been there first.
    """

    name: str
    waiting: Select[Any]
    run: "Callable[[WriteTransaction, str], Awaitable[None]]"
    given: Callable[[datetime], Mapping[str, Any]] = _nothing

    async def due(self, write: "WriteTransaction", most: int) -> list[str]:
        """The ids of the records that it is time for, so many at the most."""
        found = await write.rows(self.waiting.limit(most), **self.given(write.now))
        return [one.id for one in found]


class WriteTransaction(UnitOfWork):
    """One transaction of one caller.

    `expected_version` is the version of the first record claimed that the caller has seen; another one
    is refused. `events` are there once `finish` has numbered them.
    """

    def __init__(
        self,
        connection: PooledConnection,
        caller: Caller,
        now: datetime,
        *,
        result: WriteResult | None = None,
        expected_version: int | None = None,
    ) -> None:
        super().__init__(connection, caller.tenancy, now)
        self.caller, self.result, self.expected_version = caller, result or WriteResult(), expected_version
        self.events: list[Any] = []
        self._pending_events: list[_PendingEvent] = []
        self._is_known = self.user_id is None

    @property
    def user_id(self) -> str | None:
        """The person who writes, None for a program."""
        return self.caller.actor.user_id

    async def _send(self, asked: Sequence[Asked]) -> list[Rows]:
        if self._is_known or not asked:
            return await super()._send(asked)
        return await self._identify(*asked)

    async def _enqueue(self, model: type[SQLModel], *change: Any) -> None:
        if not self._is_known and _names_people(model):
            # The database would refuse the row before the answer is read.
            await self._identify()
        await super()._enqueue(model, *change)

    async def _identify(self, *asked: Asked) -> list[Rows]:
        """The rows of the first statements, sent with one that looks for the caller.

        A token's user may not be in the database: nothing is written then, for records and events refer
        to the user.
        """
        self._is_known = True
        *found, person = await super()._send(
            [*asked, (_select_user(self.connection.dialect), {"user_id": self.user_id})]
        )
        if not person:
            raise rejected(
                ErrorCode.UNKNOWN_USER,
                f"The token's user '{(self.user_id or '')[:60]}' does not exist.",
                hint="Add the user, or sign in as an existing user. Queries still work.",
            )
        return found

    async def get(self, relation: ReadModel[R], identity: str, *path: str) -> R:
        """The record with this id; refused as NOT_FOUND at the input's `path` where there is none."""
        found = await self.find(relation, identity)
        return _there(found, relation, identity, path)

    async def get_owned(
        self, relation: ReadModel[R], identity: str, organization_id: str, *path: str, lock: bool = False
    ) -> R:
        """The same, of this organization: a record refers to none of another one. `lock` as `get_for_update`."""
        record: Any = await (self.get_for_update if lock else self.get)(relation, identity, *path)
        if record.organization_id != organization_id:
            raise rejected(
                ErrorCode.CROSS_TENANT_REFERENCE,
                f"{identity} belongs to another organization than {organization_id}.",
                *path,
            )
        owned: R = record
        return owned

    async def get_for_update(self, relation: ReadModel[R], identity: str, *path: str) -> R:
        """The same, and nobody else changes it until this write ends."""
        found = await self.lock(relation, identity)
        return _there(found, relation, identity, path)

    async def lock_for(self, relation: ReadModel[R], identity: str, transition: Transition, *path: str) -> R:
        """A record locked for `transition` of its table: there, allowed, at the expected version, not blocked."""
        record = await self.get_for_update(relation, identity, *path)
        self.authorize(transition, record)
        return record

    def authorize(self, transition: Transition, record: Any = None) -> None:
        """Refuse what the caller's roles do not allow, or what is blocked for a record that is there."""
        if refusal := transition.forbidden(self.caller.roles):
            raise Rejected(refusal)
        if record is None:
            return
        self.check_version(record)
        if refusal := transition.refusal(record, self.caller.roles, self.now, self.user_id):
            raise Rejected(refusal)

    def check_version(self, record: Any) -> None:
        """Refuse when the caller has seen another version of the record."""
        expected, self.expected_version = self.expected_version, None
        if expected is not None and expected != record.version:
            raise rejected(
                ErrorCode.VERSION_CONFLICT,
                f"{record.id} is at version {record.version}, not {expected}.",
                "expectedVersion",
                hint="Read the record again and send its current version.",
            )

    def ensure_version_checked(self) -> None:
        """Refuse a version that was expected of nothing: what is only brought into being has none yet."""
        if self.expected_version is not None:
            raise rejected(
                ErrorCode.VERSION_CONFLICT,
                f"This mutation changes no existing record, so expectedVersion {self.expected_version} cannot match.",
                "expectedVersion",
                hint="Omit expectedVersion.",
            )

    async def create(self, relation: ReadModel[R], event: str | None, *, payload: Any = None, **values: Any) -> R:
        """Bring a record into being, with the event that says so (None: another event tells of it).

        Its id comes from `issue`. Columns that are not given have the model's default, and times
        of creation are now.
        """
        columns = relation.table.c
        values = {name: self.now for name in ("created_at", "updated_at") if name in columns} | values
        (row,) = await self.insert(relation.model, values)
        record: R = relation.record_of(tuple(columns.keys()))(**row)
        if event is not None:
            self.emit(event, record, payload, _changes({}, values))
        return record

    async def change(self, record: R, event: str | None, *, payload: Any = None, **values: Any) -> R:
        """Change columns of a record, with the event that says so (None: another event tells of it)."""
        held: Any = record
        changed = await self.update(record, **values)
        if event is not None:
            self.emit(event, record, payload, _changes(held._asdict(), values))
        return changed

    async def transition(
        self, record: R, transition: Transition, event: str | None, *, payload: Any = None, **values: Any
    ) -> R:
        """Take a record along a row of its table, and change columns with it."""
        held: Any = record
        if held.status not in transition.sources:
            raise RuntimeError(f"{transition.mutation} cannot take {held.id} from {held.status}")
        return await self.change(record, event, payload=payload, status=str(transition.target or held.status), **values)

    def emit(
        self, event: str, subject: Any, payload: Mapping[str, Any] | None = None, changes: Iterable[Any] = ()
    ) -> None:
        """Write an event down about a record (an organization is its own)."""
        if event not in EVENT_TYPES:
            raise RuntimeError(f"'{event}' is not in the vocabulary of events")
        organization_id = getattr(subject, "organization_id", subject.id)
        told = _PendingEvent(organization_id, subject.id, event, as_json(payload or {}), list(changes))
        self._pending_events.append(told)

    def return_ids(self, **ids: str | None) -> None:
        """Name records that the payload shows, also when the write is refused later."""
        self.result.ids |= ids

    def return_secret(self, **secrets: str) -> None:
        """Show values in the answer that are written down nowhere; a replay does not have them."""
        self.result.once |= secrets

    def warn(self, code: WarningCode, message: str, *path: str) -> None:
        """Say something that the caller should know, though the write is done."""
        self.result.warnings.append(MutationWarning(code, message, path))

    async def finish(self) -> None:
        """Number the events and write down what waits: the last thing before the commit."""
        await self._number()
        if not self._is_known:
            await self._identify()
        await self.flush()

    async def _number(self) -> None:
        if not self._pending_events:
            return
        counts = sorted(Counter(one.organization_id for one in self._pending_events).items())
        dialect, wanted = self.connection.dialect, {"EVT": len(self._pending_events)}
        first, *others = (
            (_count_events(dialect), {"organization_id": organization_id, "count": count, "now": self.now})
            for organization_id, count in counts
        )
        given, counted = await self.flush(issuing(wanted, dialect), first)
        # Always in the same order, so that two writes wait for each other instead of for ever.
        for other in others:
            counted = [*counted, *(await self.flush(other))[0]]
        correlation_id = uuid4().hex
        numbers: dict[str, int] = {}
        times: dict[str, datetime] = {}
        for (organization_id, count), (last, told_at, *_) in zip(counts, counted, strict=True):
            numbers[organization_id], times[organization_id] = last - count, told_at
        rows: list[dict[str, Any]] = []
        for event_id, one in zip(ids_from_rows(wanted, given, self.now.year)["EVT"], self._pending_events, strict=True):
            numbers[one.organization_id] += 1
            rows.append(
                {
                    "id": event_id,
                    "organization_id": one.organization_id,
                    "sequence": numbers[one.organization_id],
                    "type": one.type,
                    "occurred_at": times[one.organization_id],
                    "actor_type": str(self.caller.actor.type),
                    "actor_id": self.caller.actor.id,
                    "subject_id": one.subject_id,
                    "payload": one.payload,
                    "changes": one.changes,
                    "correlation_id": correlation_id,
                }
            )
        await self.insert(models.Event, *rows)
        self.events = [EVENTS.record(**row, previous_sequence=row["sequence"] - 1) for row in rows]


def _there(record: R | None, relation: ReadModel[R], identity: str, path: tuple[str, ...]) -> R:
    if record is None:
        raise rejected(
            ErrorCode.NOT_FOUND,
            f"{relation.model.__name__} '{identity[:60]}' does not exist, or you cannot see it.",
            *path,
        )
    return record


def _changes(before: Mapping[str, Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"path": name, "before": as_json(before.get(name)), "after": as_json(value)}
        for name, value in values.items()
        if name not in _ENVELOPE and before.get(name) != value
    ]


def as_json(value: Any) -> Any:
    """A value as JSON has it: decimals and times as text."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal() | str():
            return str(value)
        case None | int() | float():
            return value
        case list() | tuple():
            return [as_json(one) for one in value]
        case _:
            return {name: as_json(one) for name, one in value.items()}
