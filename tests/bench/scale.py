"""Throughput by processes and connections: `python tests/bench/scale.py`, `--quick` for one minute.

A PostgreSQL of this benchmark holds generated pods. Increasing numbers of connections request the report over
twenty pods from increasing numbers of workers; then events are sent to increasing numbers of subscribers.
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

# As a script, Python imports from this folder; modules are named from the parent folder, as in tests.
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.client import Client, request
from bench.databases import log, postgresql, temporary_folder
from bench.servers import Server, body, podgraph, started
from bench.subscribers import PAUSE, RESUME, SECRET, follow, happen, prepare, until_followed
from podgraph.auth.tokens import Tokens
from podgraph.database.engine import create_engine
from podgraph.demo.generator import seed
from podgraph.demo.reference import NOW, tenants
from podgraph.kernel.roles import Role

QUICK = "--quick" in sys.argv
PODS, FIRST = (60, 20) if QUICK else (500, 20)
PROCESSES = (1, 2) if QUICK else (1, 2, 4)
CONNECTIONS = (1, 8) if QUICK else (1, 8, 32)
SUBSCRIBERS = (10, 100) if QUICK else (10, 100, 500)
SECONDS, EVENTS = (2.0, 4) if QUICK else (10.0, 10)
OPERATOR = Tokens(SECRET).issue(tenants.OPERATOR, [], [Role.OPERATOR])
OWNER = Tokens(SECRET).issue(tenants.OWNER, [tenants.ORGANIZATION], [Role.ORG_OWNER])


async def fill(url: str) -> None:
    """The reference organization, and generated pods."""
    await prepare(url)
    engine = create_engine(url)
    await seed(engine, PODS, 1, NOW, lambda _: None)
    await engine.dispose()


def reads(server: Server) -> list[float]:
    """Reports per second, by number of connections."""
    message = request(server.port, body(server.contender.report, first=FIRST), OPERATOR)
    rates = []
    for connections in CONNECTIONS:
        client = Client(server.contender.name, server.port, message, connections)
        client.run(SECONDS / 4)
        rates.append(client.run(SECONDS).rate)
    return rates


async def subscriptions(server: Server) -> list[float]:
    """Events delivered per second, by number of subscribers: from the mutation to the last delivery."""
    rates = []
    for subscribers in SUBSCRIBERS:
        async with AsyncExitStack() as stack:
            sockets = [await follow(server, OWNER, stack) for _ in range(subscribers)]
            await until_followed(server, subscribers)
            await happen(server, OWNER, sockets, PAUSE)
            await happen(server, OWNER, sockets, RESUME)
            taken = [max(await happen(server, OWNER, sockets, (PAUSE, RESUME)[n % 2])) for n in range(EVENTS)]
        rates.append(subscribers * EVENTS / sum(taken))
    return rates


def main() -> None:
    """Prepare, serve and measure, and print a table."""
    with temporary_folder() as folder, postgresql(folder / "postgresql") as url:
        log(f"preparing {PODS} pods; this machine has {os.cpu_count()} cores")
        asyncio.run(fill(url))
        head = [f"{n} connections" for n in CONNECTIONS] + [f"{n} subscribers" for n in SUBSCRIBERS]
        log("| processes | " + " | ".join(head) + " |")
        log("|---" * (len(head) + 1) + "|")
        for processes in PROCESSES:
            contender = podgraph(f"podgraph-{processes}", url, OPERATOR, SECRET)
            command = (*contender.command, "--workers", str(processes))
            with started(replace(contender, command=command), folder) as server:
                figures = [*reads(server), *asyncio.run(subscriptions(server))]
            log(f"| {processes} | " + " | ".join(f"{figure:.0f}" for figure in figures) + " |")


if __name__ == "__main__":
    main()
