"""Differential testing: generated documents must have equal responses from both executors, over the demo data.

As a command: `uv run python tests/execution/differential.py --documents 10000`, with a process for each of
the two databases.
"""

import asyncio
import json
import logging
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import typer
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql import OperationType

# As a command, the folder of the tests is not on the import path.
sys.path.insert(0, str(Path(__file__).parents[1]))

from conftest import Postgresql, Server, Sqlite, context_for
from execution.documents import Document, documents
from podgraph.auth.viewer import Viewer
from podgraph.database.engine import create_engine
from podgraph.database.sql_json import RawJson, json_default
from podgraph.execution.context import Context
from podgraph.graphql.nodes import TYPES
from podgraph.kernel.roles import Role
from podgraph.limits.cost_analysis import OperationCost, Parts, actual_cost
from podgraph.limits.cost_limit import CostedOperation
from podgraph.limits.document_cache import Documents
from podgraph.limits.limits import Limits
from podgraph.schema import EXECUTORS as CLASSES
from podgraph.schema import Schema, build_schema
from podgraph.server.app import DEMO_VIEWER

EXECUTORS = ("reference", "level")
CHUNK = 250
UNLIMITED = Limits(**dict.fromkeys(("depth", "aliases", "max_field_repeats", "directives", "nesting"), sys.maxsize))
ALL_ROLES = replace(DEMO_VIEWER, roles=frozenset(Role))
"""A viewer with all roles."""
CORRELATION = re.compile(r"\b[0-9a-f]{32}\b")
UNKNOWN = ("POD-26-999999", "nothing")

SCALARS: Mapping[str, Sequence[Any]] = {
    "Period": ("2026-04", "2026-Q2", "2026-Q3", "2025-12"),
    "Date": ("2026-03-01", "2026-04-30", "2026-05-15"),
    "DateTime": ("2026-05-14T16:00:00Z", "2026-01-01T00:00:00+02:00"),
    "Decimal": ("70", "38.5", 40, 0),
}


class Difference(AssertionError):
    """The executors' responses to a document differ, or the document is invalid."""


Place = tuple[str | int, ...]
"""A path in a response."""


@dataclass(frozen=True)
class Answer:
    """A response for comparison: data as text, which includes the order of keys, errors and cost.

    Errors come as their data does, and the specification leaves their order open: they are sorted. Only
    mutations run one after the other; `failed` are those that went wrong, in their order.
    """

    data: str
    errors: Sequence[str]
    points: int = 0
    failed: Sequence[str] = ()

    @classmethod
    def of(cls, result: Any, parts: Parts, *, serial: bool) -> "Answer":
        # As serialized for the client, with embedded JSON.
        data = json.dumps(orjson.loads(orjson.dumps(result.data, default=json_default)))
        # Each write has a different correlation id.
        data = CORRELATION.sub("correlation", data)
        errors, points = result.errors or (), actual_cost(parts, [result.data or {}])
        formatted = sorted(map(_formatted_error, errors))
        return cls(
            data,
            formatted,
            points,
            list(dict.fromkeys(error.path[0] for error in errors if serial and error.path)),
        )

    def __str__(self) -> str:
        return "\n  ".join([self.data, *self.errors, f"{self.points} points"])

    @property
    def errors_by_null(self) -> Mapping[Place, set[str]]:
        """The errors by the null in the data that each has caused."""
        nulls: dict[Place, set[str]] = defaultdict(set)
        for error in self.errors:
            nulls[self._null_above(json.loads(error)[0])].add(error)
        return nulls

    def _null_above(self, path: Sequence[str | int]) -> Place:
        value = json.loads(self.data)
        for depth, key in enumerate(path):
            if value is None:
                return tuple(path[:depth])
            value = value[key]
        return tuple(path)

    def may_be(self, other: "Answer", possible: "Answer") -> bool:
        """Whether both responses are valid for one document, even if errors occurred in another order.

        Below a null that propagated from a non-null field, graphql-core reports the error that was first
        and drops those after: which ones depends on which data came first, and the specification
        leaves it open. So there any of the `possible` errors will do, everywhere else the same.
        """
        if (self.data, self.points, self.failed) != (other.data, other.points, other.failed) or len(
            set(self.errors)
        ) < len(self.errors):
            return False
        ours, theirs = self.errors_by_null, other.errors_by_null
        allowed = set(possible.errors)
        return ours.keys() == theirs.keys() and all(
            ours[null] == theirs[null] or (_came_up(null, theirs[null]) and ours[null] <= allowed) for null in ours
        )


