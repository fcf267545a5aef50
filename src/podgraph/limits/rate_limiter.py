"""Rate limiter: a token bucket of points per caller."""

import math
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from cachetools import LRUCache
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.compiled import CompiledStatement
from podgraph.database.engine import fetch_autocommit

BUCKET_CACHE_SIZE = 100_000
"""Maximum number of buckets in memory; a caller whose bucket was evicted starts with a full one."""


MAX_INT = 2**31 - 1
"""The maximum of GraphQL's Int."""


@dataclass(frozen=True)
class TokenBucket:
    """The capacity of a bucket in points, and the points that are refilled per second."""

    capacity: float
    refill_rate: float

    def times(self, factor: float) -> "TokenBucket":
        return TokenBucket(self.capacity * factor, self.refill_rate * factor)


@dataclass(frozen=True)
class RateLimitStatus:
    """The state of a caller's bucket. `wait` is the number of seconds before a retry succeeds, 0 if allowed."""

    rate: TokenBucket
    points: float
    wait: int = 0

    @property
    def limit(self) -> int:
        return int(self.rate.capacity)

    @property
    def remaining(self) -> int:
        return max(0, int(self.points))

    @property
    def full_in(self) -> float:
        """Seconds until the bucket is full again."""
        return (self.rate.capacity - self.points) / self.rate.refill_rate


class BucketStore(Protocol):
    """Storage of buckets."""

    async def consume(self, actor: str, cost: int, rate: TokenBucket) -> tuple[float, bool]:
        """Take points if the bucket has enough: the points left, and whether the request is allowed."""


class MemoryBucketStore:
    """Buckets of one process: on SQLite, which one process serves."""

    def __init__(self) -> None:
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(BUCKET_CACHE_SIZE)

    async def consume(self, actor: str, cost: int, rate: TokenBucket) -> tuple[float, bool]:
        now = time.monotonic()
        points, at = self._buckets.get(actor, (rate.capacity, now))
        points = min(rate.capacity, points + (now - at) * rate.refill_rate)
        given = points >= cost
        points -= cost if given else 0
        self._buckets[actor] = (points, now)
        return points, given


class PostgresBucketStore:
    """Buckets that all processes on one database share: each take is one statement, by the database's clock.

    A bucket lost in a crash would have been refilled soon, so no commit waits for the disk.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine, self._consume = engine, CompiledStatement(_CONSUME, engine.dialect)

    async def consume(self, actor: str, cost: int, rate: TokenBucket) -> tuple[float, bool]:
        given = {"actor": actor, "cost": cost, "most": rate.capacity, "restored": rate.refill_rate}
        ((points, taken),) = await fetch_autocommit(self._engine, self._consume, given)
        return points, taken


_CONSUME = text("""
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


@dataclass(frozen=True)
class RateLimiter:
    """Rate limits by role: the highest factor of the caller's roles applies."""

    rate: TokenBucket
    buckets: BucketStore
    factors: Mapping[str, float]

    async def consume(self, actor_id: str, roles: Collection[str], cost: int) -> RateLimitStatus:
        """Take the points of one operation from the actor's bucket."""
        factor = max((self.factors.get(role, 1.0) for role in roles), default=1.0)
        rate = self.rate.times(factor)
        points, given = await self.buckets.consume(actor_id, cost, rate)
        wait = 0 if given else max(1, math.ceil((cost - points) / rate.refill_rate))
        return RateLimitStatus(rate, points, wait)
