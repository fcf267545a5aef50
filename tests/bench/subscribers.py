"""Latency of events with many subscribers: `python tests/bench/subscribers.py`.

Five hundred sockets subscribe to one organization in one process, on a PostgreSQL of this benchmark. Times run
from sending a mutation to the first and the last delivery of its event. The memory of the server is measured
without subscribers, with all subscribers, and after all events.
"""

import asyncio
import json
import statistics
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

# As a script, Python imports from this folder; modules are named from the parent folder, as in tests.
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.databases import log, postgresql, temporary_folder
from bench.servers import Server, podgraph, started
from podgraph.auth.tokens import Tokens
from podgraph.database.engine import create_engine
from podgraph.demo.load import load_reference
from podgraph.demo.reference import tenants
from podgraph.kernel.roles import Role
from podgraph.migrate import upgrade

SUBSCRIBERS, EVENTS = 500, 10
SECRET = "of this benchmark alone, and of nothing else"
FOLLOW = """subscription {
  events(organizationId: "ORG-26-090500", types: ["pod.paused", "pod.resumed"]) {
    sequence type subject { ... on Pod { id name status } }
  }
}"""
PAUSE = """mutation { pausePod(input: { podId: "POD-26-000008", reason: "A measurement" }) {
  userErrors { code } events { sequence }
} }"""
RESUME = """mutation { resumePod(input: { podId: "POD-26-000008" }) {
  userErrors { code } events { sequence }
} }"""


async def prepare(url: str) -> None:
    """The reference data."""
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await load_reference(engine)
    await engine.dispose()


def memory(server: Server) -> float:
    """Resident memory of a server in megabytes."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def follow(server: Server, token: str, stack: AsyncExitStack) -> ClientConnection:
    """A socket with a subscription to the events of the pod."""
    made = await stack.enter_async_context(
        connect(
            f"ws://127.0.0.1:{server.port}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            compression=None,
            open_timeout=60,
            ping_interval=None,
        )
    )
    await made.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
    await made.recv()
    await made.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
    # The answer to a ping confirms that the subscription is active.
    await made.send(json.dumps({"type": "ping"}))
    await made.recv()
    return made


async def until_followed(server: Server, many: int) -> None:
    """Wait until the metrics of the server show `many` subscribers."""
    following = 0
    async with httpx.AsyncClient() as client:
        while following < many:
            figures = (await client.get(f"http://127.0.0.1:{server.port}/metrics")).text
            line = next(line for line in figures.splitlines() if line.startswith("podgraph_subscribers "))
            following = int(float(line.split()[1]))


async def happen(server: Server, token: str, sockets: list[ClientConnection], document: str) -> list[float]:
    """Cause one event; returns the seconds until each delivery."""
    arrivals: list[float] = []

    async def hear(socket: ClientConnection) -> None:
        message = json.loads(await socket.recv())
        arrivals.append(perf_counter())
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message

    hearing = [asyncio.create_task(hear(socket)) for socket in sockets]
    async with httpx.AsyncClient(timeout=60, headers={"Authorization": f"Bearer {token}"}) as client:
        begun = perf_counter()
        answer = await client.post(f"http://127.0.0.1:{server.port}/graphql", json={"query": document})
        payloads: Any = answer.json()["data"]
        assert all(payload["userErrors"] == [] for payload in payloads.values()), payloads
    await asyncio.gather(*hearing)
    return [at - begun for at in arrivals]


async def measure(server: Server, token: str) -> None:
    """Measure and print times and memory."""
    before = memory(server)
    async with AsyncExitStack() as stack:
        begun = perf_counter()
        sockets = [await follow(server, token, stack) for _ in range(SUBSCRIBERS)]
        await until_followed(server, SUBSCRIBERS)
        log(f"{SUBSCRIBERS} subscribed within {perf_counter() - begun:.1f} s")
        idle = memory(server)
        rounds = [await happen(server, token, sockets, (PAUSE, RESUME)[n % 2]) for n in range(EVENTS)]
        after = memory(server)
    for name, taken in (("the first event", rounds[:1]), ("median of the others", rounds[1:])):
        first = statistics.median(min(arrivals) for arrivals in taken)
        last = statistics.median(max(arrivals) for arrivals in taken)
        log(f"{name}: first delivery after {first * 1000:.0f} ms, last after {last * 1000:.0f} ms")
    log(f"memory: {before:.0f} MB before, {idle:.0f} MB with all subscribers, {after:.0f} MB after {EVENTS} events")


def main() -> None:
    """Prepare, serve and measure."""
    with temporary_folder() as folder, postgresql(folder / "postgresql") as url:
        asyncio.run(prepare(url))
        token = Tokens(SECRET).issue(tenants.OWNER, [tenants.ORGANIZATION], [Role.ORG_OWNER])
        with started(podgraph("podgraph", url, token, SECRET), folder) as server:
            asyncio.run(measure(server, token))


if __name__ == "__main__":
    main()
