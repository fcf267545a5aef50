"""Write transaction: a unit of work with the caller's permissions and the events of the changes.

    pod = await write.lock_for(PODS, pod_id, PAUSE)                      lock, then check roles, version and status
    pod = await write.transition(pod, PAUSE, "pod.paused", reason=...)   change the status and emit the event

Events are numbered at the end: the counter of an organization is the last lock that a transaction takes, so that
sequences have no gaps and follow the order of commits.
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

from podgraph.auth.viewer import Actor, Caller, Grants
from podgraph.database.compiled import BoundStatement, CompiledStatement
from podgraph.database.connections import PooledConnection
from podgraph.database.model import table_of
from podgraph.database.notifier import CHANNEL
from podgraph.database.read_model import READ_MODELS, R, ReadModel, organization_of
from podgraph.kernel.errors import ErrorCode, MutationWarning, Rejected, WarningCode, rejected
from podgraph.kernel.roles import SYSTEM, ActorType, Role
from podgraph.kernel.transitions import Transition
from podgraph.writes import event_models as models
from podgraph.writes.event_log import EVENTS
from podgraph.writes.event_types import EVENT_TYPES
from podgraph.writes.ids import ids_from_rows, issue_statement
from podgraph.writes.unit_of_work import Rows, UnitOfWork

_ENVELOPE = {"id", "organization_id", "created_at", "version", "updated_at"}
"""Columns that are not listed as changes, because the event contains them."""

_COUNT_EVENTS = """
    INSERT INTO event_counter (organization_id, sequence, told_at) VALUES (:organization_id, :count, :now)
    ON CONFLICT (organization_id) DO UPDATE SET
        sequence = event_counter.sequence + excluded.sequence,
        told_at = CASE WHEN event_counter.told_at > excluded.told_at
            THEN event_counter.told_at ELSE excluded.told_at END
    RETURNING sequence, told_at
