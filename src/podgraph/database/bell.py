"""The bell: wakes those in this process who wait for an organization's next event.

It says only that there may be something new; what is new, everybody reads from the event log, by
sequence. So a ring too many is harmless, and one that was lost is made up for by the next look.

On PostgreSQL every write notifies the channel when it is committed, and one connection of this process
listens to it. On SQLite, which has no such thing, one connection asks twenty times a second whether
another has committed, which takes no look at a table; the counters are looked at where one has.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import column, select, table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from podgraph.database.availability import FAILURES
from podgraph.database.relation import KEYS, among

T = TypeVar("T")

log = logging.getLogger("podgraph")

CHANNEL = "podgraph_events"
"""Where writes tell of the organization that they have written events of."""
LOOK_SECONDS = {"sqlite": 0.05, "postgresql": 10.0}
"""How often it is asked for what is new: on PostgreSQL only to make up for what the listener missed."""
RETRY_SECONDS = 0.5
"""How long to wait before the database is tried again."""
PATIENCE_SECONDS = 5.0
"""How long the listener's connection may take to answer before it is taken for lost."""

_COUNTER = table("event_counter", column("organization_id"), column("sequence"))
_COUNTERS = select(_COUNTER).where(among(_COUNTER.c.organization_id, KEYS))


@dataclass
class _Watch:
    """The one task of this process that hears of events, from the first who waits to the last."""

    task: asyncio.Task[None] | None = None
    over: bool = False
    lost: bool = False
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        self.over = True
        self.stirred.set()

    def lose(self, _driver: Any) -> None:
        self.lost = True
        self.stirred.set()

    async def rest(self, seconds: float) -> None:
        """Wait, unless it is over; ConnectionError where the listening connection is lost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stirred.wait()
        if self.lost and not self.over:
            self.lost = False
            self.stirred.clear()
            raise ConnectionError("the listening connection was lost")


class Bell:
    """One for all who wait in this process. It costs nothing while nobody does."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._heard: dict[str, int] = {}
        self._reads: dict[str, dict[Hashable, asyncio.Task[Any]]] = defaultdict(dict)
        self._reading: set[asyncio.Task[Any]] = set()
        self._watch: _Watch | None = None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def heard_by(self, organization_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the organization may have something new, until the end of the block."""
        rung = asyncio.Event()
        self._waiting[organization_id].add(rung)
        if self._watch is None:
            self._watch = _Watch()
            self._watch.task = asyncio.create_task(self._watched(self._watch))
        try:
            yield rung
        finally:
            await self._left(organization_id, rung)

    async def _left(self, organization_id: str, rung: asyncio.Event) -> None:
        self._waiting[organization_id].discard(rung)
        if not self._waiting[organization_id]:
            del self._waiting[organization_id]
            self._heard.pop(organization_id, None)
            self._reads.pop(organization_id, None)
        if self._waiting or self._watch is None:
            return
        watch, self._watch = self._watch, None
        watch.end()
        assert watch.task is not None
        # Statements are ended by their own end, not in the middle: the last one out waits for them.
        await asyncio.shield(asyncio.gather(watch.task, *self._reading, return_exceptions=True))

    def ring(self, organization_id: str) -> None:
        """Wake all who wait for this organization."""
        # A read that has begun may not find what the ring is for: who is woken by it begins another.
        self._reads.pop(organization_id, None)
        for rung in self._waiting.get(organization_id, ()):
            rung.set()

    async def together(
        self, organization_id: str, key: Hashable, read: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """What `read` finds; all who ask for the same `key` at a time share one read."""
        reads = self._reads[organization_id]
        if key not in reads:
            reads[key] = task = asyncio.create_task(read())
            self._reading.add(task)
            task.add_done_callback(lambda done: (reads.pop(key, None), done.cancelled() or done.exception()))
            task.add_done_callback(self._reading.discard)
        # Whoever stops waiting leaves it to the others.
        found: T = await asyncio.shield(reads[key])
        return found

    async def look(self) -> None:
        """Ring for every organization that has had events since the last look."""
        async with self._engine.connect() as connection:
            await connection.execution_options(snapshot=True)
            counters = (await connection.execute(_COUNTERS, {"keys": sorted(self._waiting)})).all()
        for organization_id, sequence in counters:
            if organization_id in self._waiting and self._heard.get(organization_id) != sequence:
                self._heard[organization_id] = sequence
                self.ring(organization_id)

    async def _watched(self, watch: _Watch) -> None:
        seconds = LOOK_SECONDS[self._engine.dialect.name]
        listening = self._notices if self._engine.dialect.name == "postgresql" else self._commits
        while not watch.over:
            try:
                async with listening(watch) as changed:
                    await self.look()
                    while not watch.over:
                        await watch.rest(seconds)
                        if await changed():
                            await self.look()
            except FAILURES as error:
                log.warning("Events are not heard of at the moment: %s", type(error).__name__)
                await watch.rest(RETRY_SECONDS)

    @asynccontextmanager
    async def _own_connection(self) -> AsyncIterator[tuple[AsyncConnection, Any]]:
        """A connection and the driver's: one of the pool's would be missing there while somebody waits."""
        engine = create_async_engine(self._engine.url, poolclass=NullPool)
        async with asyncio.timeout(PATIENCE_SECONDS):
            connection = await engine.connect()
        try:
            yield connection, (await connection.get_raw_connection()).driver_connection
        finally:
            with suppress(*FAILURES):
                await connection.close()

    @asynccontextmanager
    async def _notices(self, watch: _Watch) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
        """PostgreSQL rings by itself; to ask it finds out whether it still can."""
        async with self._own_connection() as (connection, driver):

            async def changed() -> bool:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await driver.execute("SELECT 1")
                return True

            try:
                driver.add_termination_listener(watch.lose)
                await driver.add_listener(CHANNEL, self._notified)
                yield changed
            finally:
                driver.remove_termination_listener(watch.lose)
                driver.terminate()
                with suppress(*FAILURES):
                    await connection.invalidate()

    @asynccontextmanager
    async def _commits(self, _watch: _Watch) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
        """SQLite is asked whether any other connection has committed since, of whichever process."""
        async with self._own_connection() as (_, driver):
            known = await driver.execute_fetchall("PRAGMA data_version")

            async def changed() -> bool:
                nonlocal known
                before, known = known, await driver.execute_fetchall("PRAGMA data_version")
                return bool(known != before)

            yield changed

    def _notified(self, _driver: Any, _process: int, _channel: str, organization_id: Any) -> None:
        self.ring(str(organization_id))
