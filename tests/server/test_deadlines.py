"""Every wait for a database that hangs has an end: pages, tokens, jobs and commands."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.engine import URL, make_url

from faults.proxy import Direction, Fault, Kind, Proxy
from podgraph.database.engine import create_engine
from podgraph.demo.reference import NOW
from podgraph.limits.limits import Limits
from podgraph.scheduler import service as scheduler
from podgraph.settings import Settings
from serving import SECRET, serving

pytestmark = [pytest.mark.writes, pytest.mark.parametrize("server", ["postgresql"], indirect=True)]

SECONDS = 1.0
SLACK = 10.0
"""Seconds by which a busy machine may be late: without a deadline a wait has no end at all."""


@pytest.fixture
async def proxy(demo_url: str) -> AsyncIterator[Proxy]:
    async with Proxy(str(make_url(demo_url).query["host"])).running() as proxy:
        yield proxy


@pytest.fixture
def address(demo_url: str, proxy: Proxy) -> URL:
    return make_url(demo_url).set(host="127.0.0.1", port=proxy.port, query={"ssl": "disable"})


def hang(proxy: Proxy) -> None:
    proxy.arm(Fault(Direction.UP, 1, Kind.HANG))


async def test_pages_and_tokens_are_answered_by_their_deadline(proxy: Proxy, address: URL) -> None:
    url = address.render_as_string(hide_password=False)
    async with serving(Settings(url, SECRET, limits=Limits(seconds=SECONDS))) as client:
        assert (await client.get("/ready")).status_code == 200
        hang(proxy)
        began = time.monotonic()
        token = {"Authorization": "Bearer pgt_unknown"}
        ready, answer = await asyncio.gather(
            client.get("/ready"), client.post("/graphql", json={"query": "{ __typename }"}, headers=token)
        )
        assert time.monotonic() - began < 2 * SECONDS + SLACK
        assert (ready.status_code, answer.status_code) == (503, 504)
        proxy.lift()
        assert (await client.get("/ready")).status_code == 200


async def test_a_job_that_hangs_is_left_for_the_next_run(
    proxy: Proxy, address: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "JOB_SECONDS", SECONDS)
    engine = create_engine(address)
    hang(proxy)
    with pytest.raises((TimeoutError, OSError)):
        async with asyncio.timeout(SECONDS + SLACK):
            await scheduler.run_due_jobs(engine, NOW)
    proxy.lift()
    await scheduler.run_due_jobs(engine, NOW)
    await engine.dispose()


async def test_a_reading_command_ends_at_its_deadline(proxy: Proxy, address: URL) -> None:
    given = {
        "PODGRAPH_DATABASE_URL": address.render_as_string(hide_password=False),
        "PODGRAPH_DEADLINE": str(SECONDS),
    }
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "podgraph.cli.main", "query", "-"]
    # Tables are checked with the first messages; the document's own statement hangs.
    proxy.arm(Fault(Direction.UP, 40, Kind.HANG))
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=pipe, env={**os.environ, **given}
    )
    async with asyncio.timeout(60):
        _, errors = await process.communicate(b"{ pods(first: 5) { nodes { id tickets { totalCount } } } }")
    assert process.returncode == 1, errors
    assert b"did not respond within" in errors
