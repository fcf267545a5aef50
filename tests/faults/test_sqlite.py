"""Faults of an SQLite file: locked by another process, full disk, replaced, read-only."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import Pool

from conftest import Server
from faults.campaign import DEADLINE, HELD, OPERATIONS, ORGANIZATION, POD, Ending, Trial
from podgraph.database.engine import create_engine
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.doctor.registry import examine
from podgraph.kernel.clock import stopped_clock
from podgraph.limits.limits import Limits
from podgraph.server.app import create_app
from podgraph.settings import Settings
from serving import SECRET

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""
"""A process that holds the write lock until its input ends."""


@dataclass
class File:
    """A database file, and direct access to it."""

    path: Path
    secret: str = ""
    name: str | None = None
    """The name of the pod in the replacing file, until it is read."""
    connections: list[Any] = field(default_factory=list)
    """The connections that the application has opened."""
    _keys: Any = field(default_factory=lambda: count(1))

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[AsyncEngine]:
        """An engine on the file that is currently at the path."""
        engine = create_engine(f"sqlite:///{self.path}")
        try:
            yield engine
        finally:
            await engine.dispose()

    async def execute(self, statement: str, **values: Any) -> Any:
        async with self.engine() as engine, engine.begin() as connection:
            done = await connection.execute(text(statement), values)
            return done.scalar() if done.returns_rows else None

    def key(self) -> str:
        return f"campaign/{next(self._keys)}"

    async def rename(self) -> str:
        name = f"Pod {next(self._keys)}"
        await self.execute("UPDATE pod SET name = :name WHERE id = :pod", name=name, pod=POD)
        return name

    async def written(self, key: str) -> int:
        return int(await self.execute("SELECT count(*) FROM ticket WHERE title = :key", key=key))

    async def reached(self) -> int:
        asked = "SELECT sequence FROM event_counter WHERE organization_id = :organization"
        return int(await self.execute(asked, organization=ORGANIZATION))

    async def unclean(self) -> list[str]:
        taken = [f"{len(HELD[None])} connections are not given back"] if HELD[None] else []
        try:
            with closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            return [*taken, f"a writer fails: {error}"]
        return taken

    async def diagnosis(self) -> list[str]:
        async with self.engine() as engine, Snapshot(engine) as snapshot:
            findings = await examine(Reader(snapshot, Tenancy(None), NOW))
        whole = await self.execute("PRAGMA integrity_check")
        return [f"doctor: {one}" for one in findings] + ([] if whole == "ok" else [whole])

    async def execute_pragma(self, pragma: str) -> None:
        """Execute a PRAGMA on each connection of the application."""
        for connection in self.connections:
            await connection.driver_connection.execute_fetchall(f"PRAGMA {pragma}")


Fault = Callable[[File], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def locked(file: File) -> AsyncIterator[None]:
    """Another process holds the write lock for longer than any timeout."""
    pipe = asyncio.subprocess.PIPE
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", LOCK, file.path, stdin=pipe, stdout=pipe)
    assert other.stdin
    assert other.stdout
    await other.stdout.readline()
    try:
        yield
    finally:
        other.stdin.close()
        await other.wait()


@asynccontextmanager
async def full(file: File) -> AsyncIterator[None]:
    """The file cannot grow."""
    await file.execute_pragma(f"max_page_count = {await file.execute('PRAGMA page_count')}")
    try:
        yield
    finally:
        await file.execute_pragma("max_page_count = 1000000")


@asynccontextmanager
async def read_only(file: File) -> AsyncIterator[None]:
    """The file is read-only."""
    await file.execute_pragma("query_only = ON")
    try:
        yield
    finally:
        await file.execute_pragma("query_only = OFF")


@asynccontextmanager
async def replaced(file: File) -> AsyncIterator[None]:
    """A backup replaces the file."""
    backup = file.path.with_suffix(".backup")
    with closing(sqlite3.connect(file.path)) as one, closing(sqlite3.connect(backup)) as other:
        one.backup(other)
    elsewhere = File(backup)
    file.name = await elsewhere.rename()
    for log in ("-wal", "-shm"):
        file.path.with_name(file.path.name + log).unlink(missing_ok=True)
        backup.with_name(backup.name + log).unlink(missing_ok=True)
    backup.replace(file.path)
    yield


FAULTS: tuple[Fault, ...] = (locked, full, read_only, replaced)


@asynccontextmanager
async def trial(file: File, operation: str) -> AsyncIterator[Trial]:
    """An application on the file with a warm pool of one connection."""

    def opened(connection: Any, _record: Any) -> None:
        file.connections.append(connection)

    settings = Settings(
        f"sqlite:///{file.path}", SECRET, limits=Limits(seconds=DEADLINE), pool_size=1, pool_timeout=DEADLINE
    )
    app = create_app(settings, clock=stopped_clock(NOW))
    HELD.pop(None, None)
    event.listen(Pool, "connect", opened)
    try:
        async with app.router.lifespan_context(app):
            one = Trial(file, OPERATIONS[operation], app)
            await one.warm_up()
            event.remove(Pool, "connect", opened)
            yield one
    finally:
        if event.contains(Pool, "connect", opened):
            event.remove(Pool, "connect", opened)


@pytest.mark.parametrize("ending", Ending)
@pytest.mark.parametrize("operation", ["lone", "snapshot", "mutation", "dry run"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_fault_leaves_nothing_behind(
    fault: Fault, operation: str, ending: Ending, servers: dict[str, Server]
) -> None:
    url = await asyncio.to_thread(servers["sqlite"].database, demo=True)
    file = File(Path(str(make_url(url).database)))
    async with trial(file, operation) as one:
        name, key = await file.rename(), file.key()
        async with fault(file):
            waits = asyncio.sleep(0.1) if ending is Ending.DISCONNECT else None
            await one.answered(key, waits, lambda: None)
        await one.aftermath(file.name or name, key)
    assert one.problems == []
