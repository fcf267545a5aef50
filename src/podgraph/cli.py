"""The command line."""

import asyncio
import ipaddress
import json
import logging
import multiprocessing
import os
import socket
import sqlite3
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from podgraph.accounts.lifecycle import Role
from podgraph.reports import documents, present
from podgraph.settings import DATABASE_URL, DEMO_DATABASE_URL, Settings, SettingsError, deadline

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from podgraph.api.context import Context

# Commands import the graph when they run: `--help` and `--version` answer at once without it.

app = typer.Typer(
    name="podgraph",
    help="A GraphQL gateway for managed delivery: pods, outcomes and capacity as one connected graph.",
    epilog="Start with: podgraph serve --demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
schema_commands = typer.Typer(help="The schema as text.", no_args_is_help=True)
database_commands = typer.Typer(help="The database's tables.", no_args_is_help=True)
document_commands = typer.Typer(help="Documents that are trusted.", no_args_is_help=True)
app.add_typer(schema_commands, name="schema")
app.add_typer(database_commands, name="db")
app.add_typer(document_commands, name="documents")

out = Console()
err = Console(stderr=True)
T = TypeVar("T")

STATEMENT_SECONDS = 600.0
"""Seconds that one statement of a command may take: migrations build indexes on large tables."""
EXAMPLE = (
    '{ pod(id: "POD-26-000008") { name status sla { currentCompliance } team { role talent { title } } } }'
)


def fail(message: str, code: int = 1) -> typer.Exit:
    """Say what is wrong in one line, and stop."""
    err.print(f"[red]error:[/red] {message}", highlight=False, soft_wrap=True)
    return typer.Exit(code)


@app.callback(invoke_without_command=True)
def main(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if show_version:
        out.print(f"podgraph {version('podgraph')}", highlight=False)
        raise typer.Exit


# -- serving ---------------------------------------------------------------------------------------------


@app.command()
def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve the demo data on this machine only; no token is asked for.")
    ] = False,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer.")] = 1,
) -> None:
    """Serve the API, the dashboard and the playground.

    Settings: PODGRAPH_DATABASE_URL (SQLite in podgraph.db unless told), PODGRAPH_SECRET,
    PODGRAPH_PLAYGROUND.
    """
    if demo and not _is_loopback(host):
        raise fail(f"--demo asks for no token, so it listens on loopback only, not on {host}", 2)
    settings = _settings(demo=demo)
    if workers > 1 and settings.database_url.startswith("sqlite"):
        raise fail("SQLite is served by one process: for more name a PostgreSQL in PODGRAPH_DATABASE_URL", 2)
    listener = _listen(host, port)
    # The database is prepared while the graph is imported, once there is what both need: its tables.
    import_module("podgraph.migrate")
    preparing = _beside(lambda: _prepared(settings.database_url, demo=demo))

    import uvicorn

    from podgraph.app import create_server_app
    from podgraph.edge.observation import end_observation
    from podgraph.edge.protocols import options
    from podgraph.logs import configure_logs
    from podgraph.workers import Supervisor

    if code := preparing():
        raise typer.Exit(code)
    address = f"http://{host}:{listener.getsockname()[1]}"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            _announce(address, settings)

    config = uvicorn.Config(
        partial(create_server_app, settings),
        factory=True,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        **options(settings.limits, settings.proxies),
        timeout_graceful_shutdown=int(settings.grace),
    )
    if workers == 1:
        Server(config).run(sockets=[listener])
        return
    # Who comes before the first worker is up waits for it.
    listener.listen(config.backlog)
    configure_logs(settings.log)
    _announce(address, settings)
    with TemporaryDirectory(prefix="podgraph-") as shared:
        # Where the workers add up their figures for /metrics.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
        Supervisor(config, listener, on_death=end_observation).run()


