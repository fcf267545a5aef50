"""Compares Podgraph with other ways to answer the same nested report from the same database.

    uv run --group bench python tests/bench/compare.py [--quick | --memory] [--pods 2,20,100]
        [--against Mercurius,PostGraphile]

Seeds a PostgreSQL and an SQLite database, starts every server as one process, checks that all responses
are equal, and measures the servers in short alternating turns, so that other load on the machine affects
all of them alike. All files are removed at the end.
"""

import argparse
import asyncio
import os
import platform
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

# As a script, Python imports from this folder; modules are named from the parent folder, as in tests.
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import databases, servers
from bench.client import BadAnswer, Client, Sample, request
from bench.databases import log
from bench.servers import Contender, Server, ServerFailed
from podgraph.auth.tokens import Tokens
from podgraph.auth.viewer import PLATFORM
from podgraph.database.engine import create_engine
from podgraph.demo.reference import NOW
from podgraph.execution.context import Context
from podgraph.graphql.pagination import MAX_PAGE_SIZE
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema

OURS, ON_SQLITE = "Podgraph", "Podgraph on SQLite"
USUAL, LIMIT = "usual Strawberry", "one SQL statement"
POSTGRAPHILE, MERCURIUS = "PostGraphile", "Mercurius"
OTHERS = (ON_SQLITE, USUAL, POSTGRAPHILE, MERCURIUS, LIMIT)

PODS = (2, 20, 100)
CONNECTIONS = (1, 8)
FEW, MANY = 10, 100
"""Numbers of pods between which the rows grow tenfold."""


@dataclass(frozen=True)
class Plan:
    """Size of a benchmark: pods in the database, seconds, minimum rounds, requests."""

    pods: int
    cell_seconds: float
    slice_seconds: float
    warm_seconds: float
    rounds: int
    growth_rounds: int
    starts: int
    requests: int
    memory_seconds: float


FULL = Plan(
    pods=500,
    cell_seconds=24,
    slice_seconds=0.5,
    warm_seconds=1.5,
    rounds=3,
    growth_rounds=6,
    starts=5,
    requests=1000,
    memory_seconds=420,
)
QUICK = Plan(
    pods=120,
    cell_seconds=6,
    slice_seconds=0.25,
    warm_seconds=0.4,
    rounds=2,
    growth_rounds=3,
    starts=1,
    requests=0,
    memory_seconds=0,
)


@dataclass(frozen=True)
class Target:
    """Bounds of the ratio between the figures of two servers, by number of pods."""

    sentence: str
    subject: str
    against: str
    connections: int
    figure: Callable[[Sample], float]
    bounds: Mapping[int, float]
    at_least: bool = False

    def verdict(self, ratio: float, pods: int) -> str:
        bound = self.bounds.get(pods)
        if bound is None:
            return f"{ratio:.2f}"
        kept = ratio >= bound if self.at_least else ratio <= bound
        return f"{ratio:.2f} {'≥' if self.at_least else '≤'} {bound:g} {judged(kept)}"


def by_size(*bounds: float) -> Mapping[int, float]:
    return dict(zip(PODS, bounds, strict=True))


LATENCY: Callable[[Sample], float] = lambda sample: sample.median  # noqa: E731
THROUGHPUT: Callable[[Sample], float] = lambda sample: sample.rate  # noqa: E731

MORE = by_size(0.8, 1.0, 1.2)

TARGETS = [
    Target(f"latency against {USUAL}", OURS, USUAL, 1, LATENCY, by_size(1 / 4, 1 / 8, 1 / 10)),
    Target(f"latency against {POSTGRAPHILE}", OURS, POSTGRAPHILE, 1, LATENCY, by_size(1.2, 1.0, 0.8)),
    Target(f"latency against {MERCURIUS}", OURS, MERCURIUS, 1, LATENCY, by_size(1.2, 1.0, 0.8)),
    Target(f"latency against {LIMIT}", OURS, LIMIT, 1, LATENCY, by_size(3, 1.5, 1.3)),
    Target(f"throughput against {POSTGRAPHILE}", OURS, POSTGRAPHILE, 8, THROUGHPUT, MORE, at_least=True),
    Target(f"throughput against {MERCURIUS}", OURS, MERCURIUS, 8, THROUGHPUT, MORE, at_least=True),
    Target("latency on SQLite against PostgreSQL", ON_SQLITE, OURS, 1, LATENCY, by_size(1.5, 1.5, 1.5)),
]

