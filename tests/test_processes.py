"""Several processes on one PostgreSQL: workers of one server, and several servers."""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, suppress
from itertools import cycle, pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from conftest import Server
from crashing import CREATE as CREATE_TICKET
from crashing import WRITERS, ticket
from podgraph.database.engine import create_engine
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.doctor.check import Finding
from podgraph.doctor.registry import examine
from podgraph.kernel.clock import system_clock
from processes import PROMPT, Running, served, until
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
"""Exit codes of a server after SIGTERM."""
WAITING = text("SELECT (SELECT count(*) FROM pg_locks WHERE NOT granted) FROM pg_sleep(0.05)")


@pytest.fixture
def url(servers: dict[str, Server]) -> str:
    return servers["postgresql"].database(demo=True)


@pytest.fixture
def four(url: str) -> Iterator[list[Running]]:
    """Four servers on one database, in which the doctor finds no faults afterwards."""
    with ExitStack() as running, ThreadPoolExecutor() as together:
        made = [served(url, POOL_SIZE="5", RATE_LIMIT="1000/0.001") for _ in range(4)]
        yield list(together.map(running.enter_context, made))
    assert asyncio.run(findings(url)) == []


@asynccontextmanager
async def asking(*running: Running) -> AsyncIterator[Ask]:
    """Send requests to the servers in turn."""
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
    """A transaction that locks the pod, so that its writers wait."""
    engine = create_engine(url)
    async with engine.connect() as connection:
        await connection.execute(text(f"SELECT id FROM pod WHERE id = '{POD}' FOR UPDATE"))
        yield connection
    await engine.dispose()


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_running_request_is_answered_before_shutdown(url: str, workers: str) -> None:
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


async def test_endless_request_does_not_delay_shutdown(url: str) -> None:
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


async def test_metrics_of_workers_are_added(url: str) -> None:
    with served(url, "--workers", "2") as server:
        for _ in range(6):
            # One connection per request, so that both workers get some.
            async with asking(server) as ask:
                await ask(NAME)
        async with httpx.AsyncClient() as client:
            figures = (await client.get(f"{server.address}/metrics")).text
    assert 'podgraph_requests_total{kind="query",status="200"} 6.0' in figures
    assert "podgraph_operation_statements_sum 6.0" in figures


KILLS = 30


def kill(server: Running, *victims: int) -> tuple[set[int], float]:
    """Kill workers; returns their successors, and the seconds until they were ready."""
    others = server.workers()
    since = time.monotonic()
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    until(lambda: len(server.workers() - others) == len(victims))
    return server.workers() - others, time.monotonic() - since


def pool_size(server: Running) -> float:
    """The total pool size of the workers that are ready."""
    figures = httpx.get(f"{server.address}/metrics", timeout=60).text.splitlines()
    return sum(float(line.split()[-1]) for line in figures if line.startswith("podgraph_pool_size"))


