"""Confirmations of scopes per second in one process: `python tests/bench/confirm.py`.

Eight clients confirm different scopes of one organization, from one pool, on a PostgreSQL of this benchmark.
A ninth client reads a page of ten pods, first alone and then concurrently: it waits for the process, never
for a writer. Scopes are prepared through the API.
"""

import asyncio
import json
import statistics
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

from sqlalchemy import text

# As a script, Python imports from this folder; modules are named from the parent folder, as in tests.
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.databases import SEED, log, postgresql, temporary_folder
from bench.servers import podgraph, started
from podgraph.auth.tokens import Tokens
from podgraph.auth.viewer import Viewer
from podgraph.database.engine import create_engine
from podgraph.demo.generator import seed
from podgraph.demo.load import load_reference
from podgraph.demo.reference import NOW, tenants
from podgraph.execution.context import Context
from podgraph.kernel.clock import system_clock
from podgraph.kernel.roles import Role
from podgraph.migrate import upgrade
from podgraph.schema import build_schema

CLIENTS, SCOPES, READS, PODS = 8, 960, 200, 200
SECRET = "of this benchmark alone, and of nothing else"
CLIENT = Viewer(tenants.OWNER, frozenset({tenants.ORGANIZATION}), frozenset({Role.ORG_OWNER}))
OPERATOR = Viewer(tenants.OPERATOR, frozenset({tenants.ORGANIZATION}), frozenset({Role.OPERATOR}))

SUBMIT = """mutation ($input: SubmitOutcomeRequestInput!) {
  submitOutcomeRequest(input: $input) { request { id } userErrors { code message field } }
}"""
PROPOSE = """mutation ($input: ProposeScopeInput!) {
  proposeScope(input: $input) { scope { id } userErrors { code message field } }
}"""
CONFIRM = """mutation ($input: ConfirmScopeInput!) {
  confirmScope(input: $input) { scope { id status } serviceLine { id } payment { amount { amount } }
                                userErrors { code } }
}"""
READ = "{ pods(first: 10) { nodes { id name status costPerMonth { amount } serviceLine { id status } } } }"


async def prepare(url: str) -> list[str]:
    """The reference organization with a large pool; returns the ids of the scopes to confirm.

    Generated pods of other organizations fill the tables, because PostgreSQL keeps plans that it made for
    small tables until the next ANALYZE.
    """
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await load_reference(engine)
    await seed(engine, PODS, SEED, NOW, lambda _: None)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE capacity_pool SET total = 1000000 WHERE id = 'CAP-26-000112'"))
    ids = await asyncio.gather(*(_several(engine, SCOPES // CLIENTS) for _ in range(CLIENTS)))
    async with engine.begin() as connection:
        await connection.execute(text("ANALYZE"))
    await engine.dispose()
    return list(chain.from_iterable(ids))


async def _several(engine: Any, count: int) -> list[str]:
    return [await _proposed(engine) for _ in range(count)]


async def _proposed(engine: Any) -> str:
    start = system_clock().date() + timedelta(days=14)
    asked = {
        "workspaceId": "WS-26-000021",
        "subscriptionId": "SUB-26-001122",
        "title": "Load",
        "description": "Load.",
        "desiredOutcome": "Load.",
        "acceptanceCriteria": ["It holds."],
        "timelineWeeks": 3,
        "budgetMax": "20000.00",
        "currency": "USD",
    }
    request = (await _done(engine, CLIENT, SUBMIT, asked))["request"]["id"]
    deliverable = {"title": "Load", "description": "Load.", "acceptanceCriteria": ["It holds."]}
    offered = {
        "requestId": request,
        "title": "Load",
        "fixedPrice": "15500.00",
        "currency": "USD",
        "capacityPoolId": "CAP-26-000112",
        "committedPerWeek": "1",
        "validUntil": datetime.combine(start, datetime.min.time(), UTC).isoformat(),
        "cycles": [
            {"name": "One", "plannedStart": str(start), "weeks": 3, "deliverables": [deliverable]},
        ],
    }
    scope: str = (await _done(engine, OPERATOR, PROPOSE, offered))["scope"]["id"]
    return scope


async def _done(engine: Any, viewer: Viewer, document: str, given: dict[str, Any]) -> Any:
    result = await build_schema().execute(document, {"input": given}, Context(viewer, engine, system_clock))
    assert result.data, result.errors
    (payload,) = result.data.values()
    assert not payload["userErrors"], payload
    return payload


class Caller:
    """A client with one keep-alive connection and sequential requests."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        self.seconds: list[float] = []

    def ask(self, document: str, **variables: Any) -> Any:
        body = json.dumps({"query": document, "variables": variables})
        begun = perf_counter()
        self._connection.request("POST", "/graphql", body, self._headers)
        answer = json.load(self._connection.getresponse())
        self.seconds.append(perf_counter() - begun)
        assert "errors" not in answer, answer
        return answer["data"]


def confirm_all(caller: Caller, scopes: Iterator[str]) -> None:
    for scope in scopes:
        payload = caller.ask(CONFIRM, input={"scopeId": scope})["confirmScope"]
        assert payload["userErrors"] == [], payload


def measure(port: int, token: str, scopes: list[str]) -> None:
    """Confirm scopes with eight concurrent clients, half of them with a concurrent reader, and print the times."""
    reader, over = Caller(port, token), Event()
    half = len(scopes) // 2

    def read() -> None:
        while not over.is_set():
            reader.ask(READ)

    for _ in range(READS):
        reader.ask(READ)
    alone = reader.seconds[READS // 10 :]
    confirm(port, token, scopes[:half])
    reader.seconds = []
    reading = Thread(target=read)
    reading.start()
    seconds = confirm(port, token, scopes[half:], " with a reader")
    over.set()
    reading.join()
    log(f"reader alone: {_spread(alone)} per response")
    log(f"reader with writers: {len(reader.seconds) / seconds:.0f} responses/s, {_spread(reader.seconds)} per response")


def confirm(port: int, token: str, scopes: list[str], suffix: str = "") -> float:
    """Confirm scopes with eight clients; returns the seconds."""
    callers = [Caller(port, token) for _ in range(CLIENTS)]
    for caller in callers:
        caller.ask(READ)
        caller.seconds = []
    left = iter(scopes)
    threads = [Thread(target=confirm_all, args=(caller, left)) for caller in callers]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = perf_counter() - begun
    taken = list(chain.from_iterable(caller.seconds for caller in callers))
    rate = f"{len(taken) / seconds:.0f} scopes confirmed per second"
    log(f"{rate} by {CLIENTS} clients{suffix}, {len(taken)} in total")
    log(f"median of a confirmation: {1000 * statistics.median(taken):.0f} ms")
    return seconds


def _spread(seconds: list[float]) -> str:
    return f"{1000 * statistics.median(seconds):.1f} ms median, {1000 * max(seconds):.0f} ms maximum"


def main() -> None:
    """Prepare, serve and measure."""
    with temporary_folder() as folder, postgresql(folder / "postgresql") as url:
        log(f"preparing {SCOPES} scopes")
        scopes = asyncio.run(prepare(url))
        token = Tokens(SECRET).issue(tenants.OWNER, [tenants.ORGANIZATION], [Role.ORG_OWNER])
        with started(podgraph("podgraph", url, token, SECRET), folder) as server:
            measure(server.port, token, scopes)


if __name__ == "__main__":
    main()
