"""How soon an event is with all who wait for it: `python tests/bench/subscribers.py`.

Five hundred sockets follow one organization in one process, on a PostgreSQL of the benchmark's own. Each
event is timed from when its mutation is sent to the first and to the last who has it; the memory is the
server's own, before anybody came, when all are there, and after all events.
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

# Run as a file, Python looks for modules beside it; they are named from the folder above, as for tests.
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.databases import postgresql, say, temporary_folder
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
    """The demo's organization, with its pod."""
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await load_reference(engine)
    await engine.dispose()


def memory(server: Server) -> float:
    """What a server's process has in memory, in megabytes."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def follow(server: Server, token: str, stack: AsyncExitStack) -> ClientConnection:
    """A socket that follows the pod."""
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
    # What comes after a subscription is answered after it, but for the events themselves.
    await made.send(json.dumps({"type": "ping"}))
    await made.recv()
    return made


async def until_followed(server: Server, many: int) -> None:
    """Wait until the server says that so many follow it."""
    following = 0
    async with httpx.AsyncClient() as client:
        while following < many:
            figures = (await client.get(f"http://127.0.0.1:{server.port}/metrics")).text
            line = next(line for line in figures.splitlines() if line.startswith("podgraph_subscribers "))
            following = int(float(line.split()[1]))


async def happen(server: Server, token: str, sockets: list[ClientConnection], document: str) -> list[float]:
    """One event, and the seconds until each had it."""
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
        said: Any = answer.json()["data"]
        assert all(payload["userErrors"] == [] for payload in said.values()), said
    await asyncio.gather(*hearing)
    return [at - begun for at in arrivals]


async def measure(server: Server, token: str) -> None:
    """Print what was found."""
    before = memory(server)
    async with AsyncExitStack() as stack:
        begun = perf_counter()
        sockets = [await follow(server, token, stack) for _ in range(SUBSCRIBERS)]
        await until_followed(server, SUBSCRIBERS)
        say(f"{SUBSCRIBERS} came within {perf_counter() - begun:.1f} s")
        idle = memory(server)
        rounds = [await happen(server, token, sockets, (PAUSE, RESUME)[n % 2]) for n in range(EVENTS)]
        after = memory(server)
    for name, taken in (("the first event", rounds[:1]), ("each of the others, in the median", rounds[1:])):
        first = statistics.median(min(arrivals) for arrivals in taken)
        last = statistics.median(max(arrivals) for arrivals in taken)
        say(f"{name}: with the first after {first * 1000:.0f} ms, with the last after {last * 1000:.0f} ms")
    say(f"memory: {before:.0f} MB before, {idle:.0f} MB with all there, {after:.0f} MB after {EVENTS} events")


def main() -> None:
    """Prepare, serve and measure."""
    with temporary_folder() as folder, postgresql(folder / "postgresql") as url:
        asyncio.run(prepare(url))
        token = Tokens(SECRET).issue(tenants.OWNER, [tenants.ORGANIZATION], [Role.ORG_OWNER])
        with started(podgraph("podgraph", url, token, SECRET), folder) as server:
            asyncio.run(measure(server, token))


if __name__ == "__main__":
    main()