@pytest.mark.timeout(600)
async def test_killed_workers_are_replaced_without_losing_a_write(url: str) -> None:
    chance, seconds, ended = random.Random(1), [], asyncio.Event()
    written: Counter[int] = Counter()

    async def write(ask: Ask, writer: int) -> None:
        """Write until the end; a call without a response is retried with the same key."""
        answered = True
        while not (ended.is_set() and answered):
            answered = False
            with suppress(httpx.HTTPError):
                answer = await ask(CREATE_TICKET, input=ticket(writer, written[writer]))
                if answered := not answer["createTicket"]["userErrors"]:
                    written[writer] += 1
            await asyncio.sleep(0.05)

    async def more() -> None:
        """Wait until all workers are ready and more tickets are written, and then a little longer."""
        await asyncio.to_thread(until, lambda: pool_size(server) == 3 * 3)
        enough = written.total() + WRITERS
        await asyncio.to_thread(until, lambda: written.total() >= enough)
        await asyncio.sleep(chance.uniform(0, 1))

    async def replay(ask: Ask, writer: int) -> list[bool]:
        calls = [ask(CREATE_TICKET, input=ticket(writer, number)) for number in range(written[writer])]
        answers = [(await call)["createTicket"] for call in calls]
        assert [answer["ticket"]["title"] for answer in answers] == [
            f"{writer}/{number}" for number in range(written[writer])
        ]
        return [answer["idempotentReplay"] for answer in answers]

    with served(url, "--workers", "3", POOL_SIZE="3", RATE_LIMIT="off") as server:
        async with asking(server) as ask:
            writing = [asyncio.create_task(write(ask, writer)) for writer in range(WRITERS)]
            for _ in range(KILLS // 3):
                await more()
                workers = sorted(server.workers())
                first = chance.choice(workers)
                workers.remove(first)
                (starting,), passed = await asyncio.to_thread(kill, server, first)
                seconds.append(passed)
                await asyncio.sleep(chance.uniform(0, 0.5))
                # A worker that is still importing the schema, and another one with it.
                _, passed = await asyncio.to_thread(kill, server, starting, chance.choice(workers))
                seconds.append(passed)
            ended.set()
            await asyncio.gather(*writing)
            replays = await asyncio.gather(*(replay(ask, writer) for writer in range(WRITERS)))
    assert max(seconds) < PROMPT, seconds
    assert all(map(all, replays))
    assert await titles(url) == sorted(f"{who}/{number}" for who in written for number in range(written[who]))
    assert await findings(url) == []


async def test_one_of_many_concurrent_pauses_succeeds(url: str, four: list[Running]) -> None:
    async with asking(*four) as ask:
        answers = await asyncio.gather(*(ask(PAUSE, key=f"key {number}") for number in range(12)))
    errors = [answer["pausePod"]["userErrors"] for answer in answers]
    outcomes = Counter(error[0]["code"] if error else "done" for error in errors)
    assert outcomes == {"done": 1, "ALREADY_DONE": 11}
    assert await times_paused(url) == 1


async def test_key_sent_to_every_process_takes_effect_once(url: str, four: list[Running]) -> None:
    async with asking(*four) as ask:
        first = await asyncio.gather(*(ask(PAUSE, key="one") for _ in range(4)))
        again = [await ask(PAUSE, key="one") for _ in range(4)]
    codes = {error["code"] for answer in first for error in answer["pausePod"]["userErrors"]}
    assert codes <= {"IDEMPOTENCY_IN_PROGRESS"}
    assert [answer["pausePod"]["idempotentReplay"] for answer in again] == [True] * 4
    assert await times_paused(url) == 1


async def test_write_of_one_process_is_visible_in_all(four: list[Running]) -> None:
    async with asking(*four) as ask:
        await ask(PAUSE)
        statuses = [await ask(f'{{ pod(id: "{POD}") {{ status }} }}') for _ in range(4)]
    assert statuses == [{"pod": {"status": "PAUSED"}}] * 4


async def test_processes_share_one_rate_limit_bucket(four: list[Running]) -> None:
    async with asking(*four) as ask:
        left = [(await ask(LEFT))["viewer"]["rateLimit"]["remaining"] for _ in range(4)]
    assert [before - after for before, after in pairwise(left)] == [1000 - left[0]] * 3


async def findings(url: str) -> list[Finding]:
    """The findings of the doctor."""
    engine = create_engine(url)
    async with Snapshot(engine) as snapshot:
        found = await examine(Reader(snapshot, Tenancy(None), system_clock()))
    await engine.dispose()
    return found


async def times_paused(url: str) -> int:
    """The number of `pod.paused` events of the pod."""
    engine = create_engine(url)
    async with engine.connect() as connection:
        asked = text(f"SELECT count(*) FROM event WHERE type = 'pod.paused' AND subject_id = '{POD}'")
        found: int = (await connection.execute(asked)).scalar_one()
    await engine.dispose()
    return found


async def titles(url: str) -> list[str]:
    """The titles of the tickets that were written by `crashing.ticket`."""
    engine = create_engine(url)
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT title FROM ticket WHERE title LIKE '%/%'"))
        titles = sorted(found.scalars())
    await engine.dispose()
    return titles


FOLLOW = """subscription ($after: Int) {
    events(organizationId: "ORG-26-090500", afterSequence: $after) { sequence previousSequence type }
}"""
RESTARTED = 1012
"""The close code of a restarting server, after which clients reconnect."""


async def socket_of(server: Running, after: int, token: str = OWNER) -> ClientConnection:
    """A WebSocket that subscribes to the events after a sequence."""
    address = f"{server.address.replace('http', 'ws', 1)}/graphql"
    # A client with unread messages can close too: with a limit the close frame would wait behind them.
    made = await connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], max_queue=None)
    payload = {"query": FOLLOW, "variables": {"after": after}}
    for message in (
        {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}},
        {"type": "subscribe", "id": "1", "payload": payload},
    ):
        await made.send(json.dumps(message))
    assert json.loads(await made.recv()) == {"type": "connection_ack"}
    return made


