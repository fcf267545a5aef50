"""What is raised on a service line and what becomes of it, and usage that never changes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import PLATFORM, Viewer
from podgraph.demo.reference import NOW
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema

pytestmark = pytest.mark.writes

APEX = frozenset({"ORG-26-090500"})
OWNER = Viewer("USR-26-000044", APEX, frozenset({Role.ORG_OWNER}))
MEMBER = Viewer("USR-26-000046", APEX, frozenset({Role.MEMBER}))
DELIVERY = Viewer("USR-26-000102", APEX, frozenset({Role.DELIVERY}))
OPERATOR = Viewer("USR-26-000101", APEX, frozenset({Role.OPERATOR}))
STRANGER = Viewer("USR-26-000061", frozenset({"ORG-26-090611"}), frozenset({Role.ORG_OWNER}))

LINE = "LIN-26-088401"
BLOCKED: dict[str, Any] = {"type": "DELIVERY_BLOCKER", "title": "Releases have stopped"}
HOURS: dict[str, Any] = {
    "metric": "talent.hours",
    "quantity": "8",
    "unit": "hours",
    "occurredOn": "2026-05-13",
}

Digest = Callable[[], Awaitable[str]]

INCIDENT = """incident {
    id type severity suspected title status raisedBy { id } serviceLine { id } pod { id }
    acknowledgedAt resolvedAt resolution version
}"""
USAGE = 'serviceLine { version usage(from: "2026-05-13", to: "2026-05-13") { metrics { metric quantity unit } } }'


async def ask(engine: AsyncEngine, name: str, viewer: Viewer, at: datetime = NOW, **given: Any) -> Any:
    """The payload of a mutation of incidents or usage."""
    shown = USAGE if name == "recordUsage" else INCIDENT
    result = await build_schema().execute(
        f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input)"
        f" {{ {shown} events {{ type subjectId payload }} userErrors {{ code field message }} }} }}",
        variable_values={"input": given},
        context_value=Context(viewer, engine, stopped_clock(at)),
    )
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data[name]


async def raised(engine: AsyncEngine) -> str:
    """The id of a new incident."""
    payload = await ask(engine, "raiseIncident", OWNER, serviceLineId=LINE, **BLOCKED)
    incident_id: str = payload["incident"]["id"]
    return incident_id


async def end_line(engine: AsyncEngine, ended_at: datetime) -> None:
    async with engine.begin() as connection:
        values = {"at": f"{ended_at:%Y-%m-%d %H:%M:%S}.000000", "line": LINE}
        if connection.dialect.name == "postgresql":
            values["at"] = ended_at  # type: ignore[assignment]
        await connection.execute(
            text("UPDATE service_line SET status = 'CLOSED', ended_at = :at WHERE id = :line"), values
        )


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def types(payload: Any) -> list[str]:
    return [event["type"] for event in payload["events"]]


async def test_what_a_client_raises_on_a_pod_is_a_suspicion(demo_engine: AsyncEngine) -> None:
    payload = await ask(demo_engine, "raiseIncident", OWNER, podId="POD-26-000008", **BLOCKED)

    incident = payload["incident"]
    assert (incident["serviceLine"], incident["pod"]) == ({"id": LINE}, {"id": "POD-26-000008"})
    assert (incident["status"], incident["severity"], incident["suspected"]) == ("OPEN", "P3", True)
    assert incident["raisedBy"] == {"id": "USR-26-000044"}
    assert types(payload) == ["incident.opened"]


@pytest.mark.parametrize(("given", "suspected"), [({}, False), ({"raisedBy": "USR-26-000044"}, True)])
async def test_the_account_team_raises_confirmed_and_reported_incidents(
    demo_engine: AsyncEngine, given: dict[str, Any], suspected: bool
) -> None:
    payload = await ask(demo_engine, "raiseIncident", OPERATOR, serviceLineId=LINE, severity="P1", **BLOCKED, **given)

    assert payload["incident"]["suspected"] is suspected
    assert payload["incident"]["raisedBy"] == {"id": given.get("raisedBy", "USR-26-000101")}
    assert payload["incident"]["severity"] == "P1"


@pytest.mark.parametrize(
    ("viewer", "given", "code"),
    [
        (MEMBER, {"serviceLineId": LINE}, "FORBIDDEN"),
        (DELIVERY, {"serviceLineId": LINE}, "FORBIDDEN"),
        (STRANGER, {"serviceLineId": LINE}, "NOT_FOUND"),
        (STRANGER, {"podId": "POD-26-000008"}, "NOT_FOUND"),
        (OWNER, {"serviceLineId": "POD-26-000008"}, "NOT_FOUND"),
        (OWNER, {}, "REQUIRED"),
        (OWNER, {"serviceLineId": LINE, "podId": "POD-26-000008"}, "INVALID"),
        (OWNER, {"serviceLineId": LINE, "raisedBy": "USR-26-000045"}, "ACTOR_MISMATCH"),
        (OWNER, {"serviceLineId": LINE, "title": "bell \u0007"}, "INVALID"),
        (OWNER, {"serviceLineId": LINE, "expectedVersion": 99}, "VERSION_CONFLICT"),
    ],
)
async def test_what_can_not_be_raised_leaves_nothing_behind(
    demo_engine: AsyncEngine, digest: Digest, viewer: Viewer, given: dict[str, Any], code: str
) -> None:
    before = await digest()

    payload = await ask(demo_engine, "raiseIncident", viewer, **{**BLOCKED, **given})

    assert codes(payload) == [code]
    assert await digest() == before


@pytest.mark.parametrize(("days", "code"), [(30, []), (31, ["INVALID_TRANSITION"])])
async def test_an_incident_on_an_ended_line_is_raised_within_30_days(
    demo_engine: AsyncEngine, days: int, code: list[str]
) -> None:
    await end_line(demo_engine, NOW - timedelta(days=days))

    payload = await ask(demo_engine, "raiseIncident", OWNER, serviceLineId=LINE, **BLOCKED)

    assert codes(payload) == code


async def test_an_incident_is_taken_on_settled_and_opened_again(demo_engine: AsyncEngine) -> None:
    incident_id = await raised(demo_engine)

    seen = await ask(demo_engine, "acknowledgeIncident", DELIVERY, incidentId=incident_id)
    done = await ask(demo_engine, "resolveIncident", OPERATOR, incidentId=incident_id, resolution="Rolled back.")
    again = await ask(demo_engine, "reopenIncident", OWNER, incidentId=incident_id, reason="It is back.")

    assert (seen["incident"]["status"], types(seen)) == ("ACKNOWLEDGED", ["incident.acknowledged"])
    assert (done["incident"]["status"], done["incident"]["resolution"]) == ("RESOLVED", "Rolled back.")
    assert (again["incident"]["status"], again["incident"]["version"]) == ("OPEN", 4)
    assert (again["incident"]["acknowledgedAt"], again["incident"]["resolution"]) == (None, None)
    assert again["events"][0]["payload"] == {"reason": "It is back."}


async def test_an_incident_is_worse_than_was_thought(demo_engine: AsyncEngine, digest: Digest) -> None:
    incident_id = await raised(demo_engine)
    worse: dict[str, Any] = {"incidentId": incident_id, "severity": "P1", "reason": "Two clients are hit."}
    payload = await ask(demo_engine, "changeIncidentSeverity", DELIVERY, **worse)
    before = await digest()

    again = await ask(demo_engine, "changeIncidentSeverity", DELIVERY, **worse)

    assert payload["incident"]["severity"] == "P1"
    assert types(payload) == ["incident.severity_changed"]
    assert codes(again) == ["ALREADY_DONE"]
    assert await digest() == before


@pytest.mark.parametrize(
    ("name", "viewer", "given", "code"),
    [
        ("resolveIncident", DELIVERY, {"resolution": "Done."}, "INVALID_TRANSITION"),
        ("resolveIncident", DELIVERY, {"resolution": ""}, "INVALID"),
        ("reopenIncident", OWNER, {}, "ALREADY_DONE"),
        ("acknowledgeIncident", OWNER, {}, "FORBIDDEN"),
        ("acknowledgeIncident", STRANGER, {}, "NOT_FOUND"),
        ("acknowledgeIncident", DELIVERY, {"expectedVersion": 7}, "VERSION_CONFLICT"),
    ],
)
async def test_what_an_open_incident_refuses(
    demo_engine: AsyncEngine, digest: Digest, name: str, viewer: Viewer, given: dict[str, Any], code: str
) -> None:
    incident_id = await raised(demo_engine)
    before = await digest()

    payload = await ask(demo_engine, name, viewer, incidentId=incident_id, **given)

    assert codes(payload) == [code]
    assert await digest() == before


async def test_an_incident_is_settled_once(demo_engine: AsyncEngine) -> None:
    incident_id = await raised(demo_engine)
    await ask(demo_engine, "acknowledgeIncident", DELIVERY, incidentId=incident_id)

    payloads = await asyncio.gather(
        *(
            ask(demo_engine, "resolveIncident", DELIVERY, incidentId=incident_id, resolution=f"Fix {number}.")
            for number in range(8)
        )
    )

    assert sorted(map(codes, payloads)) == [[]] + [["ALREADY_DONE"]] * 7


@pytest.mark.parametrize("viewer", [DELIVERY, OPERATOR, PLATFORM])
async def test_usage_is_recorded_and_counts_at_once(demo_engine: AsyncEngine, viewer: Viewer) -> None:
    before = await ask(demo_engine, "recordUsage", viewer, serviceLineId=LINE, dryRun=True, **HOURS)
    payload = await ask(demo_engine, "recordUsage", viewer, serviceLineId=LINE, **HOURS)

    assert before["serviceLine"] == payload["serviceLine"]
    days = payload["serviceLine"]["usage"]["metrics"]
    assert [(one["metric"], one["unit"]) for one in days] == [("talent.days", "days")]
    (event,) = payload["events"]
    assert (event["type"], event["subjectId"]) == ("usage.recorded", LINE)
    assert (event["payload"]["quantity"], event["payload"]["occurred_on"]) == ("8", "2026-05-13")


@pytest.mark.parametrize(
    ("viewer", "given", "code"),
    [
        (OWNER, {}, "FORBIDDEN"),
        (STRANGER, {}, "NOT_FOUND"),
        (DELIVERY, {"occurredOn": "2026-05-15"}, "INVALID"),
        (DELIVERY, {"occurredOn": "2025-08-31"}, "INVALID"),
        (DELIVERY, {"quantity": "0"}, "INVALID"),
        (DELIVERY, {"quantity": "-1"}, "INVALID"),
        (DELIVERY, {"quantity": "100000000000"}, "INVALID"),
        (DELIVERY, {"unit": "days"}, "INVALID"),
        (DELIVERY, {"cost": "100"}, "REQUIRED"),
        (DELIVERY, {"currency": "USD"}, "REQUIRED"),
        (DELIVERY, {"cost": "100", "currency": "EUR"}, "CURRENCY_MISMATCH"),
        (DELIVERY, {"cost": "1.005", "currency": "USD"}, "INVALID"),
    ],
)
async def test_usage_that_can_not_be_is_not_recorded(
    demo_engine: AsyncEngine, digest: Digest, viewer: Viewer, given: dict[str, Any], code: str
) -> None:
    before = await digest()

    payload = await ask(demo_engine, "recordUsage", viewer, **{"serviceLineId": LINE, **HOURS, **given})

    assert codes(payload) == [code]
    assert await digest() == before
