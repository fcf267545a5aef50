"""Scopes: proposed, confirmed, declined, cancelled."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.demo.reference import NOW
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.schema import build_schema
from podgraph.server.app import DEMO_VIEWER

Ask = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.writes

CONSENT = "Consent management for analytics"
POOL = "CAP-26-000120"


def promise(title: str = "Catalogue", criteria: tuple[str, ...] = ("Every table is in it.",)) -> Any:
    return {"title": title, "description": "All tables.", "acceptanceCriteria": list(criteria)}


def cycle(start: str, weeks: int = 3, **promised: Any) -> Any:
    return {"name": start, "plannedStart": start, "weeks": weeks, "deliverables": [promise(**promised)]}


def milestones(*parts: tuple[str, str, int]) -> Any:
    return [{"key": key, "trigger": trigger, "percent": percent} for key, trigger, percent in parts]


INPUT = {
    "fixedPrice": "21000.01",
    "capacityPoolId": POOL,
    "committedPerWeek": 40,
    "cycles": [cycle("2026-06-01"), cycle("2026-06-22", title="Handover")],
}


async def propose(ask: Ask, the: Ask, shown: str = "scope { id }", **given: Any) -> Any:
    request = await the("outcome_request", title="Customer data catalogue")
    return await ask("operator", "proposeScope", shown, requestId=request, **{**INPUT, **given})


async def test_a_proposal_replaces_the_demand_of_its_request(ask: Ask, the: Ask, sql: Ask, findings: Ask) -> None:
    shown = "request { status } scope { id timelineWeeks payments { nodes { amount { amount } status } } }"

    payload = await propose(ask, the, shown)

    scope = payload["scope"]
    assert payload["request"] == {"status": "SCOPED"}
    assert scope["timelineWeeks"] == 6
    assert sorted(one["amount"]["amount"] for one in scope["payments"]["nodes"]) == ["10500.00", "10500.01"]
    asked = "SELECT source_type, confidence FROM capacity_request WHERE closed_at IS NULL AND source_id = :id"
    assert await sql(asked, id=scope["id"]) == [("SCOPE", "proposed")]
    assert await sql(asked, id=await the("outcome_request", title="Customer data catalogue")) == []
    assert await findings() == []


@pytest.mark.parametrize(
    ("who", "given", "codes"),
    [
        ("owner", {}, ["FORBIDDEN"]),
        ("stranger", {}, ["NOT_FOUND"]),
        ("operator", {"fixedPrice": "22000.01"}, ["SCOPE_EXCEEDS_BUDGET"]),
        ("operator", {"cycles": [cycle("2026-06-01", 11)]}, ["SCOPE_EXCEEDS_TIMELINE"]),
        ("operator", {"cycles": [cycle("2026-06-01", criteria=())]}, ["WEAK_ACCEPTANCE_CRITERIA"]),
        ("operator", {"cycles": [cycle("2026-06-01"), cycle("2026-06-21")]}, ["INVALID"]),
        ("operator", {"cycles": [cycle("2026-05-13")]}, ["INVALID"]),
        ("operator", {"cycles": []}, ["INVALID"]),
        ("operator", {"currency": "EUR"}, ["CURRENCY_MISMATCH"]),
        ("operator", {"capacityPoolId": "CAP-26-000112"}, ["INVALID"]),
        ("operator", {"validUntil": "2026-05-14T16:00:00Z"}, ["INVALID"]),
        (
            "operator",
            {"paymentSchedule": milestones(("a", "SCOPE_CONFIRMED", 50), ("b", "FINAL_ACCEPTANCE", 49))},
            ["INVALID"],
        ),
        (
            "operator",
            {"fixedPrice": "23000", "cycles": [cycle("2026-06-01", 11, criteria=())]},
            ["WEAK_ACCEPTANCE_CRITERIA", "SCOPE_EXCEEDS_BUDGET", "SCOPE_EXCEEDS_TIMELINE"],
        ),
    ],
)
async def test_a_rejected_proposal_reports_every_error(
    refused: Ask, the: Ask, who: str, given: dict[str, Any], codes: list[str]
) -> None:
    request = await the("outcome_request", title="Customer data catalogue")

    assert await refused(who, "proposeScope", requestId=request, **{**INPUT, **given}) == codes


async def test_a_proposal_cannot_use_the_pool_of_another_client(refused: Ask, the: Ask, sql: Ask) -> None:
    pool = (await sql("SELECT id FROM capacity_pool WHERE organization_id = 'ORG-26-090611'"))[0]
    request = await the("outcome_request", title="Customer data catalogue")

    codes = await refused("operator", "proposeScope", requestId=request, **{**INPUT, "capacityPoolId": pool})

    assert codes == ["CROSS_TENANT_REFERENCE"]


@pytest.mark.parametrize("key", [None, "confirm-1"])
async def test_a_confirmation_takes_few_statements(demo_engine: AsyncEngine, the: Ask, key: str | None) -> None:
    context = Context(DEMO_VIEWER, demo_engine, stopped_clock(NOW))
    given = {"scopeId": await the("scope", title=CONSENT), "idempotencyKey": key}
    document = "mutation ($input: ConfirmScopeInput!) { confirmScope(input: $input) { userErrors { code } } }"

    result = await build_schema().execute(document, variable_values={"input": given}, context_value=context)

    assert result.data == {"confirmScope": {"userErrors": []}}
    assert context.statements <= (25 if key else 20)


async def test_a_confirmation_settles_the_demand_and_takes_from_the_pool(
    ask: Ask, the: Ask, sql: Ask, findings: Ask
) -> None:
    scope = await the("scope", title=CONSENT)
    held = f"SELECT count(*) FROM allocation WHERE capacity_pool_id = '{POOL}' AND status = 'ACTIVE'"
    before = (await sql(held))[0]

    payload = await ask("owner", "confirmScope", "scope { status } payment { dueAt }", scopeId=scope)

    assert payload["scope"] == {"status": "ACTIVE"}
    assert payload["payment"] == {"dueAt": "2026-05-21T00:00:00Z"}
    assert payload["warnings"] == []
    assert await sql("SELECT id FROM capacity_request WHERE closed_at IS NULL AND source_id = :id", id=scope) == []
    assert (await sql(held))[0] == before + 1
    assert await findings() == []


async def test_a_late_confirmation_succeeds_with_warnings(ask: Ask, the: Ask, sql: Ask) -> None:
    scope = await the("scope", title=CONSENT)
    await sql("UPDATE scope SET valid_until = NULL WHERE id = :id", id=scope)

    payload = await ask("owner", "confirmScope", scopeId=scope, at=NOW + timedelta(days=27))

    assert payload["warnings"] == [
        {"code": "LATE_CONFIRMATION", "message": "The planned start was 2026-06-08."},
        {"code": "TIMELINE_COMPRESSED", "message": "19 of 21 planned days remain."},
    ]


@pytest.mark.parametrize(
    ("who", "given", "codes"),
    [
        ("member", {}, ["FORBIDDEN"]),
        ("operator", {}, ["FORBIDDEN"]),
        ("stranger", {}, ["NOT_FOUND"]),
        ("owner", {"acceptedBy": "USR-26-000045"}, ["ACTOR_MISMATCH"]),
        ("owner", {"expectedVersion": 7}, ["VERSION_CONFLICT"]),
        ("owner", {"at": NOW + timedelta(days=20)}, ["PROPOSAL_EXPIRED"]),
    ],
)
async def test_a_confirmation_is_refused(
    refused: Ask, the: Ask, who: str, given: dict[str, Any], codes: list[str]
) -> None:
    assert await refused(who, "confirmScope", scopeId=await the("scope", title=CONSENT), **given) == codes


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE commercial_subscription SET status = 'PAST_DUE'", "SUBSCRIPTION_INACTIVE"),
        ("UPDATE capacity_pool SET total = allocated", "INSUFFICIENT_CAPACITY"),
    ],
)
async def test_a_confirmation_needs_a_subscription_and_room(
    refused: Ask, the: Ask, sql: Ask, statement: str, code: str
) -> None:
    await sql(statement)

    assert await refused("owner", "confirmScope", scopeId=await the("scope", title=CONSENT)) == [code]


async def test_a_declined_proposal_makes_way_for_another(ask: Ask, the: Ask, findings: Ask) -> None:
    scope = await the("scope", title=CONSENT)
    shown = "scope { status declineReason payments { nodes { status } } } request { status scope { id } }"

    payload = await ask("owner", "declineScope", shown, scopeId=scope, reason="'Loads' cannot be checked.")

    assert payload["request"] == {"status": "SCOPING", "scope": None}
    assert payload["scope"] == {
        "status": "CANCELLED",
        "declineReason": "'Loads' cannot be checked.",
        "payments": {"nodes": [{"status": "VOID"}] * 2},
    }
    assert {"ods.scope.declined", "ods.request.scoping_resumed"} <= set(payload["events"])
    assert await findings() == []


async def test_a_cancelled_scope_ends_its_line_and_keeps_what_is_due(ask: Ask, findings: Ask) -> None:
    shown = """scope {
        status serviceLine { status allocations { nodes { status } } }
        cycles { nodes { status } } deliverables { nodes { status } } payments { nodes { status } }
    }"""

    payload = await ask("owner", "cancelScope", shown, scopeId="OSCOPE-26-000009", reason="Discontinued.")

    scope = payload["scope"]
    assert scope["serviceLine"] == {"status": "TERMINATED", "allocations": {"nodes": [{"status": "CLOSED"}]}}
    assert {one["status"] for one in scope["cycles"]["nodes"]} == {"CANCELLED"}
    assert {one["status"] for one in scope["deliverables"]["nodes"]} == {"CANCELLED"}
    assert [one["status"] for one in scope["payments"]["nodes"]] == ["DUE", "VOID"]
    assert await findings() == []


async def test_a_scope_is_cancelled_once(ask: Ask, refused: Ask) -> None:
    given = {"scopeId": "OSCOPE-26-000009", "reason": "Discontinued."}
    await ask("owner", "cancelScope", **given)

    assert await refused("owner", "cancelScope", **given) == ["ALREADY_DONE"]
