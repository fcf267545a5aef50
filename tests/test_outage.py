"""Outages: a database that restarts, and a pool without free connections."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from cluster import Cluster, cluster
from podgraph.auth.tokens import Tokens
from podgraph.database.engine import create_engine
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.generator import seed
from podgraph.demo.reference import NOW, tenants
from podgraph.doctor.registry import examine
from podgraph.kernel.roles import Role
from podgraph.settings import Settings
from serving import SECRET, serving

OPERATOR = "USR-26-000001"
"""A user of the generated data."""
PODS = "{ pods(first: 40, filter: { status: { eq: ACTIVE } }) { nodes { id } } }"
PAUSE = """
    mutation ($pod: ID!, $key: String!) {
        pausePod(input: { podId: $pod, reason: "A test of outages", idempotencyKey: $key }) {
            userErrors { code } pod { status }
        }
    }
"""


WAITING = text("SELECT (SELECT count(*) FROM pg_locks WHERE NOT granted) FROM pg_sleep(0.05)")


@pytest.fixture(scope="module")
def database() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


async def ask(client: httpx.AsyncClient, document: str, operator: str = OPERATOR, **variables: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {Tokens(SECRET).issue(operator, [], [Role.OPERATOR])}"}
    return await client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)


@pytest.fixture(scope="module")
def seeded(database: Cluster) -> str:
    """A database with forty generated pods."""
    url = database.database()

    async def fill() -> None:
        engine = create_engine(url)
        await seed(engine, 40, 1, NOW, lambda _: None)
        await engine.dispose()

    asyncio.run(fill())
    return url


@pytest.fixture(scope="module")
def demo(database: Cluster) -> str:
    return database.database(demo=True)


async def broken(url: str) -> tuple[list[Any], dict[str, int]]:
    """The violated invariants, and the number of times that each pod was paused."""
    engine = create_engine(url)
    async with Snapshot(engine) as snapshot, engine.connect() as connection:
        findings = await examine(Reader(snapshot, Tenancy(None), NOW))
        result = await connection.execute(
            text("SELECT subject_id FROM event WHERE type = 'pod.paused' AND actor_id = 'USR-26-000001'")
        )
        times = Counter(result.scalars())
    await engine.dispose()
    return findings, times


async def test_database_restart_leaves_no_partial_write(database: Cluster, seeded: str) -> None:
    async with serving(Settings(seeded, SECRET)) as client:
        pods = [pod["id"] for pod in (await ask(client, PODS)).json()["data"]["pods"]["nodes"]]
        statuses: Counter[int] = Counter()
        some_done, waiting = asyncio.Event(), list(pods)

        async def pause() -> None:
            while waiting:
                pod = waiting.pop()
                while (answer := await ask(client, PAUSE, pod=pod, key=pod)).status_code == 503:
                    statuses[503] += 1
                    await asyncio.sleep(0.05)
                assert answer.json()["data"]["pausePod"] == {"userErrors": [], "pod": {"status": "PAUSED"}}
                statuses[200] += 1
                if statuses[200] > len(pods) // 3:
                    some_done.set()

        async with asyncio.TaskGroup() as writers:
            for _ in range(4):
                writers.create_task(pause())
            await some_done.wait()
            await asyncio.to_thread(database.stop)
            async with asyncio.timeout(2):
                answer = await ask(client, PODS)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
            assert answer.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE", "retryAfter": 1}
            assert (await client.get("/ready")).status_code == 503
            await asyncio.to_thread(database.start)
        assert (await client.get("/ready")).status_code == 200
    assert statuses[503] > 0
    findings, times = await broken(seeded)
    assert findings == []
    assert times == dict.fromkeys(pods, 1)


async def test_exhausted_pool_is_reported_as_overloaded(demo: str) -> None:
    engine, settings = create_engine(demo), Settings(demo, SECRET, pool_size=1, pool_timeout=0.2)
    async with serving(settings) as client, engine.connect() as other:
        await other.execute(text("SELECT id FROM pod WHERE id = 'POD-26-000008' FOR UPDATE"))
        first = asyncio.create_task(ask(client, PAUSE, tenants.OPERATOR, pod="POD-26-000008", key="once"))
        while not (await other.execute(WAITING)).scalar_one():
            pass
        answer = await ask(client, "{ pods { totalCount } }")
        await other.rollback()
        done = await first
    await engine.dispose()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"]["code"] == "OVERLOADED"
    assert done.json()["data"]["pausePod"] == {"userErrors": [], "pod": {"status": "PAUSED"}}
