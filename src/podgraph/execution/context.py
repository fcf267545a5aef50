"""Who asks, and what one operation works with."""

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


Revalidate = Callable[[], Coroutine[Any, Any, object]]
"""Looks at the caller's token again; Refused where it does not hold any longer."""


async def _always_valid() -> None:
    """The platform itself needs no token."""


@dataclass
class Context:
    """What resolvers are handed. `begin` and `close` enclose one operation.

    `policy` is what requests are held to, None for the platform's own; `rate` is what the caller's
    bucket has left. Without a `notifier` there are no subscriptions. `revalidate` checks whether
    the token of a subscriber is still valid. In `development` the answer tells how it was
    executed. `fallbacks` counts the fields that graphql-core resolved one by one, not a level at a
    time, `statements` those of snapshots and writes that have ended. `embed_json` makes part of the
    answer of what the database wrote as JSON: plain values, unless what becomes of the answer is JSON
    anyway. `trace` is what the log and the metrics tell of it; the audit trail names the `address`
    that the request came from, and its `request_id`. `base_url` is the server's address as the client
    knows it, which `docUrl` starts with; it is empty without a server, and the links are relative. With a
    `replica` queries are read there; writes, and what their payloads show, never are.
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
        """Fix the operation's time, and make its snapshot and loaders."""
        self.now = self.clock()
        self.fallbacks = self.statements = 0
        self._transaction = AsyncExitStack()
        self.loaders = Loaders(self._reader(self._snapshot()), self.viewer.roles)

    def load(self, relationship: Relationship, sources: Sequence[Any], request: FieldRequest) -> Loads:
        """The pending value of a field for each source."""
        return load(self.loaders, relationship, sources, request)

    def _snapshot(self) -> Snapshot:
        """What is read before, or without, a write: the replica's data where there is one."""
        if self.replica is None:
            return Snapshot(self.engine)
        return ReplicaSnapshot(self.engine, self.replica, self.viewer.caller.actor.id)

    def leave_replica(self) -> bool:
        """Read from the primary from now on; False where nothing was read from a replica anyway."""
        snapshot, replica = self.loaders.reader.snapshot, self.replica
        if replica is None or not (isinstance(snapshot, ReplicaSnapshot) and snapshot.from_replica):
            return False
        self.replica = None
        replica.back_off()
        return True

    async def record_write(self) -> None:
        """What was written just now is seen by what its caller reads from now on."""
        if self.replica is not None:
            await self.replica.record_write(self.viewer.caller.actor.id)

    def read_from(self, snapshot: Snapshot, within: AsyncExitStack | None = None) -> None:
        """Read from this snapshot from now on, with loaders that remember nothing yet.

        `within` is the transaction that it shows, if it does; `close` ends that one too.
        """
        self._transaction = within or AsyncExitStack()
        self.loaders = self.loaders.fresh(self._reader(snapshot))

    def _reader(self, snapshot: Snapshot) -> Reader:
        return Reader(snapshot, self.viewer.tenancy, self.now)

    async def close(self) -> None:
        """End the snapshot and the loaders."""
        self.loaders.cancel()
        self.statements += self.loaders.reader.snapshot.statements
        await self.loaders.reader.snapshot.close()
        await self._transaction.aclose()