async def next_on(made: ClientConnection) -> Any:
    return json.loads(await made.recv())["payload"]["data"]["events"]


async def test_websocket_is_closed_so_that_its_client_resumes(url: str) -> None:
    with served(url, GRACE="300") as first, served(url) as second:
        made = await socket_of(first, after=0)
        last = (await next_on(made))["sequence"]
        first.terminate()
        with suppress(ConnectionClosed):
            async for message in made:
                last = json.loads(message)["payload"]["data"]["events"]["sequence"]
        assert made.close_code == RESTARTED
        assert await asyncio.to_thread(first.ended) in ENDED
        again = await socket_of(second, after=last)
        async with asking(second) as ask:
            await ask(PAUSE)
        assert (await next_on(again))["previousSequence"] == last
        await again.close()


async def test_stream_ends_without_complete(url: str) -> None:
    headers = {"Authorization": f"Bearer {OWNER}", "Accept": "text/event-stream"}
    asked = {"query": FOLLOW, "variables": {"after": 0}}
    with served(url, GRACE="300") as server:
        async with (
            httpx.AsyncClient(timeout=60) as client,
            client.stream("POST", f"{server.address}/graphql", json=asked, headers=headers) as answer,
        ):
            lines = answer.aiter_lines()
            while "sequence" not in (await anext(lines)):
                pass
            server.terminate()
            rest = [line async for line in lines]
        assert await asyncio.to_thread(server.ended) in ENDED
    assert "event: complete" not in rest


CREATE = """mutation {
    createToken(input: { organizationId: "ORG-26-090500", name: "A test", roles: [MEMBER] }) {
        secret token { id }
    }
}"""
REVOKE = "mutation ($id: ID!) { revokeToken(input: { tokenId: $id }) { userErrors { code } } }"
NO_LONGER = 4403
"""The close code of a client that is no longer authorized."""


async def test_events_and_revocations_reach_every_process(four: list[Running]) -> None:
    async with asking(*four) as ask, httpx.AsyncClient(timeout=60) as client:
        created = (await ask(CREATE))["createToken"]
        made = await socket_of(four[3], after=0, token=created["secret"])
        # The second process pauses the pod, and the third revokes the token.
        await ask(PAUSE)
        while (await next_on(made))["type"] != "pod.paused":
            pass

        async def statuses() -> set[int]:
            headers = {"Authorization": f"Bearer {created['secret']}"}
            body = {"query": NAME}
            asked = [client.post(f"{one.address}/graphql", json=body, headers=headers) for one in four]
            return {answer.status_code for answer in await asyncio.gather(*asked)}

        assert await statuses() == {200}
        await ask(REVOKE, id=created["token"]["id"])
        assert await statuses() == {401}
        with suppress(ConnectionClosed):
            async for _ in made:
                pass
    assert made.close_code == NO_LONGER
