"""Buckets of points: shared on PostgreSQL, by process on SQLite, larger for some roles."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Server
from podgraph.database.engine import create_engine
from podgraph.kernel.roles import Role
from podgraph.limits.rate_limiter import (
    BucketStore,
    MemoryBucketStore,
    PostgresBucketStore,
    RateLimiter,
    RateLimitStatus,
    TokenBucket,
)

SLOW = TokenBucket(100, 0.001)


def caller(user: str = "USR-26-000044", *roles: Role) -> tuple[str, frozenset[str]]:
    return user, frozenset(roles)


@pytest.fixture
def buckets(engine: AsyncEngine) -> BucketStore:
    return PostgresBucketStore(engine) if engine.dialect.name == "postgresql" else MemoryBucketStore()


async def test_points_are_taken_until_there_are_too_few(buckets: BucketStore) -> None:
    rates = RateLimiter(SLOW, buckets, {})
    levels = [await rates.consume(*caller(), cost) for cost in (60, 30, 11, 10)]
    assert [level.remaining for level in levels] == [40, 10, 10, 0]
    assert [bool(level.wait) for level in levels] == [False, False, True, False]


async def test_a_limited_caller_receives_the_seconds_to_wait(buckets: BucketStore) -> None:
    rates = RateLimiter(TokenBucket(100, 0.5), buckets, {})
    await rates.consume(*caller(), 100)
    assert 98 <= (await rates.consume(*caller(), 50)).wait <= 100


async def test_points_are_refilled_up_to_the_capacity(buckets: BucketStore) -> None:
    rates = RateLimiter(TokenBucket(100, 1e9), buckets, {})
    await rates.consume(*caller(), 100)
    assert (await rates.consume(*caller(), 1)).remaining == 99


async def test_each_caller_has_a_bucket(buckets: BucketStore) -> None:
    rates = RateLimiter(SLOW, buckets, {})
    await rates.consume(*caller("USR-26-000001"), 100)
    assert (await rates.consume(*caller("USR-26-000002"), 1)).remaining == 99


async def test_the_highest_factor_of_the_roles_applies(buckets: BucketStore) -> None:
    rates = RateLimiter(SLOW, buckets, {"OPERATOR": 5.0, "BILLING": 0.5})
    assert (await rates.consume(*caller("USR-26-000001", Role.BILLING), 1)).limit == 50
    assert (await rates.consume(*caller("USR-26-000002", Role.BILLING, Role.OPERATOR), 1)).limit == 500
    assert (await rates.consume(*caller("USR-26-000003", Role.MEMBER), 1)).limit == 100


async def test_concurrent_calls_take_each_point_once(buckets: BucketStore) -> None:
    rates = RateLimiter(SLOW, buckets, {})
    levels = await asyncio.gather(*(rates.consume(*caller(), 10) for _ in range(25)))
    assert sum(not level.wait for level in levels) == 10


async def test_processes_on_one_postgresql_share_the_buckets(servers: dict[str, Server]) -> None:
    url = servers["postgresql"].database()
    here, there = create_engine(url), create_engine(url)
    await RateLimiter(SLOW, PostgresBucketStore(here), {}).consume(*caller(), 70)
    assert (await RateLimiter(SLOW, PostgresBucketStore(there), {}).consume(*caller(), 20)).remaining == 10
    await here.dispose()
    await there.dispose()


def test_the_status_has_the_time_until_full() -> None:
    assert RateLimitStatus(TokenBucket(100, 2), 40).full_in == 30


async def test_a_cost_above_the_capacity_is_never_allowed(buckets: BucketStore) -> None:
    rates = RateLimiter(SLOW, buckets, {})
    first, then = await rates.consume(*caller(), 101), await rates.consume(*caller(), 100)
    assert (first.remaining, bool(first.wait)) == (100, True)
    assert (then.remaining, then.wait) == (0, 0)
