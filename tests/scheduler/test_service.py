"""Scheduler, and the creation of organizations and workspaces."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import PLATFORM, Viewer
from podgraph.demo.reference import NOW
from podgraph.execution.context import Context
from podgraph.execution.mutations import MUTATIONS
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.pods.repository import PODS
from podgraph.scheduler import service
from podgraph.schema import build_schema
from podgraph.server.app import create_app
from podgraph.settings import Settings
from podgraph.writes.idempotency import KEPT_FOR
from podgraph.writes.transaction import Job, WriteTransaction
from serving import SECRET

pytestmark = pytest.mark.writes

APEX = frozenset({"ORG-26-090500"})
OWNER = Viewer("USR-26-000044", APEX, frozenset({Role.ORG_OWNER}))
OPERATOR = Viewer("USR-26-000101", APEX, frozenset({Role.OPERATOR}))
STRANGER = Viewer("USR-26-000061", frozenset({"ORG-26-090611"}), frozenset({Role.ORG_OWNER}))

Digest = Callable[[], Awaitable[str]]

SHOWN = {
    "tick": "idempotentReplay",
    "createOrganization": "organization { id name currency }",
    "createWorkspace": "workspace { id name organization { id } }",
}


async def ask(engine: AsyncEngine, name: str, viewer: Viewer, /, at: Any = NOW, **given: Any) -> Any:
    """The payload of a mutation of the platform."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    subject = "subject { __typename ... on Node { id } }"
    result = await build_schema().execute(
        f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
            {SHOWN.get(name, "")} userErrors {{ code field }} events {{ type {subject} }} }} }}""",
        variable_values={"input": given},
        context_value=Context(viewer, engine, stopped_clock(at)),
    )
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data[name]


async def fetch(engine: AsyncEngine, statement: str) -> list[Any]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


def codes(payload: Any) -> list[str]:
    return [one["code"] for one in payload["userErrors"]]


# -- organizations and workspaces ------------------------------------------------------------------------


async def test_organization_and_workspace_are_created(demo_engine: AsyncEngine) -> None:
    payload = await ask(demo_engine, "createOrganization", OPERATOR, name="Harbour AS", currency="NOK")
    organization_id = payload["organization"]["id"]
    assert payload["organization"] == {"id": organization_id, "name": "Harbour AS", "currency": "NOK"}
    subject = {"__typename": "Organization", "id": organization_id}
    assert payload["events"] == [{"type": "organization.created", "subject": subject}]

    owner = Viewer(None, frozenset({organization_id}), frozenset({Role.ORG_OWNER}))
    payload = await ask(demo_engine, "createWorkspace", owner, organizationId=organization_id, name="Berths")
    assert payload["workspace"]["organization"] == {"id": organization_id}
    subject = {"__typename": "Workspace", "id": payload["workspace"]["id"]}
    assert payload["events"] == [{"type": "workspace.created", "subject": subject}]


MEMBER = Viewer("USR-26-000046", APEX, frozenset({Role.MEMBER}))
NAMED = {"name": "Harbour AS", "currency": "NOK"}
REFUSED: dict[str, Any] = {
    "a client's organization": ("createOrganization", OWNER, NAMED, "FORBIDDEN"),
    "a currency that is none": ("createOrganization", OPERATOR, {**NAMED, "currency": "nok"}, "INVALID"),
    "an organization without a name": ("createOrganization", OPERATOR, {**NAMED, "name": " "}, "INVALID"),
    "a member's workspace": (
        "createWorkspace",
        MEMBER,
        {"organizationId": "ORG-26-090500", "name": "x"},
        "FORBIDDEN",
    ),
    "a stranger's workspace": (
        "createWorkspace",
        STRANGER,
        {"organizationId": "ORG-26-090500", "name": "x"},
        "NOT_FOUND",
    ),
    "a client's hand on the clock": ("tick", OWNER, {}, "FORBIDDEN"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_other_callers_cannot_run_the_scheduler(case: str, demo_engine: AsyncEngine, digest: Digest) -> None:
    name, viewer, given, code = REFUSED[case]
    before = await digest()

    assert codes(await ask(demo_engine, name, viewer, **given)) == [code]
    assert await digest() == before


# -- the clock -------------------------------------------------------------------------------------------


async def test_tick_runs_due_jobs_in_one_transaction(demo_engine: AsyncEngine) -> None:
    ends = await fetch(demo_engine, "SELECT id FROM allocation WHERE ends_at < '2026-09-02' AND status = 'ACTIVE'")
    payload = await ask(demo_engine, "tick", PLATFORM, at=NOW + timedelta(days=120))

    assert codes(payload) == []
    closed = {one["subject"]["id"] for one in payload["events"] if one["type"] == "allocation.closed"}
    assert closed >= {one for (one,) in ends} != set()


READY = "DLV-26-000090"


async def test_each_job_emits_its_events(demo_engine: AsyncEngine) -> None:
    async with demo_engine.begin() as connection:
        await connection.execute(text("UPDATE pod SET auto_complete = true WHERE status = 'ACTIVE'"))
    item = {"podId": "POD-26-000008", "type": "PRIORITY_ITEM", "title": "x", "description": "x"}
    assert codes(await ask(demo_engine, "createTicket", OWNER, priority="HIGH", **item)) == []
    why = {"rejectionReason": "Rows older than the policy are kept.", "unmetCriteria": ["AC-1"]}
    assert codes(await ask(demo_engine, "rejectDeliverable", OWNER, deliverableId=READY, **why)) == []
    invited = {"organizationId": "ORG-26-090500", "email": "ana@apex.example", "grants": [{"role": "BILLING"}]}
    assert codes(await ask(demo_engine, "inviteUser", OWNER, **invited)) == []
    types: set[str] = set()
    for hours in (1.7, 3, *range(24, 24 * 400, 24 * 7)):
        payload = await ask(demo_engine, "tick", PLATFORM, at=NOW + timedelta(hours=hours))
        types |= {one["type"] for one in payload["events"]}

    assert types == MUTATIONS["tick"].events


async def test_idempotency_keys_are_deleted_after_a_day(demo_engine: AsyncEngine) -> None:
    given = {"name": "Harbour AS", "currency": "NOK", "idempotencyKey": "once"}
    await ask(demo_engine, "createOrganization", OPERATOR, **given)
    keys = "SELECT actor_id, key FROM idempotency_key"

    await service.run_due_jobs(demo_engine, NOW + KEPT_FOR)
    assert await fetch(demo_engine, keys) == [("USR-26-000101", "once")]
    await service.run_due_jobs(demo_engine, NOW + KEPT_FOR + timedelta(seconds=1))
    assert await fetch(demo_engine, keys) == []


async def _fails(_write: WriteTransaction, identity: str) -> None:
    raise RuntimeError(f"no way with {identity}")


def _those(*ids: str) -> Select[Any]:
    return select(PODS.table.c.id).where(PODS.table.c.id.in_(ids)).order_by(PODS.table.c.id)


async def test_a_failed_job_is_logged_and_blocks_no_other(
    demo_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        service,
        "JOBS",
        (Job("fail with pods", _those("POD-26-000008", "POD-26-000011"), _fails), *service.JOBS),
    )
    with caplog.at_level(logging.ERROR, "podgraph.clock"):
        done = await service.run_due_jobs(demo_engine, NOW + timedelta(days=120))

    assert done[service.FAILED] == 2
    assert done["end allocations"] >= 1
    assert [one.args[1] for one in caplog.records if isinstance(one.args, tuple)] == [
        "POD-26-000008",
        "POD-26-000011",
    ]


async def test_the_scheduler_runs_until_it_is_cancelled(
    demo_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = asyncio.Event()

    class Look(Job):
        async def due(self, write: WriteTransaction, most: int) -> list[str]:
            looked.set()
            raise RuntimeError("the database is away")

    monkeypatch.setattr(service, "JOBS", (Look("nothing", _those(), _fails),))
    keeping = asyncio.create_task(service.run_scheduler(demo_engine, stopped_clock(NOW), every=0.01))
    await asyncio.wait_for(looked.wait(), 10)
    looked.clear()
    # A failed run is followed by the next one.
    await asyncio.wait_for(looked.wait(), 10)
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def test_a_server_runs_the_scheduler(demo_url: str) -> None:
    def keeping() -> int:
        return sum("run_scheduler" in repr(task.get_coro()) for task in asyncio.all_tasks())

    app = create_app(Settings(demo_url, SECRET), keeps_time=True)
    async with app.router.lifespan_context(app):
        assert keeping() == 1
    assert keeping() == 0
