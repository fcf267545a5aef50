"""Statements name the organization, by which a sharded PostgreSQL sends each to one shard."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Server, context_for
from podgraph.database.engine import create_engine
from podgraph.demo.reference import NOW
from podgraph.reports.documents import REPORTS, variables
from podgraph.schema import build_schema
from reports.test_statements import GIVEN

PAUSE = """
    mutation {
        pausePod(input: { podId: "POD-26-000008", reason: "A freeze", idempotencyKey: "once" }) {
            pod { status } userErrors { code } events { type }
        }
    }
"""


ELSEWHERE = ("idempotency_key", "id_counter", "pg_try_advisory_xact_lock")
"""What is the same for all organizations: keys by their actor, and numbers of ids."""


@contextmanager
def collected(engine: AsyncEngine) -> Iterator[set[str]]:
    """The text of every statement that is run meanwhile, by the driver or by SQLAlchemy."""
    texts: set[str] = set()

    def connected(connection: Any, _record: Any) -> None:
        connection.driver_connection.add_query_logger(lambda query: texts.add(query.query))

    def executed(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        texts.add(text)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "before_cursor_execute", executed)
    yield texts


def nowhere(texts: set[str]) -> list[str]:
    """The statements on tenants' tables that do not name the organization."""
    frames = ("BEGIN", "COMMIT", "ROLLBACK")
    data = [text for text in texts if not text.startswith(frames) and not any(e in text for e in ELSEWHERE)]
    assert data
    return [text for text in data if "organization" not in text]


async def run(engine: AsyncEngine, document: str, given: dict[str, Any]) -> None:
    result = await build_schema().execute(document, given, context_value=context_for(engine))
    assert result.errors is None, result.errors


@pytest.fixture
def url(servers: dict[str, Server]) -> str:
    return servers["postgresql"].database(demo=True)


async def test_every_statement_of_the_reports_names_the_organization(url: str) -> None:
    engine = create_engine(url)
    with collected(engine) as texts:
        for report in REPORTS.values():
            options = {parameter.option for parameter in report.parameters} & GIVEN.keys()
            given = variables(report, {option: GIVEN[option] for option in options}, NOW)
            await run(engine, report.document, given)
    await engine.dispose()
    assert nowhere(texts) == []


async def test_every_statement_of_a_mutation_does_too(url: str) -> None:
    engine = create_engine(url)
    with collected(engine) as texts:
        await run(engine, PAUSE, {})
    await engine.dispose()
    assert any(text.startswith("UPDATE pod SET") for text in texts)
    assert nowhere(texts) == []