def _came_up(null: Place, errors: Iterable[str]) -> bool:
    """Whether a null propagated from below, so that none of its errors is of the field itself."""
    return all(tuple(json.loads(error)[0]) != null for error in errors)


class Unpropagated(StrawberryGraphQLCoreExecutionContext):
    """The reference executor, but every error is reported, also below the null of another error."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.error_propagation = False


def _formatted_error(error: Any) -> str:
    formatted = dict(error.formatted)
    extensions = dict(formatted.pop("extensions", {}))
    # With a null condition at the root, the selected fields are unknown.
    if "path" not in formatted and not error.message.startswith("Argument 'if' has invalid value"):
        raise Difference(f"not a valid document: {error}")
    # Each unexpected error has a different trace ID.
    extensions.pop("traceId", None)
    return json.dumps([formatted.get("path", []), formatted["message"], formatted["locations"], extensions])


@dataclass(frozen=True)
class Pair:
    """One schema with both executors, on one event loop."""

    schemas: dict[str, Schema]
    new_context: Callable[[], Context]
    run: Callable[[Any], Any]
    _documents: Documents = field(default_factory=Documents)

    def __post_init__(self) -> None:
        self.schemas["unpropagated"] = executed_by(self.schemas["reference"], Unpropagated)

    def answer(self, document: Document, executor: str) -> Answer:
        # As in the server: JSON from the database is embedded without parsing.
        context = replace(self.new_context(), embed_json=RawJson)
        execute = self.schemas[executor].execute(
            document.text, variable_values=dict(document.variables), context_value=context
        )
        try:
            serial = document.text.startswith("mutation")
            measure = self._measure(document)
            answer = Answer.of(self.run(execute), measure.parts, serial=serial)
        except asyncio.CancelledError:
            raise Difference(f"{document}\n{executor}: cancelled") from None
        if answer.points > measure.cost:
            raise Difference(f"{document}\n{executor}: {measure.cost} points are asked for, not {answer}")
        return answer

    def _measure(self, document: Document) -> OperationCost:
        """The cost of the document, and its parts."""
        read = self._documents.read(self.schemas["reference"]._schema, document.text, None)
        return CostedOperation(read, None, document.variables, UNLIMITED).measure

    def compare(self, document: Document) -> None:
        """Raise a Difference unless both responses are equal and cost no more than computed before."""
        expected, actual = (self.answer(document, executor) for executor in EXECUTORS)
        if actual == expected:
            return
        if not actual.may_be(expected, self.answer(document, "unpropagated")):
            raise Difference(f"{document}\n{EXECUTORS[0]}: {expected}\n{EXECUTORS[1]}: {actual}")

    def compare_many(self, written: SearchStrategy[Document], number: int, start: int | None = None) -> None:
        """Compare generated documents, the same ones in each run unless a random start is given."""
        compare = settings(
            max_examples=number,
            derandomize=start is None,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )(given(written)(lambda document: self.compare(document)))
        (compare if start is None else seed(start)(compare))()


class Known:
    """Meaningful values of the demo data: existing ids and cursors."""

    def __init__(self, ids: Mapping[str, Sequence[str]], cursors: Mapping[str, Sequence[str]]) -> None:
        self._ids, self._cursors = ids, cursors

    def __call__(self, scalar: str, name: str, owner: str) -> Sequence[Any]:
        if scalar == "ID":
            kind = owner.removesuffix("Filter") if name in ("id", "ids") else name.removesuffix("Id")
            return (*self._ids.get(kind[:1].upper() + kind[1:], self._ids["Node"]), *UNKNOWN)
        if name == "dryRun":
            return (True,)
        if name in ("after", "before"):
            return self._cursors.get(owner, ())
        return TEXTS.get(name, ()) if scalar == "String" else SCALARS.get(scalar, ())


TEXTS: Mapping[str, Sequence[str]] = {
    "name": ("Pod", "Payments Platform", "Query", "PodFilter", "e", "PodStatus"),
    "type": ("pod.activated", "ticket"),
    "projectTag": ("payments", "e"),
}


async def known(engine: AsyncEngine) -> Known:
    """The ids and cursors of the demo data."""
    ids: dict[str, list[str]] = {}
    async with engine.connect() as connection:
        for kind in TYPES.values():
            if kind.relation.prefix:
                of_kind = select(kind.relation.table.c.id).order_by(kind.relation.table.c.id)
                ids[kind.__name__] = list((await connection.execute(of_kind)).scalars())
    ids["Node"] = sorted(one for some in ids.values() for one in some[:9])
    return Known(ids, await _cursors(engine))


async def _cursors(engine: AsyncEngine) -> dict[str, list[str]]:
    schema = build_schema("reference")
    query: Any = schema._schema.query_type
    pages = [name for name, field in query.fields.items() if "first" in field.args]
    selected = " ".join(f"{name}(first: 4) {{ __typename edges {{ cursor }} }}" for name in pages)
    result: Any = await schema.execute(f"{{ {selected} }}", context_value=context_for(engine))
    return {page["__typename"]: [edge["cursor"] for edge in page["edges"]] for page in result.data.values()}


@contextmanager
def opened(url: str) -> Iterator[tuple[AsyncEngine, Callable[[Any], Any]]]:
    """An engine, and a function that runs coroutines on its event loop."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        engine = create_engine(url)
        try:
            yield engine, runner.run
        finally:
            runner.run(engine.dispose())


