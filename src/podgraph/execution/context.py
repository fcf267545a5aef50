"""Context of an operation: viewer, snapshot, loaders and limits."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import Viewer
from podgraph.database.notifier import EventNotifier
from podgraph.database.read_model import Reader
from podgraph.database.replica import Replica, ReplicaSnapshot
from podgraph.database.snapshot import Snapshot
from podgraph.execution.loaders import Loaders
from podgraph.execution.relationship_loading import load
from podgraph.graphql.relationships import FieldRequest, Loads, Relationship
from podgraph.kernel.clock import Clock
from podgraph.observability.trace import Trace

if TYPE_CHECKING:
    from podgraph.limits.policy import Policy
    from podgraph.limits.rate_limiter import RateLimitStatus


Revalidate = Callable[[], Coroutine[Any, Any, Viewer | None]]
"""Validates the caller's token again; RequestError if it is no longer valid."""


async def _always_valid() -> None:
    """The platform has no token."""


def _nothing() -> None:
    """Without a server, nothing depends on what is written."""


@dataclass
class Context:
    """The context of resolvers. `begin` and `close` enclose one operation.

    - `policy`: the limits of requests; None for operations of the platform.
    - `rate`: the remaining points of the caller's rate limit.
    - `notifier`: wakes subscriptions; without it there are none.
    - `revalidate`: reads the viewer of a subscriber again, and checks whether the token is still valid.
    - `written`: called after each commit.
    - `development`: whether the response includes statistics of the execution.
    - `fallbacks`: the number of fields that were resolved individually by graphql-core.
    - `statements`: the number of statements of closed snapshots and write transactions.
    - `embed_json`: converts JSON from the database to a value of the response: parsed, or raw if the response
      is serialized to JSON anyway.
    - `trace`: the values for the log and the metrics.
    - `address`, `request_id`: the origin of the request, for the audit trail.
    - `base_url`: the public URL of the server, with which `docUrl` starts; without a server it is empty.
    - `replica`: serves queries; writes and the payloads of mutations use the primary.
    """

    viewer: Viewer
    engine: AsyncEngine
    clock: Clock
    development: bool = False
    policy: "Policy | None" = None
    rate: "RateLimitStatus | None" = None
    embed_json: Callable[[str], Any] = orjson.loads
    notifier: EventNotifier | None = None
    revalidate: Revalidate = _always_valid
    written: Callable[[], None] = _nothing
    address: str | None = None
    request_id: str | None = None
    base_url: str = ""
    trace: Trace = field(default_factory=Trace)
    replica: Replica | None = None
    now: datetime = field(init=False)
    loaders: Loaders = field(init=False)
    fallbacks: int = field(init=False)
    statements: int = field(init=False)
    _transaction: AsyncExitStack = field(init=False)

    def begin(self) -> None:
        """Set the time of the operation, and create its snapshot and loaders."""
        self.now = self.clock()
        self.fallbacks = self.statements = 0
        self._transaction = AsyncExitStack()
        self.loaders = Loaders(self._reader(self._snapshot()), self.viewer.roles)

    def load(self, relationship: Relationship, sources: Sequence[Any], request: FieldRequest) -> Loads:
        """The pending value of a field for each source."""
        return load(self.loaders, relationship, sources, request)

    def _snapshot(self) -> Snapshot:
        """A snapshot for reads before a write or without one: of the replica, if there is one."""
        if self.replica is None:
            return Snapshot(self.engine)
        return ReplicaSnapshot(self.engine, self.replica, self.viewer.caller.actor.id)

    def leave_replica(self) -> bool:
        """Read from the primary from now on; False if the replica was not in use."""
        snapshot, replica = self.loaders.reader.snapshot, self.replica
        if replica is None or not (isinstance(snapshot, ReplicaSnapshot) and snapshot.from_replica):
            return False
        self.replica = None
        replica.back_off()
        return True

    async def record_write(self) -> None:
        """Store the position of the write, so that later reads of the caller include it."""
        self.written()
        if self.replica is not None:
            await self.replica.record_write(self.viewer.caller.actor.id)

    def read_from(self, snapshot: Snapshot, within: AsyncExitStack | None = None) -> None:
        """Read from this snapshot from now on, with empty loaders.

        `within` is the write transaction that the snapshot reads, if any; `close` ends it too.
        """
        self._transaction = within or AsyncExitStack()
        self.loaders = self.loaders.fresh(self._reader(snapshot))

    def _reader(self, snapshot: Snapshot) -> Reader:
        return Reader(snapshot, self.viewer.tenancy, self.now)

    async def close(self) -> None:
        """Close the snapshot and the loaders."""
        self.loaders.cancel()
        self.statements += self.loaders.reader.snapshot.statements
        await self.loaders.reader.snapshot.close()
        await self._transaction.aclose()
