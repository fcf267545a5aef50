"""Many confirmations of pods at once: what a pool holds is promised once."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.doctor.registry import examine
from podgraph.kernel.roles import Role
from pods.service.test_pods import APEX, OFFER, OPERATOR, REQUEST, call

pytestmark = pytest.mark.writes

OWNER = Viewer("USR-26-000044", APEX, frozenset({Role.ORG_OWNER}))
POOL = "CAP-26-000112"
PODS, ROUNDS = 8, 3


async def offered(execute: Execute, committed: str) -> str:
    """A pod that has only to be confirmed."""
    pod: Any = (await call(execute, "requestPod", **REQUEST))["pod"]["id"]
    given = {**OFFER, "podId": pod, "capacityPoolId": POOL, "committedPerWeek": committed}
    assert (await call(execute, "proposePod", OPERATOR, **given))["userErrors"] == []
    return str(pod)


async def test_a_pool_with_room_for_three_carries_three_of_eight_pods(
    demo_engine: AsyncEngine, execute: Execute
) -> None:
    for number in range(1, ROUNDS + 1):
        pods = [await offered(execute, "10") for _ in range(PODS)]
        async with demo_engine.begin() as connection:
            room = text("UPDATE capacity_pool SET total = allocated + :room WHERE id = :pool")
            scale = 10_000 if demo_engine.dialect.name == "sqlite" else 1
            await connection.execute(room, {"room": 39 * scale, "pool": POOL})
        payloads = await asyncio.gather(*(call(execute, "confirmPod", OWNER, podId=pod) for pod in pods))
        codes = Counter(one["userErrors"][0]["code"] if one["userErrors"] else "done" for one in payloads)
        assert codes == {"done": 3, "INSUFFICIENT_CAPACITY": 5}, f"in round {number}"
    async with Snapshot(demo_engine) as snapshot:
        assert await examine(Reader(snapshot, Tenancy(None), NOW)) == []