def executed_by(schema: Schema, executor: type[StrawberryGraphQLCoreExecutionContext]) -> Schema:
    """The schema with another executor."""
    other = copy(schema)
    other.execution_context_class = executor
    return other


@contextmanager
def over_demo_data(
    url: str, viewer: Viewer = DEMO_VIEWER, kind: OperationType = OperationType.QUERY
) -> Iterator[tuple[Pair, SearchStrategy[Document]]]:
    """The real schema over a database with demo data, and a strategy for documents.

    Mutations are rehearsed: they show what they would have done, and leave nothing behind.
    """
    with opened(url) as (engine, run):
        # One schema, which parses and validates a document once for both.
        schema = build_schema("reference")
        schemas = {executor: executed_by(schema, CLASSES[executor]) for executor in EXECUTORS}
        written = documents(schemas["reference"]._schema, run(known(engine)), (kind,))
        yield Pair(schemas, partial(context_for, engine, viewer), run), written


@dataclass(frozen=True)
class Attempt:
    """The number of documents for one database, until a difference is `found` on any."""

    kind: type[Server]
    number: int
    start: int
    found: Any

    def run(self) -> None:
        """Run them in a separate process, which exits with 1 after a difference."""
        # Expected errors need no log.
        logging.getLogger("podgraph").disabled = True
        with TemporaryDirectory() as folder:
            server = self.kind(Path(folder))
            try:
                self._try(server)
            except Difference as difference:
                self.found.set()
                typer.echo(f"\nThe smallest document that they answer differently:\n\n{difference}")
                sys.exit(1)
            finally:
                if isinstance(server, Postgresql):
                    server.close()

    def _try(self, server: Server) -> None:
        rehearsals = self.number // 10
        with over_demo_data(server.database(demo=True), ALL_ROLES, OperationType.MUTATION) as graph:
            self._compare(*graph, rehearsals, "mutations")
        with over_demo_data(server.shared_demo()) as graph:
            self._compare(*graph, self.number - rehearsals, "queries")

    def _compare(self, pair: Pair, written: SearchStrategy[Document], number: int, what: str) -> None:
        for done in range(0, number, CHUNK):
            if self.found.is_set():
                return
            pair.compare_many(written, min(CHUNK, number - done), self.start + done)
            all_done = min(done + CHUNK, number)
            typer.echo(f"{self.kind.__name__}, {what}: {all_done} of {number} documents answered alike")


def main(documents: int = 10_000, start: int | None = None) -> None:
    """Compare the executors on random documents, half of them on each database."""
    start = random.randrange(2**32) if start is None else start
    typer.echo(f"--start {start}")
    processes = get_context("spawn")
    found = processes.Event()
    attempts = [Attempt(kind, documents // 2, start, found) for kind in (Sqlite, Postgresql)]
    running = [processes.Process(target=attempt.run) for attempt in attempts]
    for process in running:
        process.start()
    for process in running:
        process.join()
    raise typer.Exit(max(process.exitcode != 0 for process in running))


if __name__ == "__main__":
    typer.run(main)
