"""Several processes on one PostgreSQL: workers of one server, and servers beside each other."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager
from itertools import cycle, pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from conftest import Server
from podgraph.database.engine import create_engine
from processes import Running, served
from serving import OWNER

Ask = Callable[..., Coroutine[Any, Any, Any]]

POD = "POD-26-000008"
NAME = f'{{ pod(id: "{POD}") {{ name }} }}'
LEFT = "{ viewer { rateLimit { remaining } } }"
PAUSE = f"""
    mutation ($key: String) {{
        pausePod(input: {{ podId: "{POD}", reason: "All at once", idempotencyKey: $key }}) {{
            userErrors {{ code }} pod {{ status }} idempotentReplay
        }}
    }}
"""
DONE = {"userErrors": [], "pod": {"status": "PAUSED"}, "idempotentReplay": False}
ENDED = {0, -signal.SIGTERM}
"""A server that was told to end either says so or not."""
WAITING = text("SELECT (SELECT count(*) FROM pg_locks WHERE NOT granted) FROM pg_sleep(0.05)")


@pytest.fixture
def url(servers: dict[str, Server]) -> str:
    return servers["postgresql"].database(demo=True)


@pytest.fixture
def four(url: str) -> Iterator[list[Running]]:
    """Four servers on one database."""
    with ExitStack() as running:
        yield [running.enter_context(served(url, POOL_SIZE="5", RATE_LIMIT="1000/0.001")) for _ in range(4)]


@asynccontextmanager
async def asking(*running: Running) -> AsyncIterator[Ask]:
    """Asks the servers in turn."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {OWNER}"}, timeout=120) as client:
        turns = cycle(running)

        async def ask(document: str, **variables: Any) -> Any:
            body = {"query": document, "variables": variables}
            answer = await client.post(f"{next(turns).address}/graphql", json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()["data"]

        yield ask


@asynccontextmanager
async def locked(url: str) -> AsyncIterator[AsyncConnection]:
    """A transaction that has the pod, so that who would write it waits."""
    engine = create_engine(url)
    async with engine.connect() as connection:
        await connection.execute(text(f"SELECT id FROM pod WHERE id = '{POD}' FOR UPDATE"))
        yield connection
    await engine.dispose()


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_who_is_being_answered_is_answered_before_the_end(url: str, workers: str) -> None:
    with served(url, "--workers", workers) as server:
        async with asking(server) as ask, locked(url) as other:
            await ask(NAME)
            writing = asyncio.create_task(ask(PAUSE))
            while not (await other.execute(WAITING)).scalar_one():
                pass
            server.terminate()
            await other.rollback()
            assert await writing == {"pausePod": DONE}
        assert server.ended() in ENDED


async def test_a_request_that_would_never_end_does_not_keep_the_server(url: str) -> None:
    with served(url, GRACE="1") as server:
        async with asking(server) as ask, locked(url) as other:
            await ask(NAME)
            writing = asyncio.create_task(ask(PAUSE))
            while not (await other.execute(WAITING)).scalar_one():
                pass
            server.terminate()
            assert await asyncio.to_thread(server.ended) in ENDED
            with pytest.raises((httpx.HTTPError, AssertionError)):
                await writing


async def test_workers_add_up_their_figures(url: str) -> None:
    with served(url, "--workers", "2") as server:
        for _ in range(6):
            # A connection each, so that both workers have their share.
            async with asking(server) as ask:
                await ask(NAME)
        async with httpx.AsyncClient() as client:
            figures = (await client.get(f"{server.address}/metrics")).text
    assert 'podgraph_requests_total{kind="query",status="200"} 6.0' in figures
    assert "podgraph_operation_statements_sum 6.0" in figures


async def test_of_many_who_pause_a_pod_at_once_one_does(url: str, four: list[Running]) -> None:
    async with asking(*four) as ask:
        answers = await asyncio.gather(*(ask(PAUSE, key=f"key {number}") for number in range(12)))
    errors = [answer["pausePod"]["userErrors"] for answer in answers]
    outcomes = Counter(said[0]["code"] if said else "done" for said in errors)
    assert outcomes == {"done": 1, "ALREADY_DONE": 11}
    assert await times_paused(url) == 1


async def test_a_key_that_is_sent_everywhere_has_its_effect_once(url: str, four: list[Running]) -> None:
    async with asking(*four) as ask:
        first = await asyncio.gather(*(ask(PAUSE, key="one") for _ in range(4)))
        again = [await ask(PAUSE, key="one") for _ in range(4)]
    codes = {error["code"] for answer in first for error in answer["pausePod"]["userErrors"]}
    assert codes <= {"IDEMPOTENCY_IN_PROGRESS"}
    assert [answer["pausePod"]["idempotentReplay"] for answer in again] == [True] * 4
    assert await times_paused(url) == 1


async def test_what_is_written_by_one_is_read_by_all(four: list[Running]) -> None:
    async with asking(*four) as ask:
        await ask(PAUSE)
        statuses = [await ask(f'{{ pod(id: "{POD}") {{ status }} }}') for _ in range(4)]
    assert statuses == [{"pod": {"status": "PAUSED"}}] * 4


async def test_points_are_taken_from_one_bucket(four: list[Running]) -> None:
    async with asking(*four) as ask:
        left = [(await ask(LEFT))["viewer"]["rateLimit"]["remaining"] for _ in range(4)]
    assert [before - after for before, after in pairwise(left)] == [1000 - left[0]] * 3


async def times_paused(url: str) -> int:
    """How many events say that the pod was paused."""
    engine = create_engine(url)
    async with engine.connect() as connection:
        asked = text(f"SELECT count(*) FROM event WHERE type = 'pod.paused' AND subject_id = '{POD}'")
        found: int = (await connection.execute(asked)).scalar_one()
    await engine.dispose()
    return found