Cell = tuple[int, int]
"""A number of pods and a number of connections."""
Results = dict[Cell, dict[str, Sample]]
Finding = tuple[str, str, str, bool]
"""A target that is not a ratio: its name, the measured value, the bound, and whether it is met."""


def judged(kept: bool) -> str:
    return "[green]PASS[/]" if kept else "[red]MISS[/]"


# -- measuring -------------------------------------------------------------------------------------------


def compare_answers(running: Sequence[Server], sizes: Sequence[int]) -> None:
    """Compare all responses; raises ServerFailed if a value differs."""
    first, *others = running
    for pods in sizes:
        ours = first.answer(pods)
        if len(ours["pods"]["nodes"]) != pods:
            raise ServerFailed(f"expected {pods} pods, received {len(ours['pods']['nodes'])}")
        for server in others:
            found = servers.difference(ours, server.answer(pods))
            if found is not None:
                raise ServerFailed(f"{first.contender.name} and {server.contender.name} differ at {found}")
        log(f"  {pods} pods: {len(running)} equal responses of {count(ours):,} values")


def count(value: Any) -> int:
    """How many values an answer has."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 1 if parts is None else sum(map(count, parts))


def measure(running: Sequence[Server], cell: Cell, plan: Plan) -> dict[str, Sample]:
    """Ask all servers in turns, a slice of time each, beginning with another one in every round."""
    pods, connections = cell
    clients = [client_of(server, pods, connections) for server in running]
    samples = {client.name: Sample() for client in clients}
    for client in clients:
        client.run(plan.warm_seconds)
    begun, rounds = time.perf_counter(), 0
    while rounds < plan.rounds or time.perf_counter() - begun < plan.cell_seconds:
        start = rounds % len(clients)
        for client in clients[start:] + clients[:start]:
            samples[client.name].add(client.run(plan.slice_seconds))
        rounds += 1
    medians = ", ".join(f"{name} {sample.median * 1000:.1f}" for name, sample in samples.items())
    log(f"  {pods} pods, {connections} at once, {rounds} rounds, median ms: {medians}")
    return samples


def client_of(server: Server, pods: int, connections: int = 1) -> Client:
    message = request(server.port, server.body(pods), server.contender.token)
    return Client(server.contender.name, server.port, message, connections)


def measure_growth(server: Server, url: str, plan: Plan) -> list[Finding]:
    """Ten times the rows: the time that they take, and the statements."""
    clients = {pods: client_of(server, pods) for pods in (FEW, MANY)}
    samples = {pods: Sample() for pods in clients}
    for _ in range(plan.growth_rounds):
        for pods, client in clients.items():
            samples[pods].add(client.run(plan.slice_seconds))
    few, many = (sample.median * 1000 for sample in samples.values())
    one, other = asyncio.run(count_statements(url))
    shown = f"{few:.1f} ms → {many:.1f} ms: {many / few:.1f} times"
    return [
        (f"{FEW} → {MANY} pods, time", shown, "≤ 10 times", many <= 10 * few),
        (f"{FEW} → {MANY} pods, statements", f"{one} → {other}", "the same", one == other),
    ]


async def count_statements(url: str) -> list[int]:
    """How many statements the report takes over few pods and over many."""
    engine, counts = create_engine(url), []
    for first in (FEW, MANY):
        context = Context(PLATFORM, engine, stopped_clock(NOW))
        result = await build_schema().execute(servers.REPORT, variable_values={"first": first}, context_value=context)
        if result.errors:
            raise ServerFailed(str(result.errors))
        counts.append(context.loaders.reader.snapshot.statements)
    await engine.dispose()
    return counts


def measure_starts(contender: Contender, plan: Plan, logs: Path) -> Finding:
    """From the start of a process to its first answer: the application alone, and as it is served."""
    alone, served = [], []
    for _ in range(plan.starts):
        alone.append(servers.first_answer(contender))
        with servers.started(contender, logs) as server:
            served.append(server.started_in)
    measured = f"{median(alone):.2f} s; as `podgraph serve` {median(served):.2f} s"
    return "import and first answer", measured, "< 2 s", median(alone) < 2


def measure_memory(contender: Contender, plan: Plan, logs: Path) -> list[Finding]:
    """A server of its own answers the report over all pods, again and again, on one connection."""
    with servers.started(contender, logs) as server:
        message = request(server.port, all_pods(server, plan.pods), contender.token)
        client = Client(contender.name, server.port, message)
        sample, early, first = Sample(), 0.0, 0
        while (done := len(sample.latencies)) < plan.requests and sample.seconds < plan.memory_seconds:
            if not early and done >= plan.requests / 10:
                early, first = peak_megabytes(server.pid), done
            sample.add(client.run(1))
        peak = peak_megabytes(server.pid)
    each = f"{plan.pods} pods, {done:,} requests of {sample.median:.2f} s"
    findings = [(f"peak memory, {each}", f"{peak:.0f} MB", "< 250 MB", 0 < peak < 250)]
    if early:
        grown = f"{early:.0f} MB → {peak:.0f} MB"
        findings.append((f"the same, {first} → {done:,} requests", grown, "+ 5 % at most", peak <= early * 1.05))
    return findings


def all_pods(server: Server, pods: int) -> bytes:
    """One document over all pods: a page has at most 100, so as many pages as it takes, side by side."""
    _, _, selection = servers.REPORT.partition("pods(first: $first)")
    cursors: list[str | None] = [None]
    for _ in range(pods // MAX_PAGE_SIZE - 1):
        page = "query ($after: String) { pods(first: 100, after: $after) { pageInfo { endCursor } } }"
        data = server.data(servers.body(page, after=cursors[-1]))
        cursors.append(data["pods"]["pageInfo"]["endCursor"])
    pages = [
        f"page{number}: pods(first: {MAX_PAGE_SIZE}{f', after: {quoted(cursor)}' if cursor else ''}) "
        for number, cursor in enumerate(cursors)
    ]
    inner = selection.rstrip().removesuffix("}")
    return servers.body("{" + "\n".join(page + inner for page in pages) + "}")


def quoted(text: str) -> str:
    return f'"{text}"'


def peak_megabytes(pid: int) -> float:
    """Peak resident memory of a process on Linux; 0 on other systems."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(lines["VmHWM"].split()[0]) / 1024


