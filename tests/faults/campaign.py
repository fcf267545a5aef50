"""Fault injection between Podgraph and a real PostgreSQL: every message, every kind of fault, two ways to cancel.

As a command: `uv run python tests/faults/campaign.py --faults 1500`, or `--all` for every one; `--operation`
and `--kind` choose, `--seed` selects the sample. A failure names the fault, and is run alone with
`--only "mutation, warm, up 12, stall, deadline"`.
"""

import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import count, product
from pathlib import Path
from typing import Annotated, Any, Protocol

import asyncpg  # type: ignore[import-untyped]
import orjson
import typer
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import Pool
from starlette.applications import Starlette

# As a command, the folder of the tests is not on the import path.
sys.path.insert(0, str(Path(__file__).parents[1]))

from conftest import Postgresql, Server, context_for
from faults.proxy import Direction, Fault, Kind, Proxy
from podgraph.database.engine import create_engine
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.doctor.registry import examine
from podgraph.kernel.clock import stopped_clock
from podgraph.limits.limits import Limits
from podgraph.schema import build_schema
from podgraph.server.app import create_app
from podgraph.settings import Settings
from serving import OWNER, SECRET

DEADLINE = 2.0
"""Deadline of an operation in seconds."""
GRACE = 1.0
"""Seconds after the deadline within which the response must arrive."""
SETTLING = 2.0
"""Seconds after a fault within which every connection must be clean."""
PATIENCE = 30.0
"""Timeout in seconds for steps without a fault, on a busy machine."""
ATTEMPTS = 3
"""Maximum attempts of a trial for which the machine was too slow."""
BUSY = 2
"""Trials that run concurrently, while the others wait for the effect of their faults."""
LATE = 0.3
"""Maximum delay of the event loop in seconds; a trial with a larger delay is repeated."""
FOLLOWING = 20
"""Requests after each fault, whose responses must be correct and current."""

POD, ORGANIZATION = "POD-26-000008", "ORG-26-090500"
HONEST = {"DEADLINE_EXCEEDED": 504, "UNAVAILABLE": 503, "OVERLOADED": 503}
"""Error codes of faults, and their HTTP status."""
BROKEN = {Kind.CLOSE, Kind.RESET, Kind.HALF_CLOSE}
"""Faults that end a connection."""

LONE = f'{{ pod(id: "{POD}") {{ name }} }}'
SNAPSHOT = f"""{{
    pod(id: "{POD}") {{ name tickets(first: 2) {{ totalCount nodes {{ title }} }} }}
    pods(first: 1) {{ totalCount }} events(first: 2) {{ nodes {{ id }} }}
}}"""
CREATE = """mutation ($input: CreateTicketInput!) {
    createTicket(input: $input) { ticket { id title } events { type } userErrors { code } idempotentReplay }
}"""
EVENTS = f"""subscription ($after: Int!) {{
    events(organizationId: "{ORGANIZATION}", afterSequence: $after) {{ sequence type }}
}}"""
TOKEN = f"""mutation {{
    createToken(input: {{ organizationId: "{ORGANIZATION}", name: "Trial", roles: [ORG_OWNER] }}) {{ secret }}
}}"""

HELD: dict[int | None, set[Any]] = defaultdict(set)
"""Checked-out connections by the port of their proxy."""


@event.listens_for(Engine, "do_connect")
def _opens(_dialect: Any, record: Any, _arguments: Any, options: Mapping[str, Any]) -> None:
    record.record_info["port"] = options.get("port")


@event.listens_for(Pool, "checkout")
def _taken(_connection: Any, record: Any, _proxied: Any) -> None:
    HELD[record.record_info.get("port")].add(record)


@event.listens_for(Pool, "checkin")
@event.listens_for(Pool, "detach")
def _returned(_connection: Any, record: Any) -> None:
    HELD[record.record_info.get("port")].discard(record)


@dataclass
class Lateness:
    """The delay of the event loop, which does not count as a failure of a trial."""

    worst: float = 0.0

    async def watch(self) -> None:
        while True:
            due = time.monotonic() + 0.05
            await asyncio.sleep(0.05)
            self.worst = max(self.worst, time.monotonic() - due)


class Ending(StrEnum):
    """How a client cancels."""

    DEADLINE = "deadline"
    DISCONNECT = "disconnect"


