"""A read replica: queries are read there, once it has what their caller wrote last.

After a write its caller's position in the primary's log is remembered in the primary, where every
process finds it. A replica that has not replayed that far, or does not answer, is passed over.
"""

import asyncio
import logging
import time

from sqlalchemy import BigInteger, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import Field

from podgraph.database.columns import key
from podgraph.database.compiled import CompiledStatement
from podgraph.database.engine import fetch_autocommit
from podgraph.database.model import Model
from podgraph.database.snapshot import Snapshot

log = logging.getLogger("podgraph")

POSITION_TIMEOUT = 1.0
"""Seconds that a replica may take to say how far it is."""
BACK_OFF_SECONDS = 2.0
"""Seconds for which a replica that did not answer is left alone."""

_WROTE = text("""
    INSERT INTO last_write (actor_id, position) VALUES (:actor, pg_current_wal_insert_lsn() - '0/0')
    ON CONFLICT (actor_id) DO UPDATE SET position = greatest(last_write.position, excluded.position)
""")
_POSITION = text("SELECT position FROM last_write WHERE actor_id = :actor")
_REPLAYED = text("SELECT pg_last_wal_replay_lsn() - '0/0' >= CAST(:position AS numeric)")


class Replica:
    """A replica of a primary, and who may read from it."""

    def __init__(self, primary: AsyncEngine, engine: AsyncEngine) -> None:
        self.engine = engine
        self._primary = primary
        self._wrote, self._position, self._replayed = (
            CompiledStatement(statement, primary.dialect) for statement in (_WROTE, _POSITION, _REPLAYED)
        )
        self._skip_until = 0.0

    async def record_write(self, actor: str) -> None:
        """Remember that this actor has just written: from now on nothing older is read for them."""
        await fetch_autocommit(self._primary, self._wrote, {"actor": actor})

    async def serves(self, actor: str) -> bool:
        """Whether the replica answers, and has all that this actor wrote."""
        if time.monotonic() < self._skip_until:
            return False
        positions = await fetch_autocommit(self._primary, self._position, {"actor": actor})
        position = positions[0][0] if positions else 0
        try:
            async with asyncio.timeout(POSITION_TIMEOUT):
                ((replayed,),) = await fetch_autocommit(self.engine, self._replayed, {"position": position})
            # A server that replays nothing is no replica, so it is not behind either.
            return replayed is not False
        except Exception:
            self.back_off()
            return False

    def back_off(self) -> None:
        """Leave the replica alone for a while: it has failed."""
        self._skip_until = time.monotonic() + BACK_OFF_SECONDS
        log.warning("The read replica does not respond; reading from the primary")


class ReplicaSnapshot(Snapshot):
    """A snapshot of the replica where it serves the actor, else of the primary."""

    def __init__(self, primary: AsyncEngine, replica: Replica, actor: str) -> None:
        super().__init__(primary)
        self._replica, self._actor = replica, actor
        self.from_replica = False

    async def _read_engine(self) -> AsyncEngine:
        # What it had replayed before the snapshot began, the snapshot has.
        if await self._replica.serves(self._actor):
            self._engine, self.from_replica = self._replica.engine, True
        return self._engine


class LastWrite(Model, table=True):
    """How far the primary's log was after an actor's last write, in bytes: where there is a read replica."""

    __tablename__ = "last_write"

    actor_id: str = key()
    position: int = Field(sa_type=BigInteger)
