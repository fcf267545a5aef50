"""Writes on outcomes: asked for by the people of the demo, and refused without a trace."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import Viewer
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW, tenants
from podgraph.doctor.registry import examine
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema
from podgraph.writes.transaction import PLATFORM, Job, WriteTransaction
from podgraph.writes.unit_of_work import begin_write

APEX = frozenset({tenants.ORGANIZATION})
PEOPLE = {
    "owner": Viewer(tenants.OWNER, APEX, frozenset({Role.ORG_OWNER})),
    "member": Viewer("USR-26-000046", APEX, frozenset({Role.MEMBER})),
    "billing": Viewer("USR-26-000047", APEX, frozenset({Role.BILLING})),
    "viewer": Viewer("USR-26-000048", APEX, frozenset({Role.VIEWER})),
    "operator": Viewer(tenants.OPERATOR, APEX, frozenset({Role.OPERATOR})),
    "delivery": Viewer(tenants.DELIVERY, APEX, frozenset({Role.DELIVERY})),
    "stranger": Viewer("USR-26-000061", frozenset({tenants.NORTHWIND}), frozenset({Role.ORG_OWNER})),
}

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
def ask(demo_engine: AsyncEngine) -> Ask:
    """`await ask("owner", "confirmScope", "scope { id }", scopeId=...)`: the payload, events by their types.

    `codes` are those of its refusals, `at` is the time of the call.
    """

    async def call(who: str, mutation: str, shown: str = "", at: datetime = NOW, **given: Any) -> Any:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        rest = "userErrors { code field message } warnings { code message } events { type }"
        result = await build_schema().execute(
            f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {shown} {rest} }} }}",
            variable_values={"input": given},
            context_value=Context(PEOPLE[who], demo_engine, stopped_clock(at)),
        )
        assert result.errors is None, result.errors
        payload = result.data[mutation]  # type: ignore[index]
        payload["codes"] = [refusal["code"] for refusal in payload["userErrors"]]
        payload["events"] = [event["type"] for event in payload["events"]]
        return payload

    return call


@pytest.fixture
def refused(ask: Ask, digest: Callable[[], Awaitable[str]]) -> Ask:
    """The codes that a call is refused with; it leaves nothing behind."""

    async def codes(who: str, mutation: str, at: datetime = NOW, **given: Any) -> Any:
        before = await digest()
        payload = await ask(who, mutation, at=at, **given)
        assert (await digest(), payload["events"]) == (before, [])
        return payload["codes"]

    return codes


@pytest.fixture
def sql(demo_engine: AsyncEngine) -> Ask:
    """Runs a statement; what it finds is a list of rows, or of values where it finds one column."""

    async def run(statement: str, **values: Any) -> Any:
        async with demo_engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            rows = [tuple(row) for row in result] if result.returns_rows else []
            return [row[0] if len(row) == 1 else row for row in rows]

    return run


@pytest.fixture
def the(sql: Ask) -> Ask:
    """`await the("scope", title="...")`: the id of the latest record with these values."""

    async def find(table: str, **values: Any) -> Any:
        where = " AND ".join(f"{name} = :{name}" for name in values)
        return (await sql(f"SELECT id FROM {table} WHERE {where} ORDER BY id DESC", **values))[0]

    return find


@pytest.fixture
def tick(demo_engine: AsyncEngine) -> Ask:
    """Run the due jobs; returns the ids of their records."""

    async def run(jobs: tuple[Job, ...], at: datetime) -> list[str]:
        done: list[str] = []
        for job in jobs:
            async with begin_write(demo_engine) as connection:
                due = await job.due(WriteTransaction(connection, PLATFORM, at), 100)
            for identity in due:
                async with begin_write(demo_engine) as connection:
                    write = WriteTransaction(connection, PLATFORM, at)
                    await job.run(write, identity)
                    await write.finish()
                    await connection.commit()
            done += due
        return done

    return run


@pytest.fixture
def findings(demo_engine: AsyncEngine) -> Callable[[], Awaitable[list[Any]]]:
    """`await findings()`: what the doctor finds."""

    async def look() -> list[Any]:
        async with Snapshot(demo_engine) as snapshot:
            return list(await examine(Reader(snapshot, Tenancy(None), NOW)))

    return look