@app.command()
def tick() -> None:
    """Do once what it is time for: end and change allocations, publish reports, watch deadlines.

    A running `podgraph serve` does it every minute by itself; both at once do no harm.
    """
    from podgraph.platform.service import FAILED, catch_up

    async def work(engine: "AsyncEngine") -> Counter[str]:
        await _check_tables(engine)
        return await catch_up(engine, datetime.now(UTC))

    done = _run(_own_database(), work)
    failed = done.pop(FAILED, 0)
    for name, count in done.items():
        out.print(f"{name}: {count}", highlight=False)
    if failed:
        raise fail(f"{failed} failed: see the log above")
    out.print("Nothing is due any more.", style="green")


def _beside(work: Callable[[], None]) -> Callable[[], int]:
    """Work in a process of its own, where there can be one; what comes back waits for its exit code."""
    if "fork" not in multiprocessing.get_all_start_methods():
        work()
        return lambda: 0
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()

    def finished() -> int:
        process.join()
        return process.exitcode or 0

    return finished


def _prepared(url: str, *, demo: bool) -> None:
    try:
        _run(url, lambda engine: _prepare(engine, demo=demo))
    except typer.Exit as refused:
        sys.exit(refused.exit_code)


def _announce(address: str, settings: Settings) -> None:
    from podgraph.pages import is_built

    if settings.demo:
        logging.getLogger("podgraph").warning(
            "DEMO: every request without a token acts as USR-26-000044, owner of ORG-26-090500. "
            "Loopback only; never for real data. The clock started at 2026-05-14T16:00Z."
        )
    if settings.playground:
        out.print(f"Playground  {address}/graphql", highlight=False, soft_wrap=True)
    if is_built():
        out.print(f"Dashboard   {address}/", highlight=False, soft_wrap=True)
    else:
        out.print("Dashboard   not built with this installation: the API is served alone", highlight=False)
    out.print(f"Try         {EXAMPLE}", highlight=False, markup=False, soft_wrap=True)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise fail(f"can not listen on {host}:{port}: {error.strerror}. Choose another with --port") from None
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _prepare(engine: "AsyncEngine", *, demo: bool) -> None:
    """Bring the database up to date; give the demo its data anew, unless the database was named."""
    if engine.dialect.name == "sqlite" or demo:
        await _upgrade(engine)
    else:
        await _check_tables(engine)
    if demo:
        await _load_demo(engine)


async def _upgrade(engine: "AsyncEngine") -> None:
    from podgraph.migrate import upgrade

    async with engine.begin() as connection:
        await connection.run_sync(upgrade)


async def _check_tables(engine: "AsyncEngine") -> None:
    from podgraph.migrate import is_current

    async with engine.connect() as connection:
        if not await connection.run_sync(is_current):
            raise fail("the database's tables are not those of this version. Run: podgraph db upgrade")


async def _load_demo(engine: "AsyncEngine") -> None:
    from podgraph.demo.load import holds_reference, is_empty, load_reference

    # A database that somebody named may hold what must not be lost: only an empty one is filled.
    ours = "PODGRAPH_DATABASE_URL" not in os.environ
    if ours or await is_empty(engine):
        await load_reference(engine)
    elif not await holds_reference(engine):
        raise fail("PODGRAPH_DATABASE_URL names a database with other data: --demo would not touch it")


# -- reading ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """The database that a reading command looks at, and the time that it looks."""

    url: str
    demo: bool

    def now(self) -> datetime:
        if not self.demo:
            return datetime.now(UTC)
        from podgraph.demo.reference import NOW

        return NOW


DemoOption = Annotated[bool, typer.Option("--demo", help="Read the demo data instead.")]


def _reading(*, demo: bool) -> Reading:
    named = os.environ.get("PODGRAPH_DATABASE_URL")
    if named and not demo:
        return Reading(named, demo=False)
    if demo or not Path(DATABASE_URL.removeprefix("sqlite:///")).exists():
        if not demo:
            err.print(
                "No PODGRAPH_DATABASE_URL and no podgraph.db here: this reads the demo data.", style="dim"
            )
        return Reading(DEMO_DATABASE_URL, demo=True)
    return Reading(DATABASE_URL, demo=False)


