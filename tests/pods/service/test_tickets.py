"""What is asked of a pod, the clock of its response, and who wins when both act at once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import Viewer
from podgraph.demo.reference import NOW
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.pods.repository import PODS
from podgraph.pods.service.tickets import JOBS
from podgraph.schema import build_schema
from podgraph.writes.transaction import PLATFORM, WriteTransaction
from podgraph.writes.unit_of_work import begin_write, retry_on_conflict

pytestmark = pytest.mark.writes

APEX = frozenset({"ORG-26-090500"})
OWNER = Viewer("USR-26-000044", APEX, frozenset({Role.ORG_OWNER}))
MEMBER = Viewer("USR-26-000046", APEX, frozenset({Role.MEMBER}))
VIEWER = Viewer("USR-26-000048", APEX, frozenset({Role.VIEWER}))
DELIVERY = Viewer("USR-26-000102", APEX, frozenset({Role.DELIVERY}))
OPERATOR = Viewer("USR-26-000101", APEX, frozenset({Role.OPERATOR}))
STRANGER = Viewer("USR-26-000061", frozenset({"ORG-26-090611"}), frozenset({Role.ORG_OWNER}))

POD = "POD-26-000008"
DUE = NOW + timedelta(hours=2)
SECOND = timedelta(seconds=1)

Digest = Callable[[], Awaitable[str]]

SHOWN = """
    ticket {
        id type priority status submittedBy { id } responseDueAt respondedAt responseHours responseSla
        resolvedAt closedAt escalatedAt reopenedAt version
        incident { id type severity status suspected serviceLine { id } }
        comments { nodes { body author { id } } }
    }
    events { type }
    userErrors { code field message }
"""


async def ask(engine: AsyncEngine, name: str, viewer: Viewer, at: datetime = NOW, **given: Any) -> Any:
    """The payload of a mutation of tickets."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    context = Context(viewer, engine, stopped_clock(at))
    result = await build_schema().execute(
        f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {SHOWN} }} }}",
        variable_values={"input": given},
        context_value=context,
    )
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data[name]


async def raised(engine: AsyncEngine, viewer: Viewer = MEMBER, at: datetime = NOW, **given: Any) -> str:
    """The id of a new ticket."""
    asked = {
        "podId": POD,
        "type": "PRIORITY_ITEM",
        "title": "Checkout returns 502",
        "description": "Since noon.",
    }
    payload = await ask(engine, "createTicket", viewer, at, **{**asked, **given})
    assert payload["userErrors"] == []
    ticket_id: str = payload["ticket"]["id"]
    return ticket_id


async def answered(engine: AsyncEngine) -> str:
    """The id of a new ticket that was responded to within half an hour and resolved after one."""
    ticket_id = await raised(engine)
    await ask(engine, "respondToTicket", DELIVERY, NOW + timedelta(minutes=30), ticketId=ticket_id)
    await ask(engine, "resolveTicket", DELIVERY, NOW + timedelta(hours=1), ticketId=ticket_id)
    return ticket_id


async def tick(engine: AsyncEngine, at: datetime) -> None:
    """Run the due jobs of tickets, each in its own transaction."""
    for job in JOBS:
        async with begin_write(engine) as connection:
            due = await job.due(WriteTransaction(connection, PLATFORM, at), 100)
        for ticket_id in due:
            await retry_on_conflict(lambda: run(engine, job.run, ticket_id, at))  # noqa: B023 - it is awaited here


async def run(
    engine: AsyncEngine, act: Callable[[WriteTransaction, str], Awaitable[None]], ticket_id: str, at: datetime
) -> None:
    async with begin_write(engine) as connection:
        write = WriteTransaction(connection, PLATFORM, at)
        await act(write, ticket_id)
        await write.finish()
        await connection.commit()


async def look(engine: AsyncEngine, ticket_id: str) -> Any:
    """The ticket as it is now, with its history as types of events."""
    result = await build_schema().execute(
        f'{{ ticket(id: "{ticket_id}") {{ status responseSla respondedAt closedAt incident {{ id status }}'
        " availableActions { mutation enabled } history { nodes { type actor { id } } } } }",
        context_value=Context(OWNER, engine, stopped_clock(NOW)),
    )
    assert result.data is not None, result.errors
    ticket = result.data["ticket"]
    ticket["history"] = [event["type"] for event in ticket["history"]["nodes"]]
    return ticket


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def types(payload: Any) -> list[str]:
    return [event["type"] for event in payload["events"]]