@dataclass(frozen=True)
class Operation:
    """An operation that is executed with a fault."""

    name: str
    document: str = LONE
    token: bool = False
    """Whether the caller is a program with an API token."""
    rated: bool = False
    replica: bool = False
    streams: bool = False
    writes: bool = False
    dry: bool = False
    waits: bool = False
    """Whether the event is written only after its subscriber waits."""


OPERATIONS = {
    one.name: one
    for one in (
        Operation("lone"),
        Operation("snapshot", SNAPSHOT),
        Operation("mutation", CREATE, writes=True),
        Operation("dry run", CREATE, writes=True, dry=True),
        Operation("event read", EVENTS, streams=True),
        Operation("listen", EVENTS, streams=True, waits=True),
        Operation("replica", SNAPSHOT, replica=True),
        Operation("token", token=True),
        Operation("rate", rated=True),
    )
}


@dataclass(frozen=True)
class Point:
    """One fault: the n-th message of an operation in a direction, the kind of fault, and how the client cancels."""

    operation: str
    warm: bool
    direction: Direction
    number: int
    kind: Kind
    ending: Ending

    def __str__(self) -> str:
        pool = "warm" if self.warm else "cold"
        where = f"{self.direction} {self.number}"
        return f"{self.operation}, {pool}, {where}, {self.kind}, {self.ending}"