"""
_NOTIFY = f", pg_notify('{CHANNEL}', :organization_id)"
"""Expression that notifies the listeners on PostgreSQL when the transaction commits."""


@lru_cache(maxsize=20)
def _count_events(dialect: Dialect) -> CompiledStatement:
    columns: dict[str, TypeEngine[Any]] = {"sequence": BigInteger(), "told_at": UTCDateTime()}
    counting = text(_COUNT_EVENTS)
    if dialect.name == "postgresql":
        counting, columns = text(_COUNT_EVENTS + _NOTIFY), {**columns, "rung": Text()}
    return CompiledStatement(counting.bindparams(bindparam("now", type_=UTCDateTime())).columns(**columns), dialect)


@lru_cache(maxsize=20)
def _select_user(dialect: Dialect) -> CompiledStatement:
    key = READ_MODELS["user"].table.c.id
    return CompiledStatement(select(key).where(key == bindparam("user_id")), dialect)


@lru_cache(maxsize=200)
def _refers_to_users(model: type[SQLModel]) -> bool:
    """Whether a table has a foreign key to users."""
    return any(key.column.table.name == "user" for key in table_of(model).foreign_keys)


PLATFORM = Caller(Actor(ActorType.SYSTEM, "SYSTEM", None), Grants(SYSTEM))
"""The caller of scheduled jobs and imports."""


@dataclass(frozen=True, slots=True)
class _PendingEvent:
    organization_id: str
    subject: Any
    type: str
    payload: Mapping[str, Any]
    changes: list[dict[str, Any]]


@dataclass
class WriteResult:
    """Result of a write: ids by the field names of the payload, and warnings."""

    ids: dict[str, str | None] = field(default_factory=dict)
    warnings: list[MutationWarning] = field(default_factory=list)
    once: dict[str, str] = field(default_factory=dict)
    """Secrets that only the first response contains; they are not stored."""


def _no_parameters(_now: datetime) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Job:
    """A scheduled job.

    `waiting` selects the ids of the due records of all organizations, in order; its parameters are the time and
    the result of `given`. `run` processes one record: it locks the record and checks again whether it is due,
    because another process may have processed it first.
    """

    name: str
    waiting: Select[Any]
    run: "Callable[[WriteTransaction, str], Awaitable[None]]"
    given: Callable[[datetime], Mapping[str, Any]] = _no_parameters

    async def due(self, write: "WriteTransaction", most: int) -> list[str]:
        """The ids of at most `most` due records."""
        found = await write.rows(self.waiting.limit(most), **self.given(write.now))
        return [one.id for one in found]


class WriteTransaction(UnitOfWork):
    """One transaction of one caller.

    `expected_version` is the version that the caller has read of the first record locked; any other version is
    rejected. `events` is set by `finish`.
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
        self._is_user_checked = self.user_id is None

    @property
    def user_id(self) -> str | None:
        """The user who writes; None for the platform."""
        return self.caller.actor.user_id

    async def _send(self, statements: Sequence[BoundStatement]) -> list[Rows]:
        if self._is_user_checked or not statements:
            return await super()._send(statements)
        return await self.check_user(*statements)

    async def _enqueue(self, model: type[SQLModel], *change: Any) -> None:
        if not self._is_user_checked and _refers_to_users(model):
            # The foreign key would reject the row before the user is checked.
            await self.check_user()
        await super()._enqueue(model, *change)

    async def check_user(self, *statements: BoundStatement) -> list[Rows]:
        """The rows of the first statements, which are sent together with the query for the user of the token.

        Raises UNKNOWN_USER if the user does not exist: records and events refer to the user.
        """
        self._is_user_checked = True
        *found, person = await super()._send(
            [*statements, (_select_user(self.connection.dialect), {"user_id": self.user_id})]
        )
        if not person:
            raise rejected(
                ErrorCode.UNKNOWN_USER,
                f"The token's user '{(self.user_id or '')[:60]}' does not exist.",
                hint="Add the user, or sign in as an existing user. Queries still work.",
            )
        return found

    async def get(self, relation: ReadModel[R], identity: str, *path: str) -> R:
        """The record with this id; NOT_FOUND at the input's `path` if it does not exist or is not visible."""
        found = await self.find(relation, identity)
        return _ensure_found(found, relation, identity, path)

    async def get_owned(
        self, relation: ReadModel[R], identity: str, organization_id: str, *path: str, lock: bool = False
    ) -> R:
        """The record, or CROSS_TENANT_REFERENCE if it belongs to another organization; `lock` as `get_for_update`."""
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
        """The record, locked until the end of the transaction."""
        found = await self.lock(relation, identity)
        return _ensure_found(found, relation, identity, path)

    async def lock_for(self, relation: ReadModel[R], identity: str, transition: Transition, *path: str) -> R:
        """The locked record, after the checks of `authorize` for `transition`."""
        record = await self.get_for_update(relation, identity, *path)
        self.authorize(transition, record)
        return record

    def authorize(self, transition: Transition, record: Any = None, *, within: Any = None) -> None:
        """Reject if the caller's roles do not permit the transition, or if the record's version or status blocks it.

        The roles are those that hold for the record; for a record that is about to be created, those that hold
        for the record that it will belong to (`within`). Without either, any role of the caller counts.
        """
        place = within if record is None else record
        roles = self.caller.roles if place is None else self.roles_for(place)
        if refusal := transition.forbidden(roles):
            raise Rejected(refusal)
        if record is None:
            return
        self.check_version(record)
        if refusal := transition.refusal(record, roles, self.now, self.user_id):
            raise Rejected(refusal)

    def roles_for(self, record: Any) -> frozenset[Role]:
        """The caller's roles that hold for a record."""
        return self.caller.grants.roles_for(record, self._workspace_of(record))

    def _workspace_of(self, record: Any) -> str | None:
        """The workspace of a record; a new one has that of the record that it is a part of."""
        relation = record.relation
        if relation.workspace is None:
            return None
        found: str | None = getattr(record, relation.workspace, None)
        if found is None and relation.parent is not None:
            found = self._workspaces.get(getattr(record, relation.parent))
        return found

    def check_version(self, record: Any) -> None:
        """Reject if the record has another version than the caller expects."""
        expected, self.expected_version = self.expected_version, None
        if expected is not None and expected != record.version:
            raise rejected(
                ErrorCode.VERSION_CONFLICT,
                f"{record.id} is at version {record.version}, not {expected}.",
                "expectedVersion",
                hint="Read the record again and send its current version.",
            )

    def ensure_version_checked(self) -> None:
        """Reject an `expectedVersion` that no record was compared with, because the mutation only creates records."""
        if self.expected_version is not None:
            raise rejected(
                ErrorCode.VERSION_CONFLICT,
                f"This mutation changes no existing record, so expectedVersion {self.expected_version} cannot match.",
                "expectedVersion",
                hint="Omit expectedVersion.",
            )

    async def create(self, relation: ReadModel[R], event: str | None, *, payload: Any = None, **values: Any) -> R:
        """Insert a record and emit its event; None if another event covers it.

        The id comes from `issue`. Other columns have the defaults of the model; `created_at` and `updated_at` are now.
        """
        columns = relation.table.c
        values = {name: self.now for name in ("created_at", "updated_at") if name in columns} | values
        (row,) = await self.insert(relation.model, values)
        record: R = relation.record_of(tuple(columns.keys()))(**row)
        if (workspace_id := self._workspace_of(record)) is not None and "id" in row:
            self._workspaces[row["id"]] = workspace_id
        if event is not None:
            self.emit(event, record, payload, _field_changes({}, values))
        return record

    async def change(self, record: R, event: str | None, *, payload: Any = None, **values: Any) -> R:
        """Update columns of a record and emit its event; None if another event covers it."""
        held: Any = record
        changed = await self.update(record, **values)
        if event is not None:
            self.emit(event, changed, payload, _field_changes(held._asdict(), values))
        return changed

    async def transition(
        self, record: R, transition: Transition, event: str | None, *, payload: Any = None, **values: Any
    ) -> R:
        """Set the status of a record to the target of a transition, and update other columns with it."""
        held: Any = record
        if held.status not in transition.sources:
            raise RuntimeError(f"{transition.mutation} cannot take {held.id} from {held.status}")
        return await self.change(record, event, payload=payload, status=str(transition.target or held.status), **values)

    def emit(
        self, event: str, subject: Any, payload: Mapping[str, Any] | None = None, changes: Iterable[Any] = ()
    ) -> None:
        """Emit an event about a record; the organization of the event is that of the record."""
        if event not in EVENT_TYPES:
            raise RuntimeError(f"'{event}' is not in the vocabulary of events")
        pending = _PendingEvent(organization_of(subject), subject, event, as_json(payload or {}), list(changes))
        self._pending_events.append(pending)

    def return_ids(self, **ids: str | None) -> None:
        """Set ids of the payload, which also contains them if the mutation is rejected later."""
        self.result.ids |= ids

    def return_secret(self, **secrets: str) -> None:
        """Set secrets of the payload, which are not stored; a replay does not contain them."""
        self.result.once |= secrets

    def warn(self, code: WarningCode, message: str, *path: str) -> None:
        """Add a warning to the payload."""
        self.result.warnings.append(MutationWarning(code, message, path))

    async def finish(self) -> None:
        """Number the events and flush pending changes; the last step before the commit."""
        await self._number_events()
        if not self._is_user_checked:
            await self.check_user()
        await self.flush()

    async def _find_workspace(self, subject: Any) -> str | None:
        """The workspace of an event's subject, from the database if it was not read in this transaction."""
        workspace_id, relation = self._workspace_of(subject), subject.relation
        if workspace_id is None and relation.parent is not None and subject.id not in self._workspaces:
            await self.find(relation, subject.id)
        return workspace_id or self._workspaces.get(subject.id)

    async def _number_events(self) -> None:
        if not self._pending_events:
            return
        workspaces = {one.subject.id: await self._find_workspace(one.subject) for one in self._pending_events}
        counts = sorted(Counter(one.organization_id for one in self._pending_events).items())
        dialect, wanted = self.connection.dialect, {"EVT": len(self._pending_events)}
        first, *others = (
            (_count_events(dialect), {"organization_id": organization_id, "count": count, "now": self.now})
            for organization_id, count in counts
        )
        given, counted = await self.flush(issue_statement(wanted, dialect), first)
        # The same lock order in every transaction, so that concurrent writes do not deadlock.
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
                    "subject_id": one.subject.id,
                    "workspace_id": workspaces[one.subject.id],
                    "payload": one.payload,
                    "changes": one.changes,
                    "correlation_id": correlation_id,
                }
            )
        await self.insert(models.Event, *rows)
        self.events = [EVENTS.record(**row, previous_sequence=row["sequence"] - 1) for row in rows]


def _ensure_found(record: R | None, relation: ReadModel[R], identity: str, path: tuple[str, ...]) -> R:
    if record is None:
        raise rejected(
            ErrorCode.NOT_FOUND,
            f"{relation.model.__name__} '{identity[:60]}' does not exist, or you cannot see it.",
            *path,
        )
    return record


def _field_changes(before: Mapping[str, Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"path": name, "before": as_json(before.get(name)), "after": as_json(value)}
        for name, value in values.items()
        if name not in _ENVELOPE and before.get(name) != value
    ]


def as_json(value: Any) -> Any:
    """Convert a value to JSON types: decimals and times become text."""
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