async def test_a_requested_pod_has_the_hours_of_its_sla(demo_engine: AsyncEngine) -> None:
    payload = await ask(
        demo_engine,
        "createTicket",
        MEMBER,
        podId=POD,
        type="PRIORITY_ITEM",
        title="Expedite the fix",
        description="Production fails.",
        priority="HIGH",
        submittedBy="USR-26-000046",
    )

    ticket = payload["ticket"]
    assert (ticket["status"], ticket["priority"], ticket["responseSla"]) == ("OPEN", "HIGH", "PENDING")
    assert ticket["responseDueAt"] == "2026-05-14T18:00:00Z"
    assert ticket["submittedBy"] == {"id": "USR-26-000046"}
    assert types(payload) == ["ticket.created"]


@pytest.mark.parametrize(
    ("viewer", "given", "code"),
    [
        (VIEWER, {}, "FORBIDDEN"),
        (DELIVERY, {}, "FORBIDDEN"),
        (STRANGER, {}, "NOT_FOUND"),
        (MEMBER, {"podId": "POD-26-999999"}, "NOT_FOUND"),
        (MEMBER, {"submittedBy": "USR-26-000044"}, "ACTOR_MISMATCH"),
        (OPERATOR, {"submittedBy": "USR-26-000061"}, "ACTOR_MISMATCH"),
        (MEMBER, {"title": "x" * 256}, "INVALID"),
        (MEMBER, {"description": " "}, "INVALID"),
        (MEMBER, {"expectedVersion": 99}, "VERSION_CONFLICT"),
    ],
)
async def test_what_can_not_be_asked_leaves_nothing_behind(
    demo_engine: AsyncEngine, digest: Digest, viewer: Viewer, given: dict[str, Any], code: str
) -> None:
    before = await digest()
    asked = {"podId": POD, "type": "ISSUE", "title": "Late", "description": "Rates are old.", **given}

    payload = await ask(demo_engine, "createTicket", viewer, **asked)

    assert codes(payload) == [code]
    assert await digest() == before


@pytest.mark.parametrize(("status", "code"), [("SCOPING", "INVALID_TRANSITION"), ("PAUSED", None)])
async def test_a_ticket_needs_a_pod_that_is_running_or_paused(
    demo_engine: AsyncEngine, status: str, code: str | None
) -> None:
    async with begin_write(demo_engine) as connection:
        pods = await WriteTransaction(connection, PLATFORM, NOW).select(PODS, status=status)
    viewer = Viewer("USR-26-000044", frozenset({pods[0].organization_id}), frozenset({Role.ORG_OWNER}))

    payload = await ask(
        demo_engine, "createTicket", viewer, podId=pods[0].id, type="ISSUE", title="Late", description="Old."
    )

    assert codes(payload) == ([code] if code else [])


async def test_the_account_team_asks_for_a_member(demo_engine: AsyncEngine) -> None:
    ticket_id = await raised(demo_engine, OPERATOR, submittedBy="USR-26-000046")

    payload = await ask(demo_engine, "closeTicket", MEMBER, ticketId=ticket_id)

    assert payload["ticket"]["submittedBy"] == {"id": "USR-26-000046"}
    assert payload["ticket"]["status"] == "CLOSED"


async def test_a_response_at_the_very_deadline_is_in_time(demo_engine: AsyncEngine) -> None:
    ticket_id = await raised(demo_engine)

    payload = await ask(demo_engine, "respondToTicket", DELIVERY, DUE, ticketId=ticket_id)

    ticket = payload["ticket"]
    assert (ticket["status"], ticket["responseSla"]) == ("IN_PROGRESS", "MET")
    assert (ticket["respondedAt"], ticket["responseHours"]) == ("2026-05-14T18:00:00Z", "2.0")
    assert types(payload) == ["ticket.responded"]
    assert ticket["incident"] is None


