"""Statements contain the organization, by which a sharded PostgreSQL routes each of them to one shard."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Server, context_for
from podgraph.database.engine import create_engine
from podgraph.demo.reference import NOW
from podgraph.execution.mutations import MUTATIONS
from podgraph.kernel.roles import Role
from podgraph.reports.registry import REPORTS, variables
from podgraph.schema import build_schema
from random_writes import ACTORS, World
from reports.test_statements import GIVEN

PAUSE = """
    mutation {
        pausePod(input: { podId: "POD-26-000008", reason: "A freeze", idempotencyKey: "once" }) {
            pod { status } userErrors { code } events { type }
        }
    }
"""


ELSEWHERE = re.compile(
    r"(FROM|INTO|UPDATE) (idempotency_key|id_counter)\b|pg_(try_)?advisory_xact_lock\("
    r'|FROM "user" \s*WHERE "user"\.id =|FROM membership \s*WHERE membership\.user_id ='
)
"""Statements without a tenant: idempotency keys, id counters, users by id and their roles, advisory locks."""
NAMED = re.compile(
    # As a value that a row must have, as the row itself, not at all for no row, or as what is inserted.
    r"organization_id = (ANY \()?(CAST\()?\$\d|\borganization(_\d+)?\.id = (ANY \()?\$\d"
    r"|WHERE false\b|INSERT INTO (organization \(.*\bid\b|\w+ \(.*\borganization_id\b)"
)
"""The conditions by which a statement contains the organization, so that the database finds the shard."""


PARTS = re.compile(r"^WITH part_0 AS |, part_\d+ AS |(?<=\)) SELECT \* FROM \(SELECT\) AS nothing.*", re.DOTALL)
"""The separators of combined statements."""

CALLS = 150
CLOCK = {"tick"}
"""Mutations that select due records of all organizations."""


@contextmanager
def collected(engine: AsyncEngine) -> Iterator[set[str]]:
    """The SQL of every statement that is executed meanwhile, by the driver or by SQLAlchemy."""
    texts: set[str] = set()

    def connected(connection: Any, _record: Any) -> None:
        connection.driver_connection.add_query_logger(lambda query: texts.add(query.query))

    def executed(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        texts.add(text)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "before_cursor_execute", executed)
    yield texts


def nowhere(texts: set[str]) -> list[str]:
    """The statements on tables of tenants, and parts of combined ones, without the organization."""
    frames = ("BEGIN", "COMMIT", "ROLLBACK")
    parts = {part for text in texts if not text.startswith(frames) for part in PARTS.split(text)}
    data = [part for part in parts if part and not ELSEWHERE.search(part)]
    assert data
    return [part for part in data if not NAMED.search(part)]


async def run(engine: AsyncEngine, document: str, given: dict[str, Any]) -> None:
    result = await build_schema().execute(document, given, context_value=context_for(engine))
    assert result.errors is None, result.errors


@pytest.fixture
def url(servers: dict[str, Server]) -> str:
    return servers["postgresql"].database(demo=True)


async def test_every_statement_of_reports_contains_the_organization(url: str) -> None:
    engine = create_engine(url)
    with collected(engine) as texts:
        for report in REPORTS.values():
            options = {parameter.option for parameter in report.parameters} & GIVEN.keys()
            given = variables(report, {option: GIVEN[option] for option in options}, NOW)
            await run(engine, report.document, given)
    await engine.dispose()
    assert nowhere(texts) == []


async def test_every_statement_of_a_mutation_contains_the_organization(url: str) -> None:
    engine = create_engine(url)
    with collected(engine) as texts:
        await run(engine, PAUSE, {})
    await engine.dispose()
    assert any("UPDATE pod SET" in text for text in texts)
    assert nowhere(texts) == []


class Calls(World):
    """Random calls, executed on another engine than the queries that select the calls.

    Programs make them, who see one organization whatever their roles; other operators see all shards.
    """

    def __init__(self, url: str) -> None:
        super().__init__(create_engine(url), Random(5))
        self.actors = {role: replace(viewer, user_id=None, token_id="TOK-26-000001") for role, viewer in ACTORS.items()}
        self.calling = create_engine(url)

    async def _chosen(self) -> tuple[str, Role, dict[str, str]]:
        while (chosen := await super()._chosen())[0] in CLOCK:
            pass
        return chosen

    def called(self) -> set[str]:
        """The mutations that have been called."""
        return {done.partition(" ")[0] for done in self.done}

    async def _called(self, *given: Any) -> Any:
        looking, self.engine = self.engine, self.calling
        try:
            return await super()._called(*given)
        finally:
            self.engine = looking


async def test_every_statement_of_any_mutation_contains_the_organization(url: str) -> None:
    calls = Calls(url)
    with collected(calls.calling) as texts:
        for _ in range(CALLS):
            await calls.call()
        for mutation in sorted(MUTATIONS.keys() - calls.called() - CLOCK):
            await calls.call(mutation)
    await calls.calling.dispose()
    await calls.engine.dispose()
    assert calls.called() == MUTATIONS.keys() - CLOCK
    assert sum(done.endswith("done") for done in calls.done) >= 5
    assert nowhere(texts) == []