class Call:
    """One ASGI request to the application; the client may disconnect."""

    def __init__(self, app: Starlette, body: Mapping[str, Any], token: str, *, streams: bool = False) -> None:
        accept = "text/event-stream" if streams else "application/graphql-response+json"
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "accept": accept}
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        self._asked = [orjson.dumps(body)]
        self._streams, self._gone = streams, asyncio.Event()
        self.status, self.body = 0, b""
        self.came = asyncio.Event()
        """Set with every part of the response, and at its end."""
        self.task = asyncio.create_task(self._run(app))

    async def _run(self, app: Starlette) -> None:
        try:
            await app(self._scope, self._receive, self._send)
        finally:
            self.came.set()

    async def _receive(self) -> dict[str, Any]:
        if self._asked:
            return {"type": "http.request", "body": self._asked.pop(), "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body += message.get("body", b"")
        self.came.set()

    def hang_up(self) -> None:
        """Stop waiting: a server notifies a stream, and cancels other requests."""
        self._gone.set()
        if not self._streams:
            self.task.cancel()

    async def ended(self, seconds: float) -> bool:
        """Wait for the end of the response, with a timeout."""
        return bool((await asyncio.wait((self.task,), timeout=seconds))[0])

    @property
    def answer(self) -> Any:
        return orjson.loads(self.body) if self.body else {}

    @property
    def received(self) -> list[Any]:
        """The messages of a stream so far."""
        lines = self.body.decode().split("\n")[:-1]
        return [orjson.loads(line[5:]) for line in lines if line.startswith("data:") and line[5:].strip()]

    @property
    def sequences(self) -> list[int]:
        return [one["data"]["events"]["sequence"] for one in self.received if one.get("data")]

    @property
    def codes(self) -> list[str]:
        """Error codes of the response, in any format."""
        answers = self.received if self._streams and self.status == 200 else [self.answer]
        return [
            str(error.get("extensions", {}).get("code")) for answer in answers for error in answer.get("errors", ())
        ]


class Place(Protocol):
    """Direct access to the database of an application."""

    secret: str

    def key(self) -> str: ...

    async def rename(self) -> str: ...

    async def written(self, key: str) -> int: ...

    async def reached(self) -> int: ...

    async def unclean(self) -> list[str]: ...

    async def diagnosis(self) -> list[str]: ...


class Slot:
    """A database with proxies for the application, and a direct connection for verification."""

    def __init__(self, server: Server) -> None:
        self._server, self._folder = server, str(server.folder)
        self.main, self.primary = Proxy(self._folder), Proxy(self._folder)
        self._keys = count(1)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Slot"]:
        async with self.main.running(), self.primary.running():
            await self.renew()
            try:
                yield self
            finally:
                await self._leave()

    async def renew(self) -> None:
        """A fresh database, and direct access to it."""
        url = await asyncio.to_thread(self._server.database, demo=True)
        self.database = str(make_url(url).database)
        self.direct = await asyncpg.connect(host=self._folder, user="postgres", database=self.database)
        self.engine = create_engine(url)
        self.secret = ""

    async def clear(self) -> None:
        """Clean up after a failure: connections and data."""
        await self.main.cut()
        await self.primary.cut()
        if await self.diagnosis():
            await self._leave()
            await self.renew()

    async def _leave(self) -> None:
        await self.direct.close()
        await self.engine.dispose()

    def url(self, proxy: Proxy) -> str:
        return f"postgresql://postgres@127.0.0.1:{proxy.port}/{self.database}"

    @asynccontextmanager
    async def application(self, operation: Operation, deadline: float = DEADLINE) -> AsyncIterator[Starlette]:
        """A new application with an empty pool; its shutdown must be fast too."""
        if operation.token and not self.secret:
            made: Any = await build_schema().execute(TOKEN, None, context_for(self.engine))
            self.secret = made.data["createToken"]["secret"]
        settings = Settings(
            self.url(self.primary if operation.replica else self.main),
            SECRET,
            replica_url=self.url(self.main) if operation.replica else None,
            limits=Limits(seconds=deadline),
            rate_limit=(1e6, 1e6) if operation.rated else None,
            # With one connection later requests use the one that had the fault. With a replica, a write
            # and the storage of its log position take two.
            pool_size=2 if operation.replica else 1,
            pool_timeout=deadline,
        )
        app = create_app(settings, clock=stopped_clock(NOW))
        for proxy in (self.main, self.primary):
            HELD.pop(proxy.port, None)
        async with app.router.lifespan_context(app):
            yield app

    async def rename(self) -> str:
        """Rename the pod directly in the database."""
        name = f"Pod {next(self._keys)}"
        await self.direct.execute("UPDATE pod SET name = $1 WHERE id = $2", name, POD)
        return name

    async def written(self, key: str) -> int:
        return int(await self.direct.fetchval("SELECT count(*) FROM ticket WHERE title = $1", key))

    async def reached(self) -> int:
        """The last sequence of the event log."""
        asked = "SELECT sequence FROM event_counter WHERE organization_id = $1"
        return int(await self.direct.fetchval(asked, ORGANIZATION))

    async def write(self) -> None:
        """Write an event directly to the database."""
        result: Any = await build_schema().execute(CREATE, {"input": ticket(self.key())}, context_for(self.engine))
        assert not result.errors, result.errors
        assert result.data["createTicket"]["userErrors"] == []

    def key(self) -> str:
        return f"campaign/{next(self._keys)}"

    async def unclean(self) -> list[str]:
        """Faults of the application's connections, in the pool and in the database."""
        taken = sum(len(HELD[proxy.port]) for proxy in (self.main, self.primary))
        states = await self.direct.fetch(
            "SELECT state, query FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
        )
        found = [f"a connection is {row['state']}: {' '.join(row['query'].split())[:60]}" for row in states]
        return [*found, *([f"{taken} connections are not given back"] if taken else [])]

    async def diagnosis(self) -> list[str]:
        async with Snapshot(self.engine) as snapshot:
            findings = await examine(Reader(snapshot, Tenancy(None), NOW))
        return [f"doctor: {one.invariant} {one.id}" for one in findings]


def ticket(key: str, *, dry: bool = False) -> dict[str, Any]:
    """The input of a mutation whose title is its idempotency key."""
    given: dict[str, Any] = {
        "podId": POD,
        "type": "ISSUE",
        "priority": "LOW",
        "title": key,
        # Larger than a page of the database file.
        "description": "Written while the network or a disk is at fault. " * 100,
        "idempotencyKey": key,
    }
    return given | ({"dryRun": True} if dry else {})


class Trial:
    """An operation of an application, with or without a fault, and the failures afterwards."""

    def __init__(self, place: Place, operation: Operation, app: Starlette) -> None:
        self.place, self.operation, self.app = place, operation, app
        self.problems: list[str] = []
        self._hung_up = False

    def wrong(self, problem: str) -> None:
        self.problems.append(problem)

    def call(self, document: str, variables: Mapping[str, Any] | None = None, *, streams: bool = False) -> Call:
        token = self.place.secret if self.operation.token else OWNER
        return Call(self.app, {"query": document, "variables": variables}, token, streams=streams)

    def asked(self, key: str, after: int) -> Call:
        """The operation itself."""
        if self.operation.streams:
            return self.call(EVENTS, {"after": after}, streams=True)
        if self.operation.writes:
            return self.call(CREATE, {"input": ticket(key, dry=self.operation.dry)})
        return self.call(self.operation.document)

    async def warm_up(self) -> None:
        """Execute once without a fault, so that connections are open and statements prepared."""
        if self.operation.streams:
            after = await self.place.reached() - 1
            call = self.asked("", after)
            await self.until(call, [after + 1], PATIENCE)
            call.hang_up()
        else:
            call = self.asked(self.place.key(), 0)
        if not await call.ended(PATIENCE) or call.status != 200 or call.codes:
            raise RuntimeError(f"{self.operation.name} does not work without a fault: {call.body[:300]!r}")

    async def until(self, call: Call, sequences: Sequence[int], seconds: float) -> bool:
        """Wait for these events, or for the end of the stream."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while call.sequences[-len(sequences) :] != sequences and not call.task.done():
                    call.came.clear()
                    await call.came.wait()
        return call.sequences[-len(sequences) :] == sequences

    async def answered(self, key: str, until: Awaitable[Any] | None, lift: Callable[[], None]) -> None:
        """Execute, and wait for the response, or `until` something happens."""
        began = time.monotonic()
        call = self._call = self.asked(key, 0)
        if until is not None:
            self._hung_up = True
            await _first(until, call.task, DEADLINE + GRACE)
            call.hang_up()
        if not await call.ended(began + DEADLINE + GRACE - time.monotonic()):
            self.wrong(f"no end {DEADLINE + GRACE:g} seconds after the request")
            lift()
            if not await call.ended(5):
                self.wrong("no end 5 seconds after the fault")
                call.task.cancel()
                await call.ended(5)

    async def aftermath(self, name: str, key: str, *, broken: bool = False) -> None:
        """All failures after the fault; `broken` if the fault ended a connection."""
        self.judge(name, key)
        await self.settled()
        if self.operation.writes:
            await self.exactly_once(key, broken=broken)
        await self.followed()
        self.problems += await self.place.diagnosis()

    def judge(self, name: str, key: str) -> None:
        """The response is correct or reports the fault; a response without a client is not checked."""
        call = self._call
        if call.task.done() and not call.task.cancelled() and (error := call.task.exception()):
            self.wrong(f"the application raised {type(error).__name__}: {error}")
        if self._hung_up or not call.task.done() or call.task.cancelled():
            return
        for code in call.codes:
            if code not in HONEST:
                self.wrong(f"answered {code}: {call.body[:200]!r}")
            elif not self.operation.streams and call.status != HONEST[code]:
                self.wrong(f"answered {code} with status {call.status}")
        if not (call.codes or self.operation.streams):
            self._judge_data(call, name, key)

    def _judge_data(self, call: Call, name: str, key: str) -> None:
        data = call.answer.get("data")
        if call.status != 200 or not data:
            self.wrong(f"answered {call.status}: {call.body[:200]!r}")
        elif not self.operation.writes:
            if data["pod"]["name"] != name:
                self.wrong(f"answered {data['pod']['name']} for {name}")
        else:
            payload = data["createTicket"]
            codes = [one["code"] for one in payload["userErrors"]]
            if codes not in ([], ["BUSY"]):
                self.wrong(f"refused: {payload}")
            elif not codes and (payload["ticket"] or {}).get("title") != key:
                self.wrong(f"acknowledged without its record: {payload}")

    async def settled(self) -> None:
        until = time.monotonic() + SETTLING
        while unclean := await self.place.unclean():
            if time.monotonic() > until:
                self.problems += unclean
                return
            await asyncio.sleep(0.01)

    async def exactly_once(self, key: str, *, broken: bool = False) -> None:
        """An acknowledged write exists, any other at most once; a retry with the same key leaves exactly one."""
        call, written = self._call, await self.place.written(key)
        if self.operation.dry:
            if written:
                self.wrong("a dry run was written")
            return
        done = call.status == 200 and not call.codes and bool(call.body)
        if done and written != 1:
            self.wrong(f"acknowledged and written {written} times")
        elif written > 1:
            self.wrong(f"written {written} times")
        if written and not done and call.codes and broken and call.codes != ["UNAVAILABLE"]:
            self.wrong(f"written, its connection broken, and answered {call.codes}")
        for replayed in (bool(written), True):
            again = self.call(CREATE, {"input": ticket(key)})
            await again.ended(DEADLINE + GRACE)
            if again.status != 200 or again.codes:
                self.wrong(f"sent again: {again.status} {again.body[:200]!r}")
                return
            payload = again.answer["data"]["createTicket"]
            if payload["userErrors"] or payload["idempotentReplay"] is not replayed:
                self.wrong(f"sent again, once written {written} times: {payload}")
        if (written := await self.place.written(key)) != 1:
            self.wrong(f"sent again, and written {written} times")

    async def followed(self) -> None:
        """Later requests have correct responses that include the latest change."""
        wrong = [problem for number in range(FOLLOWING) if (problem := await self._follows(number))]
        if wrong:
            self.wrong(f"{len(wrong)} of {FOLLOWING} requests afterwards are wrong; the first one {wrong[0]}")

    async def _follows(self, number: int) -> str | None:
        writes = number % 8 == 3
        name, key = await self.place.rename(), self.place.key()
        document = CREATE if writes else (LONE, SNAPSHOT)[number % 2]
        call = self.call(document, {"input": ticket(key)} if writes else None)
        if not await call.ended(DEADLINE + GRACE):
            call.task.cancel()
            return "is not answered"
        if call.status != 200 or call.codes:
            return f"is answered {call.status} {call.codes or call.body[:200]!r}"
        data = call.answer["data"]
        if writes:
            payload = data["createTicket"]
            if payload["userErrors"] or payload["idempotentReplay"] or payload["ticket"]["title"] != key:
                return f"is answered {payload}"
            times = await self.place.written(key)
            return None if times == 1 else f"is acknowledged and written {times} times"
        return None if data["pod"]["name"] == name else f"is answered {data['pod']['name']} for {name}"


class FaultyNetwork(Trial):
    """A trial of an operation through a proxy."""

    def __init__(
        self,
        slot: Slot,
        operation: Operation,
        app: Starlette,
        *,
        warm: bool,
        turn: asyncio.Semaphore | None = None,
    ) -> None:
        super().__init__(slot, operation, app)
        self.slot, self._warm = slot, warm
        # Trials wait for their faults concurrently; other steps are limited, because deadlines are short.
        self._turn = turn or asyncio.Semaphore()
        self.reached = False

    async def suffer(self, point: Point) -> None:
        """Execute once with the fault, and check for failures."""
        hangs_up = point.ending is Ending.DISCONNECT
        fault = Fault(point.direction, point.number, point.kind, 0.05 if hangs_up else DEADLINE + 0.3)
        async with self._turn:
            if self._warm:
                await self.warm_up()
            name, key = await self.slot.rename(), self.slot.key()
        ask = self._stream if self.operation.streams else self._answer
        await ask(fault, key, hangs_up)
        self.reached = fault.reached.is_set()
        self.slot.main.lift()
        async with self._turn:
            if self.operation.streams:
                await self._resumed()
            await self.aftermath(name, key, broken=point.kind in BROKEN)

    async def _answer(self, fault: Fault, key: str, hangs_up: bool) -> None:
        self.slot.main.arm(fault)
        await self.answered(key, fault.reached.wait() if hangs_up else None, self.slot.main.lift)

    async def _stream(self, fault: Fault, _key: str, hangs_up: bool) -> None:
        slot = self.slot
        self._after = await slot.reached() - (0 if self.operation.waits else 3)
        proxy, waits = slot.main, self.operation.waits
        early = not (waits and self._warm)
        if early:
            proxy.arm(fault)
        call = self._call = self.asked("", self._after)
        if waits:
            if not early:
                await slot.write()
                await self.until(call, [self._after + 1], 5)
                # The listener subscribes before it polls, so an event written now is delivered.
                await asyncio.sleep(0.05)
                proxy.arm(fault)
            else:
                await asyncio.sleep(0.05)
            await slot.write()
        expected = list(range(self._after + 1, await slot.reached() + 1))
        if hangs_up:
            self._hung_up = True
            await _first(fault.reached.wait(), call.task, DEADLINE)
            call.hang_up()
            if not await call.ended(DEADLINE + GRACE):
                self.wrong(f"the stream does not end {DEADLINE + GRACE:g} seconds after its caller has")
            return
        came = await self.until(call, expected, DEADLINE + GRACE)
        if not (came or waits or call.task.done()):
            self.wrong(f"neither events nor an end after {DEADLINE + GRACE:g} seconds")

    async def _resumed(self) -> None:
        """Every event is delivered exactly once: by the stream, or by the one that resumes it."""
        call, had = self._call, list(self._call.sequences)
        last = await self.slot.reached()
        if not call.task.done() and not call._gone.is_set():
            await self.until(call, [last], 3)
            had = list(call.sequences)
            if had[-1:] != [last] and not call.task.done():
                self.wrong("the event does not come 3 seconds after the fault")
        call.hang_up()
        if not await call.ended(3):
            self.wrong("the stream does not end after its caller has, nor after the fault")
            call.task.cancel()
            await call.ended(5)
        after = had[-1] if had else self._after
        if after < last:
            again = self.asked("", after)
            await self.until(again, [last], 3)
            again.hang_up()
            await again.ended(3)
            had += again.sequences
        if had != list(range(self._after + 1, last + 1)):
            self.wrong(f"events after {self._after} up to {last} came as {had}")


async def _first(reached: Awaitable[Any], task: asyncio.Task[Any], seconds: float) -> None:
    waiting = asyncio.ensure_future(reached)
    await asyncio.wait((waiting, task), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


async def counted(slot: Slot, operation: Operation, *, warm: bool) -> Mapping[Direction, int]:
    """The number of messages in each direction for an operation without a fault."""
    async with slot.application(operation) as app:
        trial = FaultyNetwork(slot, operation, app, warm=warm)
        if warm:
            await trial.warm_up()
        never = Fault(Direction.UP, 0, Kind.CLOSE)
        if operation.streams:
            await trial._stream(never, "", False)
        else:
            await trial._answer(never, slot.key(), False)
        counts = dict(slot.main.counts)
        if operation.streams:
            await trial._resumed()
        if trial.problems or trial._call.codes:
            raise RuntimeError(f"{operation.name} does not work without a fault: {trial.problems}")
    return counts


async def points(slot: Slot, operations: Iterable[Operation]) -> list[Point]:
    """Every fault of these operations."""
    found: list[Point] = []
    chosen = list(operations)
    for operation in chosen:
        # One-time work of the process, such as building the schema, is done before any fault.
        async with slot.application(operation, PATIENCE) as app:
            await FaultyNetwork(slot, operation, app, warm=True).warm_up()
    for operation, warm in product(chosen, (False, True)):
        for direction, most in sorted((await counted(slot, operation, warm=warm)).items()):
            numbers = range(1, most + 1)
            found += [
                Point(operation.name, warm, direction, number, kind, ending)
                for number, kind, ending in product(numbers, Kind, Ending)
            ]
    return found


def sampled(every: Sequence[Point], faults: int, seed: int) -> list[Point]:
    """A sample, evenly from all operations and kinds."""
    drawn = random.Random(seed)
    groups: dict[Any, list[Point]] = defaultdict(list)
    for point in every:
        groups[point.operation, point.warm, point.kind, point.ending].append(point)
    for group in groups.values():
        drawn.shuffle(group)
    ranked = [(rank, drawn.random(), point) for group in groups.values() for rank, point in enumerate(group)]
    return [point for _, _, point in sorted(ranked, key=lambda one: one[:2])[:faults]]


@dataclass
class Result:
    """The result of one fault."""

    point: Point
    reached: bool
    problems: list[str]


async def tried(slot: Slot, point: Point, turn: asyncio.Semaphore) -> Result:
    """Run one fault on a new application."""
    operation = OPERATIONS[point.operation]
    trial: FaultyNetwork | None = None
    problems: list[str] = []
    try:
        async with asyncio.timeout(60), slot.application(operation) as app:
            trial = FaultyNetwork(slot, operation, app, warm=point.warm, turn=turn)
            await trial.suffer(point)
    except Exception as error:
        problems.append(f"the trial broke: {type(error).__name__}: {error}")
    slot.main.lift()
    if trial is not None:
        problems = trial.problems + problems
    if problems:
        await slot.clear()
    return Result(point, trial is not None and trial.reached, problems)


async def run(
    server: Server,
    chosen: Callable[[list[Point]], Sequence[Point]],
    operations: Iterable[Operation],
    *,
    at_once: int = 8,
    report: Callable[[int, int, Result], None] = lambda *_: None,
) -> list[Result]:
    """Run the faults that `chosen` selects from those of the operations, `at_once` concurrently."""
    results: list[Result] = []
    async with Slot(server).open() as slot:
        waiting = list(chosen(await points(slot, operations)))
    total = len(waiting)
    waiting.reverse()

    late, turn = Lateness(), asyncio.Semaphore(BUSY)

    async def work() -> None:
        async with Slot(server).open() as slot:
            while waiting:
                point = waiting.pop()
                for _ in range(ATTEMPTS):
                    late.worst = 0.0
                    result = await tried(slot, point, turn)
                    if not (result.problems and late.worst > LATE):
                        break
                results.append(result)
                report(len(results), total, result)

    watching = asyncio.create_task(late.watch())
    async with asyncio.TaskGroup() as workers:
        for _ in range(min(at_once, total)):
            workers.create_task(work())
    watching.cancel()
    return results


def table(results: Sequence[Result]) -> str:
    """Failures of faults, by operation and kind."""
    total: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    for one in results:
        for place in product((one.point.operation, "all"), (f"{one.point.kind}", "all")):
            total[place] += 1
            failed[place] += bool(one.problems)
    kinds = [*(str(kind) for kind in Kind), "all"]
    names = [name for name in (*OPERATIONS, "all") if total[name, "all"]]
    lines = [f"{'':12}" + "".join(f"{kind:>13}" for kind in kinds)]
    for name in names:
        cells = (f"{failed[name, kind]}/{total[name, kind]}" for kind in kinds)
        lines.append(f"{name:12}" + "".join(f"{cell:>13}" for cell in cells))
    return "\n".join(lines)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    faults: Annotated[int, typer.Option(help="How many, evenly from all operations and kinds.")] = 1500,
    every: Annotated[bool, typer.Option("--all", help="Every fault there is.")] = False,
    seed: Annotated[int, typer.Option(help="Which ones.")] = 1,
    operation: Annotated[list[str] | None, typer.Option(help=f"Only {', '.join(OPERATIONS)}.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help=f"Only {', '.join(Kind)}.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only the faults with these names.")] = None,
    at_once: Annotated[int, typer.Option(help="Number of concurrent trials.")] = 12,
) -> None:
    """Run faults between the application and its database; exit code 1 if any fault has a failure."""
    # Failures are reported here, by fault.
    logging.disable(logging.CRITICAL)
    operations = [one for one in OPERATIONS.values() if not operation or one.name in operation]

    def chosen(there: list[Point]) -> Sequence[Point]:
        some = [one for one in there if (not kind or one.kind in kind) and (not only or str(one) in only)]
        typer.echo(f"{len(some)} faults of {len(operations)} operations")
        return some if every else sampled(some, faults, seed)

    began = time.monotonic()
    failures = Counter[bool]()

    def report(done: int, total: int, result: Result) -> None:
        failures[bool(result.problems)] += 1
        if result.problems:
            typer.echo(f"FAILED {result.point}: {'; '.join(result.problems)}")
        if done % 50 == 0 or done == total:
            seconds = time.monotonic() - began
            typer.echo(f"{done} of {total} faults, {failures[True]} failed, {seconds:.0f} s")

    with tempfile.TemporaryDirectory(prefix="podgraph-") as folder:
        Path(folder).chmod(0o755)
        server = Postgresql(Path(folder) / "server")
        # The template database is filled by a separate event loop.
        server.database(demo=True)
        try:
            results = asyncio.run(run(server, chosen, operations, at_once=at_once, report=report))
        finally:
            server.close()
    unreached = sum(not one.reached for one in results)
    typer.echo(f"\nfailed of faults\n{table(results)}\n{unreached} faults had no message to happen to")
    if any(one.problems for one in results) or not results:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