async def test_a_late_response_is_a_breach_before_the_scheduler_runs(demo_engine: AsyncEngine) -> None:
    ticket_id = await raised(demo_engine)

    payload = await ask(demo_engine, "respondToTicket", DELIVERY, DUE + SECOND, ticketId=ticket_id)
    await tick(demo_engine, DUE + timedelta(minutes=1))

    assert types(payload) == ["ticket.response_breached", "incident.opened", "ticket.responded"]
    assert payload["ticket"]["responseSla"] == "BREACHED"
    history = (await look(demo_engine, ticket_id))["history"]
    assert history == ["ticket.created", "ticket.response_breached", "ticket.responded"]


async def test_a_ticket_is_answered_once(demo_engine: AsyncEngine, digest: Digest) -> None:
    ticket_id = await raised(demo_engine)
    await ask(demo_engine, "respondToTicket", DELIVERY, ticketId=ticket_id)
    before = await digest()

    again = await ask(demo_engine, "respondToTicket", DELIVERY, ticketId=ticket_id)
    forbidden = await ask(demo_engine, "respondToTicket", OWNER, ticketId=ticket_id)

    assert (codes(again), codes(forbidden)) == (["ALREADY_DONE"], ["FORBIDDEN"])
    assert again["ticket"]["status"] == "IN_PROGRESS"
    assert await digest() == before


async def test_the_clock_warns_at_four_fifths_and_judges_after_the_deadline(demo_engine: AsyncEngine) -> None:
    ticket_id = await raised(demo_engine)
    moments = {
        timedelta(minutes=95): ["ticket.created"],
        timedelta(minutes=96): ["ticket.created", "ticket.response_at_risk"],
        timedelta(minutes=120): ["ticket.created", "ticket.response_at_risk"],
        timedelta(minutes=121): ["ticket.created", "ticket.response_at_risk", "ticket.response_breached"],
    }

    for after, history in moments.items():
        await tick(demo_engine, NOW + after)
        await tick(demo_engine, NOW + after)
        assert (await look(demo_engine, ticket_id))["history"] == history

    late = await ask(demo_engine, "respondToTicket", DELIVERY, NOW + timedelta(hours=3), ticketId=ticket_id)
    incident = late["ticket"]["incident"]
    assert (incident["type"], incident["severity"], incident["status"]) == ("SLA_BREACH", "P2", "OPEN")
    assert incident["serviceLine"] == {"id": "LIN-26-088401"}
    assert incident["suspected"] is False
    assert (late["ticket"]["responseSla"], late["ticket"]["responseHours"]) == ("BREACHED", "3.0")


async def test_a_late_scheduler_run_does_not_warn_of_a_passed_deadline(demo_engine: AsyncEngine) -> None:
    ticket_id = await raised(demo_engine)

    await tick(demo_engine, NOW + timedelta(days=1))

    assert (await look(demo_engine, ticket_id))["history"] == ["ticket.created", "ticket.response_breached"]


async def test_what_is_said_on_a_ticket_is_no_response(demo_engine: AsyncEngine) -> None:
    ticket_id = await raised(demo_engine)

    payload = await ask(demo_engine, "addTicketComment", DELIVERY, ticketId=ticket_id, body="We look at it.")

    assert payload["ticket"]["comments"]["nodes"] == [{"body": "We look at it.", "author": {"id": "USR-26-000102"}}]
    assert (payload["ticket"]["responseSla"], payload["ticket"]["version"]) == ("PENDING", 2)
    assert types(payload) == ["ticket.commented"]


async def test_the_account_management_is_called_once_in_24_hours(demo_engine: AsyncEngine, digest: Digest) -> None:
    ticket_id = await raised(demo_engine)
    first = await ask(demo_engine, "escalateTicket", MEMBER, ticketId=ticket_id, reason="It is promised.")
    before = await digest()

    soon = NOW + timedelta(hours=24) - SECOND
    again = await ask(demo_engine, "escalateTicket", MEMBER, soon, ticketId=ticket_id)

    assert types(first) == ["ticket.escalated"]
    assert first["ticket"]["type"] == "PRIORITY_ITEM"
    assert codes(again) == ["ALREADY_DONE"]
    assert await digest() == before
    next_day = await ask(demo_engine, "escalateTicket", MEMBER, soon + SECOND, ticketId=ticket_id)
    assert next_day["ticket"]["escalatedAt"] == "2026-05-15T16:00:00Z"