def _read(reading: Reading, work: "Callable[[Context], Awaitable[T]]", *, seconds: float | None = None) -> T:
    """Run `work` in a context that sees everything, as the platform does, within so many `seconds`."""
    from podgraph.api.context import PLATFORM, Context
    from podgraph.kernel.clock import stopped_clock

    async def session(engine: "AsyncEngine") -> T:
        await (_ensure_demo if reading.demo else _check_tables)(engine)
        async with asyncio.timeout(seconds):
            return await work(Context(PLATFORM, engine, stopped_clock(reading.now())))

    return _run(reading.url, session)


async def _ensure_demo(engine: "AsyncEngine") -> None:
    from podgraph.demo.load import is_empty, load_reference

    await _upgrade(engine)
    if await is_empty(engine):
        await load_reference(engine)


def _run(url: str, work: "Callable[[AsyncEngine], Awaitable[T]]") -> T:
    """Work on a database; what is wrong with it is told in one line."""
    with _database_errors(url):
        return asyncio.run(_with_engine(url, work))


def _own_database() -> str:
    """The address of the database that commands write to."""
    return os.environ.get("PODGRAPH_DATABASE_URL") or DATABASE_URL


async def _with_engine(url: str, work: "Callable[[AsyncEngine], Awaitable[T]]") -> T:
    from podgraph.database.connections import dispose
    from podgraph.database.engine import create_engine

    engine = create_engine(url, statement_seconds=STATEMENT_SECONDS)
    try:
        return await work(engine)
    finally:
        await dispose(engine)


@contextmanager
def _database_errors(url: str) -> Iterator[None]:
    """Tell what is wrong with a database in one line."""
    from sqlalchemy.exc import DBAPIError

    from podgraph.database.availability import is_unreachable
    from podgraph.database.engine import DatabaseUrlError

    try:
        yield
    except DatabaseUrlError as error:
        raise fail(str(error), 2) from None
    except (DBAPIError, OSError, sqlite3.Error) as error:
        if isinstance(error, OSError) and not is_unreachable(error):
            raise
        cause = getattr(error, "orig", None) or error
        # A time-out says nothing itself.
        told = str(cause) or "it did not answer in time. Try again, or look at the database"
        raise fail(f"the database {_without_password(url)} can not be used: {told}") from None


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)


def _settings(*, demo: bool) -> Settings:
    try:
        return Settings.read(demo=demo)
    except SettingsError as error:
        raise fail(str(error), 2) from None


def _deadline() -> float:
    """Seconds that an operation may take: PODGRAPH_DEADLINE."""
    try:
        return deadline()
    except SettingsError as error:
        raise fail(str(error), 2) from None


async def _execute(context: "Context", document: str, variables: dict[str, Any]) -> Any:
    from podgraph.schema import build_schema

    return await build_schema().execute(document, variable_values=variables, context_value=context)


@app.command()
def query(
    file: Annotated[str, typer.Argument(help="A file with a GraphQL document, or - for standard input.")],
    variables: Annotated[
        str, typer.Option(help='Its variables as JSON: \'{"id": "POD-26-000008"}\'.')
    ] = "{}",
    demo: DemoOption = False,
) -> None:
    """Run one GraphQL document against the database and print the answer as JSON.

    Example: echo '{ pods { totalCount } }' | podgraph query - --demo
    """
    from podgraph.edge.values import read_json

    document = _text_of(file)
    try:
        given = read_json(variables)
    except ValueError as error:
        raise fail(f"--variables is not JSON: {error}", 2) from None
    if not isinstance(given, dict):
        raise fail("--variables is not a JSON object", 2)
    result = _read(
        _reading(demo=demo), lambda context: _execute(context, document, given), seconds=_deadline()
    )
    answer = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    if result.errors:
        raise typer.Exit(1)


