"""Read replica with read-your-writes consistency: it serves a caller once it has replayed the caller's last write.

After a write the position in the write-ahead log is stored in the primary for its caller, where every process can
read it. If the replica has not replayed that position or does not respond, the primary serves the query.
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
"""Timeout in seconds for the replay position of the replica."""
BACK_OFF_SECONDS = 2.0
"""Seconds for which a replica that did not respond is not used."""

_WROTE = text("""
    INSERT INTO last_write (actor_id, position) VALUES (:actor, pg_current_wal_insert_lsn() - '0/0')
    ON CONFLICT (actor_id) DO UPDATE SET position = greatest(last_write.position, excluded.position)
""")
_POSITION = text("SELECT position FROM last_write WHERE actor_id = :actor")
_REPLAYED = text("SELECT pg_last_wal_replay_lsn() - '0/0' >= CAST(:position AS numeric)")


class Replica:
    """A replica of a primary, and which callers it can serve."""

    def __init__(self, primary: AsyncEngine, engine: AsyncEngine) -> None:
        self.engine = engine
        self._primary = primary
        self._wrote, self._position, self._replayed = (
            CompiledStatement(statement, primary.dialect) for statement in (_WROTE, _POSITION, _REPLAYED)
        )
        self._skip_until = 0.0

    async def record_write(self, actor: str) -> None:
        """Store the current log position of the primary for an actor who has written."""
        await fetch_autocommit(self._primary, self._wrote, {"actor": actor})

    async def can_serve(self, actor: str) -> bool:
        """Whether the replica responds and has replayed the last write of this actor."""
        if time.monotonic() < self._skip_until:
            return False
        positions = await fetch_autocommit(self._primary, self._position, {"actor": actor})
        position = positions[0][0] if positions else 0
        try:
            async with asyncio.timeout(POSITION_TIMEOUT):
                ((replayed,),) = await fetch_autocommit(self.engine, self._replayed, {"position": position})
            # A server in normal operation replays nothing (NULL): it is not behind.
            return replayed is not False
        except Exception:
            self.back_off()
            return False

    def back_off(self) -> None:
        """Do not use the replica for BACK_OFF_SECONDS, because it has failed."""
        self._skip_until = time.monotonic() + BACK_OFF_SECONDS
        log.warning("The read replica does not respond; reading from the primary")


class ReplicaSnapshot(Snapshot):
    """A snapshot of the replica if it can serve the actor, else of the primary."""

    def __init__(self, primary: AsyncEngine, replica: Replica, actor: str) -> None:
        super().__init__(primary)
        self._replica, self._actor = replica, actor
        self.from_replica = False

    async def _read_engine(self) -> AsyncEngine:
        # The snapshot begins after this check, so it contains the position that was checked.
        if await self._replica.can_serve(self._actor):
            self._engine, self.from_replica = self._replica.engine, True
        return self._engine


class LastWrite(Model, table=True):
    """Log position of the primary in bytes after an actor's last write; only used with a read replica."""

    __tablename__ = "last_write"

    actor_id: str = key()
    position: int = Field(sa_type=BigInteger)
