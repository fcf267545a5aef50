"""How fast callers may ask: a bucket of points for each, which fills again as time goes by."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import strawberry
from cachetools import LRUCache
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.api.context import Viewer
from podgraph.api.describe import field
from podgraph.database.engine import fetch_at_once
from podgraph.database.prepared import Prepared
from podgraph.edge.limits import Limits

REMEMBERED = 100_000
"""Buckets kept in memory; a caller whose bucket was forgotten finds it full."""


LARGEST_INT = 2**31 - 1
"""The largest number that GraphQL's Int holds: a limit that is switched off is larger."""


@dataclass(frozen=True)
class Rate:
    """A bucket's size in points, and how many of them come back in a second."""

    limit: float
    restored: float

    def times(self, factor: float) -> "Rate":
        return Rate(self.limit * factor, self.restored * factor)


@dataclass(frozen=True)
class Level:
    """What a caller has left. `wait` is the seconds until what was asked for is there, 0 if it was given."""

    rate: Rate
    points: float
    wait: int = 0

    @property
    def limit(self) -> int:
        return int(self.rate.limit)

    @property
    def remaining(self) -> int:
        return max(0, int(self.points))

    @property
    def full_in(self) -> float:
        """Seconds until the bucket is full again."""
        return (self.rate.limit - self.points) / self.rate.restored


class Buckets(Protocol):
    """Where buckets are kept."""

    async def take(self, actor: str, cost: int, rate: Rate) -> tuple[float, bool]:
        """Take points, if they are there: how many are left, and whether they were."""


class InMemory:
    """Buckets of one process: on SQLite, which one process serves."""

    def __init__(self) -> None:
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(REMEMBERED)

    async def take(self, actor: str, cost: int, rate: Rate) -> tuple[float, bool]:
        now = time.monotonic()
        points, at = self._buckets.get(actor, (rate.limit, now))
        points = min(rate.limit, points + (now - at) * rate.restored)
        given = points >= cost
        points -= cost if given else 0
        self._buckets[actor] = (points, now)
        return points, given


class InPostgresql:
    """Buckets that all processes on one database share: each take is one statement, by the database's clock.

    A bucket that a crash loses was nearly full again anyway, so nobody waits for the disk.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine, self._take = engine, Prepared(_TAKE, engine.dialect)

    async def take(self, actor: str, cost: int, rate: Rate) -> tuple[float, bool]:
        given = {"actor": actor, "cost": cost, "most": rate.limit, "restored": rate.restored}
        ((points, taken),) = await fetch_at_once(self._engine, self._take, given)
        return points, taken


_TAKE = text("""
    WITH quickly AS (SELECT set_config('synchronous_commit', 'off', true)),
    taken AS (
        INSERT INTO rate_limit AS bucket (actor, points, filled_at, given)
        SELECT :actor, CAST(:most AS float) - CASE WHEN :most >= :cost THEN :cost ELSE 0 END,
            clock_timestamp(), :most >= :cost FROM quickly
        ON CONFLICT (actor) DO UPDATE SET (points, filled_at, given) = (
            SELECT level - CASE WHEN level >= :cost THEN :cost ELSE 0 END, clock_timestamp(), level >= :cost
            FROM (
                SELECT least(
                    CAST(:most AS float),
                    bucket.points
                        + extract(epoch FROM clock_timestamp() - bucket.filled_at) * CAST(:restored AS float)
                ) AS level
            ) AS now
        )
        RETURNING points, given
    )
    SELECT points, given FROM taken
""")


@strawberry.type(description="How fast the caller may ask, in points of cost.")
class RateLimit:
    limit: int = field("Points that the caller may have saved up.")
    remaining: int = field("Points left, this operation's taken.")
    restore_rate_per_second: float = field("Points that come back in a second.")
    reset_at: datetime = field("When all points will be back.")
    max_query_cost: int = field("Points that one operation may cost at most.")
    max_depth: int = field("Levels of fields that one operation may have at most.")

    @classmethod
    def of(cls, level: Level, limits: Limits, now: datetime) -> "RateLimit":
        """A caller's level at some time."""
        return cls(
            limit=min(level.limit, LARGEST_INT),
            remaining=min(level.remaining, LARGEST_INT),
            restore_rate_per_second=level.rate.restored,
            reset_at=now + timedelta(seconds=level.full_in),
            max_query_cost=min(limits.cost, LARGEST_INT),
            max_depth=limits.depth,
        )


@dataclass(frozen=True)
class Rates:
    """What callers may ask, by their roles: the factor of the role that may ask most."""

    rate: Rate
    buckets: Buckets
    factors: Mapping[str, float]

    async def take(self, viewer: Viewer, cost: int) -> Level:
        """Take points for an operation."""
        factor = max((self.factors.get(role, 1.0) for role in viewer.roles), default=1.0)
        rate = self.rate.times(factor)
        points, given = await self.buckets.take(viewer.user_id or viewer.token_id or "", cost, rate)
        wait = 0 if given else max(1, math.ceil((cost - points) / rate.restored))
        return Level(rate, points, wait)
