"""Requests and subscriptions behind a transaction pooler, which gives each transaction another server session."""

import asyncio
import os
import shutil
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from conftest import patient_engine
from faults.pooler import pooler
from podgraph.database.engine import DatabaseUrlError, create_engine
from podgraph.settings import Settings
from serving import OWNER, SECRET, serving

Pooler = Callable[[str, Path], AbstractAsyncContextManager[int]]

READS = (
    '{ pod(id: "POD-26-000008") { name } }',
    "{ pods(first: 3) { totalCount nodes { id tickets(first: 2) { nodes { title } } } } }",
    "{ viewer { rateLimit { remaining } } }",
)
WRITE = """mutation ($title: String!, $dry: Boolean!) {
    createTicket(input: {
        podId: "POD-26-000008", type: ISSUE, priority: LOW, title: $title, description: "Through a pooler."
        idempotencyKey: $title, dryRun: $dry
    }) { ticket { title } userErrors { code } }
}"""
WRITTEN = text("SELECT count(*) FROM ticket WHERE title LIKE 'pooled %'")
PGBOUNCER = """
[databases]
* = host={folder} port=5432 user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
"""


def imitated(folder: str, _own: Path) -> AbstractAsyncContextManager[int]:
    return pooler(folder)


@asynccontextmanager
async def pgbouncer(folder: str, own: Path) -> AsyncIterator[int]:
    """PgBouncer, run as the owner of the server's files, because it does not run as root."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config, owner = own / "pgbouncer.ini", os.stat(folder).st_uid
    config.write_text(PGBOUNCER.format(folder=folder, port=port, user="postgres"))
    other: dict[str, Any] = {"user": owner, "extra_groups": []} if os.getuid() != owner else {}
    process = await asyncio.create_subprocess_exec("pgbouncer", "-q", str(config), cwd="/", **other)
    try:
        async with asyncio.timeout(20):
            while not await listens(port):
                assert process.returncode is None, "pgbouncer ended"
                await asyncio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    return True


POOLERS = [imitated, *([pgbouncer] if shutil.which("pgbouncer") else [])]
"""The imitation, which changes sessions more often, and PgBouncer if it is installed."""


@pytest.fixture
def shown() -> Iterator[Path]:
    """A folder that every user may read, unlike those of pytest."""
    with TemporaryDirectory(prefix="podgraph-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.mark.writes
@pytest.mark.parametrize("between", POOLERS)
@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
async def test_requests_work_through_a_transaction_pooler(demo_url: str, between: Pooler, shown: Path) -> None:
    direct = make_url(demo_url)
    folder = str(direct.query["host"])
    async with between(folder, shown) as port:
        url = direct.set(host="127.0.0.1", port=port, query={"pgbouncer": "true"})
        settings = Settings(url.render_as_string(hide_password=False), SECRET, rate_limit=(50_000, 1_000), pool_size=4)
        async with serving(settings) as client:

            async def ask(query: str, **variables: Any) -> Any:
                body = {"query": query, "variables": variables}
                headers = {"Authorization": f"Bearer {OWNER}"}
                for _ in range(100):
                    answer = await client.post("/graphql", json=body, headers=headers)
                    if answer.status_code != 503:
                        break
                    # On a busy machine a connection may take longer than the timeout of the server.
                    await asyncio.sleep(0.1)
                return answer.json()

            answers = await asyncio.gather(
                *(ask(query) for query in READS * 20),
                *(ask(WRITE, title=f"pooled {number % 10}", dry=number % 3 == 0) for number in range(60)),
            )
            assert Counter("errors" in answer for answer in answers) == {False: 120}, [
                answer["errors"] for answer in answers if "errors" in answer
            ][:3]
            assert (await client.get("/ready")).status_code == 200
    engine = patient_engine(demo_url)
    async with engine.connect() as connection:
        assert (await connection.execute(WRITTEN)).scalar_one() == 10
    await engine.dispose()


def test_invalid_pooler_parameter_is_rejected_with_the_valid_one() -> None:
    with pytest.raises(DatabaseUrlError, match="pgbouncer=true"):
        create_engine("postgresql://user@host/name?pgbouncer=yes")
