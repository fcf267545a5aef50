"""Event notifier: wakes the subscribers of an organization in this process when it may have new events.

A notification carries no data: subscribers read the event log by sequence. Spurious notifications are
harmless; lost ones are recovered by the next poll.

On PostgreSQL each write sends NOTIFY on commit, and one connection per process listens. SQLite has no
LISTEN: one connection polls `PRAGMA data_version` 20 times per second, which reads no table, and reads
the event counters after another connection has committed.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import column, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.availability import FAILURES
from podgraph.database.compiled import CompiledStatement
from podgraph.database.connections import connect
from podgraph.database.engine import POOLER, create_engine, fetch_autocommit, file_identity
from podgraph.database.read_model import KEYS, among

T = TypeVar("T")

log = logging.getLogger("podgraph")

CHANNEL = "podgraph_events"
"""NOTIFY channel; the payload is the ID of the organization that has new events."""
POLL_SECONDS = {"sqlite": 0.05, "postgresql": 10.0, POOLER: 0.5}
"""Poll interval in seconds; on PostgreSQL polling only recovers lost notifications."""
RETRY_SECONDS = 0.5
"""Seconds before a reconnect."""
READ_TIMEOUT = 15.0
"""Timeout of a shared read in seconds."""
CONNECTION_TIMEOUT = 5.0
"""Seconds after which the listening connection is considered lost."""

_COUNTER = table("event_counter", column("organization_id"), column("sequence"))
_COUNTERS = select(_COUNTER).where(among(_COUNTER.c.organization_id, KEYS))


@dataclass
class _ListenerState:
    """State of the listener task, which runs while there are subscribers."""

    task: asyncio.Task[None] | None = None
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    def lose(self, _driver: Any) -> None:
        self.lost.set()

    async def wait(self, seconds: float) -> None:
        """Wait; ConnectionError where the listening connection is lost meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.lost.wait()
                self.lost.clear()
                raise ConnectionError("the listening connection was lost")


class EventNotifier:
    """The notifier of one process. Without subscribers it holds no connection."""

    def __init__(self, engine: AsyncEngine, seconds: float = READ_TIMEOUT) -> None:
        self._engine, self._counters = engine, CompiledStatement(_COUNTERS, engine.dialect)
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._last_sequence: dict[str, int] = {}
        self._reads: dict[str, dict[Hashable, asyncio.Task[Any]]] = defaultdict(dict)
        self._reading: set[asyncio.Task[Any]] = set()
        self._watch: _ListenerState | None = None
        self._seconds = seconds
        self._methods = {"sqlite": self._poll_data_version, "postgresql": self._listen, POOLER: self._poll_always}

    @property
    def waiting(self) -> int:
        """Number of subscribers."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def subscribe(self, organization_id: str) -> AsyncIterator[asyncio.Event]:
        """An `asyncio.Event` that is set when the organization may have new events."""
        wakeup = asyncio.Event()
        self._waiting[organization_id].add(wakeup)
        if self._watch is None:
            self._watch = _ListenerState()
            self._watch.task = asyncio.create_task(self._run(self._watch))
        try:
            yield wakeup
        finally:
            await self._unsubscribe(organization_id, wakeup)

    async def _unsubscribe(self, organization_id: str, wakeup: asyncio.Event) -> None:
        self._waiting[organization_id].discard(wakeup)
        if not self._waiting[organization_id]:
            del self._waiting[organization_id]
            self._last_sequence.pop(organization_id, None)
            self._reads.pop(organization_id, None)
        if self._waiting or self._watch is None:
            return
        watch, self._watch = self._watch, None
        assert watch.task is not None
        watch.task.cancel()
        await asyncio.wait((watch.task,))

    def notify(self, organization_id: str) -> None:
        """Wake all subscribers of this organization."""
        # A read in progress may miss the new event, so subscribers that are woken start another read.
        self._reads.pop(organization_id, None)
        for wakeup in self._waiting.get(organization_id, ()):
            wakeup.set()

    async def single_flight(self, organization_id: str, key: Hashable, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `read`; concurrent calls with the same `key` share one read.

        Raises TimeoutError after the timeout of the notifier.
        """
        reads = self._reads[organization_id]
        if key not in reads:
            reads[key] = task = asyncio.create_task(self._bounded(read))
            self._reading.add(task)
            task.add_done_callback(lambda done: (reads.pop(key, None), done.cancelled() or done.exception()))
            task.add_done_callback(self._reading.discard)
        # Cancelling one caller must not cancel the read of the others.
        found: T = await asyncio.shield(reads[key])
        return found

    async def _bounded(self, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with asyncio.timeout(self._seconds):
            return await read()

    async def poll(self) -> None:
        """Notify the subscribers of each organization that has new events since the last poll."""
        async with asyncio.timeout(CONNECTION_TIMEOUT):
            counters = await fetch_autocommit(self._engine, self._counters, {"keys": sorted(self._waiting)})
        for organization_id, sequence in counters:
            if organization_id in self._waiting and self._last_sequence.get(organization_id) != sequence:
                self._last_sequence[organization_id] = sequence
                self.notify(organization_id)

    async def _run(self, watch: _ListenerState) -> None:
        kind = POOLER if self._engine.get_execution_options().get(POOLER) else self._engine.dialect.name
        seconds, listening = POLL_SECONDS[kind], self._methods[kind]
        while True:
            try:
                async with listening(watch) as changed:
                    await self.poll()
                    while True:
                        await watch.wait(seconds)
                        if await changed():
                            await self.poll()
            except FAILURES as error:
                log.warning("Event listener disconnected, retrying: %s", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    @asynccontextmanager
    async def _own_connection(self) -> AsyncIterator[Any]:
        """A driver connection outside the pool, because the listener keeps it open."""
        engine = create_engine(self._engine.url, pool_size=0)
        async with asyncio.timeout(CONNECTION_TIMEOUT):
            connection = await connect(engine, driver_only=True)
        try:
            yield connection.driver
        finally:
            connection.discard()

    @asynccontextmanager
    async def _listen(self, watch: _ListenerState) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
        """LISTEN on PostgreSQL; each poll also checks that the connection is alive."""
        async with self._own_connection() as driver:

            async def changed() -> bool:
                async with asyncio.timeout(CONNECTION_TIMEOUT):
                    await driver.execute("SELECT 1")
                return True

            driver.add_termination_listener(watch.lose)
            async with asyncio.timeout(CONNECTION_TIMEOUT):
                await driver.add_listener(CHANNEL, self._on_notification)
            try:
                yield changed
            finally:
                driver.remove_termination_listener(watch.lose)

    @asynccontextmanager
    async def _poll_data_version(self, _watch: _ListenerState) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
        """Poll whether another connection of any process has committed to the SQLite file."""
        async with self._own_connection() as driver:
            path = str(self._engine.url.database)
            file, known = file_identity(path), await driver.execute_fetchall("PRAGMA data_version")

            async def changed() -> bool:
                nonlocal known
                if file_identity(path) != file:
                    raise ConnectionError("the database file was replaced")
                before, known = known, await driver.execute_fetchall("PRAGMA data_version")
                return bool(known != before)

            yield changed

    @asynccontextmanager
    async def _poll_always(self, _watch: _ListenerState) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
        """A transaction pooler does not forward notifications, so each poll reads the counters."""

        async def changed() -> bool:
            return True

        yield changed

    def _on_notification(self, _driver: Any, _process: int, _channel: str, organization_id: Any) -> None:
        self.notify(str(organization_id))