async def test_a_resolved_ticket_is_closed_by_the_clients_administrators(demo_engine: AsyncEngine) -> None:
    ticket_id = await answered(demo_engine)

    member = await ask(demo_engine, "closeTicket", MEMBER, ticketId=ticket_id)
    payload = await ask(demo_engine, "closeTicket", OWNER, ticketId=ticket_id)

    assert codes(member) == ["FORBIDDEN"]
    assert (payload["ticket"]["status"], types(payload)) == ("CLOSED", ["ticket.closed"])


async def test_a_resolved_ticket_is_closed_by_the_clock_after_7_days(demo_engine: AsyncEngine) -> None:
    ticket_id = await answered(demo_engine)
    week_over = NOW + timedelta(days=7, hours=1)

    await tick(demo_engine, week_over - SECOND)
    before = await look(demo_engine, ticket_id)
    await tick(demo_engine, week_over)
    after = await look(demo_engine, ticket_id)

    assert (before["status"], after["status"]) == ("RESOLVED", "CLOSED")
    assert after["closedAt"] == "2026-05-21T17:00:00Z"


async def test_only_the_author_withdraws_a_ticket(demo_engine: AsyncEngine, digest: Digest) -> None:
    ticket_id = await raised(demo_engine)
    before = await digest()

    other = await ask(demo_engine, "closeTicket", OWNER, ticketId=ticket_id)

    assert codes(other) == ["FORBIDDEN"]
    assert await digest() == before
    own = await ask(demo_engine, "closeTicket", MEMBER, ticketId=ticket_id)
    await tick(demo_engine, DUE + SECOND)
    assert own["ticket"]["status"] == "CLOSED"
    assert (await look(demo_engine, ticket_id))["history"] == ["ticket.created", "ticket.closed"]


async def test_who_withdraws_a_ticket_late_does_not_undo_the_breach(demo_engine: AsyncEngine) -> None:
    ticket_id = await raised(demo_engine)

    payload = await ask(demo_engine, "closeTicket", MEMBER, DUE + SECOND, ticketId=ticket_id)

    assert types(payload) == ["ticket.response_breached", "incident.opened", "ticket.closed"]


async def test_a_reopened_ticket_has_a_new_deadline_and_its_first_response(
    demo_engine: AsyncEngine,
) -> None:
    ticket_id = await answered(demo_engine)
    later = NOW + timedelta(days=1)

    payload = await ask(demo_engine, "reopenTicket", OWNER, later, ticketId=ticket_id, reason="Again.")

    ticket = payload["ticket"]
    assert (ticket["status"], ticket["responseSla"]) == ("OPEN", "PENDING")
    assert (ticket["responseDueAt"], ticket["reopenedAt"]) == ("2026-05-15T18:00:00Z", "2026-05-15T16:00:00Z")
    assert (ticket["responseHours"], ticket["resolvedAt"]) == ("0.5", None)
    second = await ask(demo_engine, "respondToTicket", DELIVERY, later + timedelta(hours=1), ticketId=ticket_id)
    assert (second["ticket"]["responseSla"], second["ticket"]["responseHours"]) == ("MET", "0.5")


async def test_a_ticket_has_one_incident_however_often_it_is_late(demo_engine: AsyncEngine) -> None:
    ticket_id = await raised(demo_engine)
    for day in (0, 2):
        late = NOW + timedelta(days=day, hours=3)
        answer = await ask(demo_engine, "respondToTicket", DELIVERY, late, ticketId=ticket_id)
        await ask(demo_engine, "resolveTicket", DELIVERY, late, ticketId=ticket_id)
        await ask(demo_engine, "reopenTicket", OWNER, NOW + timedelta(days=day + 2), ticketId=ticket_id)
        assert answer["ticket"]["responseSla"] == "BREACHED"

    history = (await look(demo_engine, ticket_id))["history"]
    assert history.count("ticket.response_breached") == 2
    assert await count(demo_engine, "incident", f"ticket_id = '{ticket_id}'") == 1