# -- output ----------------------------------------------------------------------------------------------


def tables(results: Results) -> Iterator[Table]:
    for connections in dict.fromkeys(connections for _, connections in results):
        plural = "s" if connections > 1 else ""
        table = Table("Server", title=f"{connections} connection{plural}: median ms, 99th percentile ms, requests/s")
        cells = {pods: samples for (pods, each), samples in results.items() if each == connections}
        for pods in cells:
            for heading in (f"{pods} pods", "p99", "/s"):
                table.add_column(heading, justify="right")
        for name in next(iter(cells.values())):
            shown = [figure for samples in cells.values() for figure in figures(samples[name])]
            table.add_row(name, *shown)
        yield table


def figures(sample: Sample) -> list[str]:
    latencies = [sample.median, sample.percentile(99)]
    rate = f"{sample.rate:,.0f}" if sample.rate >= 10 else f"{sample.rate:.1f}"
    return [*(f"{seconds * 1000:.1f}" for seconds in latencies), rate]


def ratios(results: Results, sizes: Sequence[int]) -> Table:
    table = Table("Podgraph's ratio", *(f"{pods} pods" for pods in sizes), title="Targets")
    for target in TARGETS:
        cells = [results.get((pods, target.connections), {}) for pods in sizes]
        if all({target.subject, target.against} <= cell.keys() for cell in cells):
            found = [target.figure(cell[target.subject]) / target.figure(cell[target.against]) for cell in cells]
            table.add_row(target.sentence, *map(target.verdict, found, sizes))
    return table


def other_targets(findings: Sequence[Finding]) -> Table:
    table = Table("Other targets", "measured", "target", "")
    for name, measured, wanted, kept in findings:
        table.add_row(name, measured, wanted, judged(kept))
    return table


def machine() -> str:
    python = f"Python {platform.python_version()}"
    peers = ", ".join(f"{name} {version}" for name, version in servers.PEERS.items() if "/" not in name)
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {python}; {peers}"