def _text_of(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise fail(f"can not read {file}: {getattr(error, 'strerror', None) or error}", 2) from None


@app.command()
def doctor(demo: DemoOption = False) -> None:
    """Recompute every invariant from the data; exit 1 with a table of what is broken."""
    from podgraph.doctor import CHECKS, examine

    async def work(context: "Context") -> Any:
        context.begin()
        try:
            return await examine(context.loaders.reader)
        finally:
            await context.close()

    findings = _read(_reading(demo=demo), work)
    if not findings:
        out.print(f"All {len(CHECKS)} checks hold.", style="green")
        return
    table = Table("Invariant", "Organization", "Record", "What is broken", title=f"{len(findings)} broken")
    for finding in findings:
        table.add_row(
            finding.invariant, finding.organization_id, finding.id, f"{finding.sentence} {finding.detail}"
        )
    out.print(table)
    raise typer.Exit(1)


@app.command()
def report(
    name: Annotated[str | None, typer.Argument(help="The report: see --list.")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the reports and their options.")] = False,
    pod: Annotated[str | None, typer.Option(help="A pod: POD-26-000008.")] = None,
    workspace: Annotated[str | None, typer.Option(help="A workspace: WS-26-000021.")] = None,
    organization: Annotated[str | None, typer.Option(help="An organization: ORG-26-090500.")] = None,
    request: Annotated[str | None, typer.Option(help="An outcome request: OREQ-26-000041.")] = None,
    period: Annotated[str | None, typer.Option(help="A month: 2026-04.")] = None,
    quarter: Annotated[str | None, typer.Option(help="A quarter: 2026-Q3.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="The first day or month.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="The last day or month.")] = None,
    until: Annotated[str | None, typer.Option(help="A last day: 2026-09-30.")] = None,
    due_before: Annotated[str | None, typer.Option(help="An instant: 2026-05-14T16:00:00Z.")] = None,
    resource_type: Annotated[str | None, typer.Option(help="A resource: TALENT_HOURS.")] = None,
    threshold: Annotated[str | None, typer.Option(help="A percentage: 70.")] = None,
    form: Annotated[
        present.Format, typer.Option("--format", help="How to print the answer.")
    ] = present.Format.TABLE,
    demo: DemoOption = False,
) -> None:
    """Run one of the ten nested reports.

    Example: podgraph report monthly-sla-review --pod POD-26-000008 --period 2026-04
    """
    if show_list or name is None:
        _list_reports()
        return
    if name not in documents.REPORTS:
        raise fail(f"no report '{name}'. There are: {', '.join(documents.REPORTS)}", 2)
    chosen, reading = documents.REPORTS[name], _reading(demo=demo)
    options = {
        "pod": pod,
        "workspace": workspace,
        "organization": organization,
        "request": request,
        "period": period,
        "quarter": quarter,
        "from": start,
        "to": end,
        "until": until,
        "due-before": due_before,
        "resource-type": resource_type,
        "threshold": threshold,
    }
    given = {option: value for option, value in options.items() if value is not None}
    try:
        variables = documents.variables(chosen, given, reading.now())
    except documents.OptionError as error:
        raise fail(str(error), 2) from None
    result = _read(
        reading, lambda context: _execute(context, chosen.document, variables), seconds=_deadline()
    )
    if result.errors:
        raise fail("; ".join(error.message for error in result.errors))
    present.write(out, chosen, result.data, form)


def _list_reports() -> None:
    table = Table("Report", "What it answers", "Options (* needed)", box=None, pad_edge=False)
    for each in documents.REPORTS.values():
        options = " ".join(f"--{one.option}{'*' if one.required else ''}" for one in each.parameters)
        table.add_row(each.name, each.sentence, options)
    out.print(table)


# -- tokens, schema, tables, data ------------------------------------------------------------------------


@app.command()
def token(
    organization: Annotated[list[str], typer.Option(help="An organization that may be seen; repeatable.")],
    user: Annotated[str, typer.Option(help="Whom the token speaks for: USR-26-000044.")],
    role: Annotated[list[Role], typer.Option(help="A role; repeatable.", case_sensitive=False)],
    demo: Annotated[bool, typer.Option("--demo", help="For a running `podgraph serve --demo`.")] = False,
) -> None:
    """Sign a token, valid for 12 hours, and print it.

    Example: podgraph token --demo --organization ORG-26-090500 --user USR-26-000044 --role ORG_VIEWER
    """
    from podgraph.api.authentication import Tokens

    said = _settings(demo=demo).tokens
    if not said.secret:
        raise fail("PODGRAPH_SECRET is not set: who holds the keys of PODGRAPH_JWKS signs the tokens", 2)
    signing = Tokens(said.secret, issuer=said.issuer, audience=said.audience)
    typer.echo(signing.issue(user, organization, role))


@schema_commands.command("print")
def print_schema() -> None:
    """Print the schema in GraphQL's own language."""
    typer.echo(_sdl())


@schema_commands.command("check")
def check_schema(
    file: Annotated[Path, typer.Argument(help="The file to compare with.")] = Path("schema.graphql"),
) -> None:
    """Exit 1 when a file is not equal to the schema of the code."""
    if _text_of(str(file)).strip() == _sdl().strip():
        out.print(f"{file} is the schema of the code.", style="green")
        return
    raise fail(f"{file} is not the schema of the code. Write it anew: podgraph schema print > {file}")


MARKS = ("<!-- diagrams -->\n", "<!-- end of diagrams -->\n")
"""What encloses the diagrams in a file that they are written into."""


@schema_commands.command("diagrams")
def print_diagrams(
    into: Annotated[
        Path | None, typer.Option(help="Write them into this file, between its marks, instead.")
    ] = None,
) -> None:
    """Print the state diagrams of all records, from the tables of transitions."""
    from podgraph.diagrams import diagrams

    if into is None:
        typer.echo(diagrams(), nl=False)
        return
    before, _, rest = _text_of(str(into)).partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not end:
        raise fail(f"{into} has no place for them: {' '.join(MARKS)}", 2)
    into.write_text(f"{before}{MARKS[0]}{diagrams()}{MARKS[1]}{after}", "utf-8")


def _sdl() -> str:
    from podgraph.schema import build_schema

    return build_schema().as_str()


@app.command()
def seed(
    pods: Annotated[int, typer.Option(min=1, help="How many pods.")] = 20,
    number: Annotated[int, typer.Option("--seed", help="The same number makes the same data.")] = 1,
) -> None:
    """Add generated data, with a year of reports, to the database: for benchmarks and load.

    Organizations, workspaces and outcomes come with the pods. Nothing that is there is changed.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from podgraph.demo.generator import seed as fill

    url = _own_database()

    async def work(engine: "AsyncEngine") -> None:
        await _upgrade(engine)
        columns = (TextColumn("pods"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err) as progress:
            task = progress.add_task("pods", total=pods)
            await fill(engine, pods, number, datetime.now(UTC), lambda done: progress.advance(task, done))

    _run(url, work)
    out.print(f"{pods} pods added to {_without_password(url)}.", style="green", soft_wrap=True)


@database_commands.command()
def upgrade() -> None:
    """Bring the database's tables to those of this version; does nothing when they are."""
    url = _own_database()
    _run(url, _upgrade)
    out.print(f"{_without_password(url)} is up to date.", style="green", soft_wrap=True)


@document_commands.command()
def add(
    folder: Annotated[Path, typer.Argument(help="A folder; every .graphql file in it is one document.")],
) -> None:
    """Trust the documents of a folder, and print the hash that names each.

    With PODGRAPH_DOCUMENTS=enforce a server answers no others.
    """
    from podgraph.edge.trusted import add_documents, hash_of

    files = sorted(folder.rglob("*.graphql"))
    if not files:
        raise fail(f"{folder} has no .graphql file", 2)
    texts = {str(file): _text_of(str(file)) for file in files}
    for file, document in texts.items():
        _check_document(file, document)
    url = _own_database()

    async def work(engine: "AsyncEngine") -> int:
        await _check_tables(engine)
        return await add_documents(engine, texts.values())

    new = _run(url, work)
    for file, document in texts.items():
        typer.echo(f"sha256:{hash_of(document)}  {file}")
    out.print(f"{new} of {len(texts)} documents were new.", style="green", soft_wrap=True)


def _check_document(file: str, document: str) -> None:
    from graphql import GraphQLSyntaxError, parse, validate

    from podgraph.schema import build_schema

    try:
        errors = validate(build_schema()._schema, parse(document))
    except GraphQLSyntaxError as error:
        errors = [error]
    if errors:
        raise fail(f"{file} is no document of this schema: {errors[0].message}")


if __name__ == "__main__":
    app()