@pytest.mark.parametrize(
    ("name", "viewer", "after", "code"),
    [
        ("reopenTicket", MEMBER, timedelta(days=1), "FORBIDDEN"),
        ("reopenTicket", OWNER, timedelta(days=30, hours=1, seconds=1), "INVALID_TRANSITION"),
        ("resolveTicket", DELIVERY, timedelta(days=1), "ALREADY_DONE"),
        ("escalateTicket", MEMBER, timedelta(days=1), "INVALID_TRANSITION"),
        ("closeTicket", STRANGER, timedelta(days=1), "NOT_FOUND"),
    ],
)
async def test_what_a_resolved_ticket_refuses(
    demo_engine: AsyncEngine, digest: Digest, name: str, viewer: Viewer, after: timedelta, code: str
) -> None:
    ticket_id = await answered(demo_engine)
    before = await digest()

    payload = await ask(demo_engine, name, viewer, NOW + after, ticketId=ticket_id)

    assert codes(payload) == [code]
    assert await digest() == before


async def test_a_ticket_of_a_pod_that_has_ended_stays_closed(demo_engine: AsyncEngine) -> None:
    ticket_id = await answered(demo_engine)
    async with demo_engine.begin() as connection:
        await connection.execute(text(f"UPDATE pod SET status = 'COMPLETED' WHERE id = '{POD}'"))

    payload = await ask(demo_engine, "reopenTicket", OWNER, ticketId=ticket_id)

    assert codes(payload) == ["INVALID_TRANSITION"]
    actions = (await look(demo_engine, ticket_id))["availableActions"]
    assert {"mutation": "reopenTicket", "enabled": False} in actions


async def test_response_and_clock_at_once_give_one_verdict(demo_engine: AsyncEngine) -> None:
    """Each response, sent at the very deadline, races with a clock that is past it."""
    tickets = [await raised(demo_engine, title=f"Item {number}") for number in range(20)]
    judge = next(job.run for job in JOBS if "judge" in job.name)

    async def race(ticket_id: str, place: int) -> Any:
        clock = run(demo_engine, judge, ticket_id, DUE + SECOND)
        answer = ask(demo_engine, "respondToTicket", DELIVERY, DUE, ticketId=ticket_id)
        # The first task gets the connection first: the scheduler for every other ticket.
        both = (answer, clock) if place % 2 else (clock, answer)
        return next(payload for payload in await asyncio.gather(*both) if payload)

    payloads = await asyncio.gather(*(race(one, place) for place, one in enumerate(tickets)))

    assert [codes(one) for one in payloads] == [[]] * 20
    for ticket_id in tickets:
        ticket = await look(demo_engine, ticket_id)
        breached = ticket["responseSla"] == "BREACHED"
        assert (ticket["status"], breached or ticket["responseSla"] == "MET") == ("IN_PROGRESS", True)
        assert ticket["history"].count("ticket.response_breached") == breached
        assert await count(demo_engine, "incident", f"ticket_id = '{ticket_id}'") == breached
        # The times of the record agree with its verdict, in either order.
        assert (datetime.fromisoformat(ticket["respondedAt"]) > DUE) == breached


async def test_two_clocks_at_once_judge_a_ticket_once(demo_engine: AsyncEngine) -> None:
    tickets = [await raised(demo_engine, title=f"Item {number}") for number in range(10)]

    await asyncio.gather(*(tick(demo_engine, DUE + SECOND) for _ in range(4)))

    for ticket_id in tickets:
        ticket = await look(demo_engine, ticket_id)
        assert ticket["history"] == ["ticket.created", "ticket.response_breached"]
        assert await count(demo_engine, "incident", f"ticket_id = '{ticket_id}'") == 1


async def test_ten_responses_at_once_are_one(demo_engine: AsyncEngine) -> None:
    ticket_id = await raised(demo_engine)

    payloads = await asyncio.gather(
        *(ask(demo_engine, "respondToTicket", DELIVERY, ticketId=ticket_id) for _ in range(10))
    )

    assert sorted(map(codes, payloads)) == [[]] + [["ALREADY_DONE"]] * 9
    assert (await look(demo_engine, ticket_id))["history"] == ["ticket.created", "ticket.responded"]


async def count(engine: AsyncEngine, table: str, where: str) -> int:
    async with engine.connect() as connection:
        found: int = (await connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}"))).scalar_one()
    return found