# -- putting together ------------------------------------------------------------------------------------


def run_memory(plan: Plan) -> None:
    """Measure the memory of Podgraph."""
    with ExitStack() as stack:
        folder = stack.enter_context(databases.temporary_folder())
        log("filling the database")
        url = stack.enter_context(databases.postgresql(folder / "postgresql"))
        ours = contender_of(OURS, url, databases.fill(url, plan.pods))
        log("measuring memory")
        findings = measure_memory(ours, plan, folder)
    Console(width=None if sys.stdout.isatty() else 120, highlight=False).print(other_targets(findings))


def contender_of(name: str, url: str, organizations: Sequence[str]) -> Contender:
    """Podgraph on a database, with a token for the owner of all organizations."""
    secret = secrets.token_hex(32)
    token = Tokens(secret).issue(databases.READER, organizations, [Role.ORG_OWNER])
    return servers.podgraph(name, url, token, secret)


def run(plan: Plan, sizes: Sequence[int], connections: Sequence[int], against: Sequence[str]) -> None:
    begun = time.perf_counter()
    with ExitStack() as stack:
        folder = stack.enter_context(databases.temporary_folder())
        log("installing the peers, filling the databases")
        peers_ready = stack.enter_context(servers.installing(folder / "peers"))
        url = stack.enter_context(databases.postgresql(folder / "postgresql"))
        organizations = databases.fill(url, plan.pods)
        sqlite = f"sqlite:///{folder / 'bench.db'}"
        databases.fill(sqlite, plan.pods)
        peers_ready()

        ours = contender_of(OURS, url, organizations)
        theirs = servers.HERE / "report.postgraphile.graphql"
        others = [
            contender_of(ON_SQLITE, sqlite, organizations),
            servers.in_python(USUAL, "stock_strawberry", url),
            servers.in_node(
                POSTGRAPHILE,
                "postgraphile.mjs",
                url,
                folder / "peers",
                report=theirs.read_text(),
                shape=servers.like_ours,
            ),
            servers.in_node(MERCURIUS, "mercurius.mjs", url, folder / "peers"),
            servers.in_python(LIMIT, "raw_sql", url),
        ]
        log("starting the servers, comparing their answers")
        with ExitStack() as serving:
            chosen = [ours, *(other for other in others if other.name in against)]
            running = [serving.enter_context(servers.started(each, folder)) for each in chosen]
            compare_answers(running, sizes)
            log("measuring")
            busy, since = time.process_time(), time.perf_counter()
            cells = [(pods, each) for each in connections for pods in sizes]
            results = {cell: measure(running, cell, plan) for cell in cells}
            share = (time.process_time() - busy) / (time.perf_counter() - since)
            findings = measure_growth(running[0], url, plan)
        findings.append(measure_starts(ours, plan, folder))
        if plan.requests:
            log("measuring memory")
            findings += measure_memory(ours, plan, folder)

    out = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    for table in (*tables(results), ratios(results, sizes), other_targets(findings)):
        out.print(table)
    out.print(f"{machine()}. The client took {share:.0%} of a core; all took {time.perf_counter() - begun:.0f} s.")


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def names(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    if unknown := set(chosen) - set(OTHERS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: no such server")
    return chosen


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="run for two minutes with fewer pods, without memory")
    parser.add_argument("--memory", action="store_true", help="measure only the memory of Podgraph")
    parser.add_argument("--pods", type=numbers, default=PODS, help="pods per report: 2,20,100")
    parser.add_argument("--connections", type=numbers, default=CONNECTIONS, help="concurrent connections: 1,8")
    parser.add_argument("--against", type=names, default=OTHERS, help=f"servers to compare with: {','.join(OTHERS)}")
    given = parser.parse_args()
    if not all(1 <= pods <= MAX_PAGE_SIZE for pods in given.pods):
        parser.error(f"--pods: a page has 1 to {MAX_PAGE_SIZE} pods")
    # A signal also ends the started servers, even if the shell ignores SIGINT for this process.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if given.memory:
            run_memory(FULL)
        else:
            run(QUICK if given.quick else FULL, given.pods, given.connections, given.against)
    except (ServerFailed, BadAnswer) as error:
        log(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        log("stopped")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
