"""Pods from their request to their end, and what is refused on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.kernel.roles import Role
from podgraph.pods.service.pods import JOBS
from podgraph.writes.transaction import PLATFORM, WriteTransaction
from podgraph.writes.unit_of_work import begin_write

APEX = frozenset({"ORG-26-090500"})
OPERATOR = Viewer("USR-26-000101", APEX, frozenset({Role.OPERATOR}))
MEMBER = Viewer("USR-26-000046", APEX, frozenset({Role.MEMBER}))
STRANGER = Viewer("USR-26-000061", frozenset({"ORG-26-090611"}), frozenset({Role.ORG_OWNER}))
RUNNING, ASKED, OFFERED, PAUSED, DONE = (f"POD-26-0000{n}" for n in ("08", "11", "12", "10", "13"))

PAYLOAD = """
    pod { id version status teamSize startedAt renewsAt endedAt durationMonths
          costPerMonth { amount currency } proposal { teamSize }
          team { talent { id } role }
          sla { responseTimeHours effectiveFrom terms { metric tolerancePercent weightPercent } }
          serviceLine { status executionModel billingModel projects: source { ... on Pod { id } }
              allocations { nodes { status origin: committedPerWeek
                  resources { talent { id } committedHoursPerWeek } } } }
          scope { id currentRevision { number summary } } }
    userErrors { code field } warnings { code } events { type }"""
REQUEST = {
    "workspaceId": "WS-26-000021",
    "subscriptionId": "SUB-26-001122",
    "projectIds": ["PROJ-26-004281"],
    "name": "Ledger Pod",
    "description": "Keeps the ledger right.",
    "deliveryModel": "MANAGED_DELIVERY",
    "requestedTeamSize": 2,
    "requiredCapabilities": ["backend_engineering"],
    "startDate": "2026-06-01",
    "durationMonths": 12,
}
TEAM = [
    {"talentId": "SCR-128491", "role": "backend_engineer"},
    {"talentId": "SCR-132150", "role": "privacy_engineer"},
]
OFFER = {
    "podId": ASKED,
    "team": TEAM,
    "sla": {
        "throughputTasksPerSprint": 9,
        "responseTimeHours": "4",
        "availabilityHoursPerWeek": 80,
        "qualityGatePercent": 75,
    },
    "costPerMonth": "15000.00",
    "currency": "USD",
    "capacityPoolId": "CAP-26-000120",
    "committedPerWeek": 80,
}
Digest = Callable[[], Awaitable[str]]


async def call(execute: Execute, name: str, viewer: Viewer | None = None, /, **given: Any) -> Any:
    kind = {"confirmPod": "PodInput", "resumePod": "PodInput", "completePod": "PodInput"}
    kind |= {name: f"{name[0].upper()}{name[1:]}Input"} if name not in kind else {}
    more = {"renewPod": "breachesInTerm { period metric }", "revisePodScope": "podScope { id }"}.get(name, "")
    document = f"mutation($input: {kind[name]}!) {{ {name}(input: $input) {{ {PAYLOAD} {more} }} }}"
    return (await execute(document, *([viewer] if viewer else []), input=given))[name]


def types(payload: Any) -> list[str]:
    return [event["type"] for event in payload["events"]]


def codes(payload: Any, of: str = "userErrors") -> list[str]:
    return [one["code"] for one in payload[of]]


async def count(engine: AsyncEngine, condition: str) -> int:
    async with engine.connect() as connection:
        counted: int = (await connection.execute(text(f"SELECT count(*) FROM {condition}"))).scalar_one()
        return counted


@pytest.mark.writes
async def test_a_requested_pod_is_in_scoping_with_a_first_revision(
    execute: Execute,
) -> None:
    payload = await call(execute, "requestPod", MEMBER, **REQUEST)

    assert payload["userErrors"] == []
    assert payload["pod"]["status"] == "SCOPING"
    assert payload["pod"]["teamSize"] == 0
    assert payload["pod"]["scope"]["currentRevision"] == {"number": 1, "summary": "Keeps the ledger right."}
    assert types(payload)[0] == "pod.requested"
    assert codes(payload, "warnings") == ["CAPACITY_GAP"]


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "given", "code", "field"),
    [
        (STRANGER, {}, "NOT_FOUND", "workspaceId"),
        (Viewer("USR-26-000048", APEX, frozenset({Role.VIEWER})), {}, "FORBIDDEN", None),
        (MEMBER, {"startDate": "2026-05-13"}, "INVALID", "startDate"),
        (MEMBER, {"requestedTeamSize": 101}, "INVALID", "requestedTeamSize"),
        (MEMBER, {"durationMonths": 0}, "INVALID", "durationMonths"),
        (MEMBER, {"requiredCapabilities": []}, "INVALID", "requiredCapabilities"),
        (MEMBER, {"name": "x" * 256}, "INVALID", "name"),
        (MEMBER, {"subscriptionId": "SUB-26-001130"}, "NOT_FOUND", "subscriptionId"),
        (MEMBER, {"projectIds": ["POD-26-000008"]}, "NOT_FOUND", "projectIds"),
    ],
)
async def test_a_request_that_can_not_be_taken_leaves_nothing_behind(
    execute: Execute, digest: Digest, viewer: Viewer, given: Any, code: str, field: str | None
) -> None:
    before = await digest()

    payload = await call(execute, "requestPod", viewer, **{**REQUEST, **given})

    assert [(one["code"], one["field"] and one["field"][0]) for one in payload["userErrors"]] == [(code, field)]
    assert await digest() == before


@pytest.mark.writes
async def test_a_pod_is_not_requested_on_a_subscription_that_is_not_paid(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    async with demo_engine.begin() as connection:
        await connection.execute(text("UPDATE commercial_subscription SET status = 'PAST_DUE'"))

    assert codes(await call(execute, "requestPod", MEMBER, **REQUEST)) == ["SUBSCRIPTION_INACTIVE"]


@pytest.mark.writes
async def test_a_new_offer_takes_the_place_of_the_one_before(execute: Execute, demo_engine: AsyncEngine) -> None:
    first = await call(execute, "proposePod", OPERATOR, **OFFER)
    second = await call(execute, "proposePod", OPERATOR, **{**OFFER, "team": TEAM[:1]})

    assert (first["pod"]["proposal"], second["pod"]["proposal"]) == ({"teamSize": 2}, {"teamSize": 1})
    assert (second["pod"]["status"], second["pod"]["version"]) == ("SCOPING", first["pod"]["version"] + 1)
    assert types(second)[-1] == "pod.proposed"
    still_asked = f"capacity_request WHERE source_id = '{ASKED}' AND closed_at IS NULL"
    assert await count(demo_engine, still_asked) == 1


@pytest.mark.writes
@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"currency": "EUR"}, "CURRENCY_MISMATCH", ["currency"]),
        ({"costPerMonth": 0}, "INVALID", ["costPerMonth"]),
        ({"team": []}, "INVALID", ["team"]),
        ({"team": [TEAM[0], TEAM[0]]}, "INVALID", ["team", "1", "talentId"]),
        (
            {"team": [{"talentId": "SCR-133001", "role": "qa"}]},
            "CROSS_TENANT_REFERENCE",
            ["team", "0", "talentId"],
        ),
        ({"capacityPoolId": "CAP-26-000198"}, "INVALID", ["capacityPoolId"]),
        ({"expiresAt": "2026-05-14T16:00:00Z"}, "INVALID", ["expiresAt"]),
        (
            {
                "sla": {
                    **OFFER["sla"],  # type: ignore[dict-item]
                    "metrics": [{"metric": "THROUGHPUT", "weightPercent": 11}],
                }
            },
            "INVALID",
            ["sla", "metrics"],
        ),
        ({"podId": RUNNING}, "INVALID_TRANSITION", None),
    ],
)
async def test_an_offer_that_can_not_be_made_changes_nothing(
    execute: Execute, digest: Digest, given: Any, code: str, field: list[str] | None
) -> None:
    before = await digest()

    payload = await call(execute, "proposePod", OPERATOR, **{**OFFER, **given})

    assert [(one["code"], one["field"]) for one in payload["userErrors"]] == [(code, field)]
    assert await digest() == before


@pytest.mark.writes
async def test_a_confirmed_pod_has_line_sla_team_and_allocation(
    execute: Execute,
) -> None:
    await call(execute, "proposePod", OPERATOR, **OFFER)

    payload = await call(execute, "confirmPod", podId=ASKED)

    pod = payload["pod"]
    assert payload["userErrors"] == []
    assert types(payload) == ["service_line.activated", "allocation.created", "pod.activated"]
    assert (pod["status"], pod["teamSize"]) == ("ACTIVE", 2)
    assert (pod["startedAt"], pod["renewsAt"]) == ("2026-05-14T16:00:00Z", "2026-11-14T16:00:00Z")
    assert pod["costPerMonth"] == {"amount": "15000.00", "currency": "USD"}
    assert pod["sla"]["effectiveFrom"] == "2026-05"
    assert pod["serviceLine"]["executionModel"] == "ONGOING_SLA"
    assert pod["serviceLine"]["allocations"]["nodes"] == [
        {
            "status": "ACTIVE",
            "origin": "80",
            "resources": [{"talent": {"id": member["talentId"]}, "committedHoursPerWeek": "40"} for member in TEAM],
        }
    ]


@pytest.mark.writes
async def test_a_confirmation_warns_of_people_who_are_promised_twice(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    await call(execute, "proposePod", OPERATOR, **OFFER)

    payload = await call(execute, "confirmPod", podId=ASKED, dryRun=True)

    assert "TALENT_OVERCOMMITTED" in codes(payload, "warnings")
    assert await count(demo_engine, f"service_line WHERE source_id = '{ASKED}'") == 0


@pytest.mark.writes
async def test_a_pod_is_confirmed_once_and_shows_the_same_line_again(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    first = await call(execute, "confirmPod", podId=OFFERED)
    again = await call(execute, "confirmPod", podId=OFFERED)

    assert (codes(first), codes(again)) == ([], ["ALREADY_DONE"])
    assert again["pod"] == first["pod"]
    assert await count(demo_engine, f"sla_terms WHERE pod_id = '{OFFERED}'") == 1


@pytest.mark.writes
async def test_of_many_confirmations_at_once_one_opens_the_line(execute: Execute, demo_engine: AsyncEngine) -> None:
    payloads = await asyncio.gather(*(call(execute, "confirmPod", podId=OFFERED) for _ in range(12)))

    assert sorted(map(codes, payloads)) == [[], *[["ALREADY_DONE"]] * 11]
    assert await count(demo_engine, f"service_line WHERE source_id = '{OFFERED}'") == 1
    assert await count(demo_engine, f"sla_terms WHERE pod_id = '{OFFERED}'") == 1


@pytest.mark.writes
@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("SELECT 1", "PROPOSAL_INCOMPLETE"),
        ("UPDATE capacity_pool SET total = allocated", "INSUFFICIENT_CAPACITY"),
        ("UPDATE commercial_subscription SET status = 'CANCELLED'", "SUBSCRIPTION_INACTIVE"),
    ],
)
async def test_a_pod_that_can_not_be_confirmed_stays_as_it_is(
    execute: Execute, digest: Digest, demo_engine: AsyncEngine, before: str, code: str
) -> None:
    async with demo_engine.begin() as connection:
        await connection.execute(text(before))
    unchanged = await digest()

    payload = await call(execute, "confirmPod", podId=ASKED if before == "SELECT 1" else OFFERED)

    assert codes(payload) == [code]
    assert payload["pod"]["status"] == "SCOPING"
    assert await digest() == unchanged


@pytest.mark.writes
async def test_a_pod_goes_on_with_its_line_and_its_allocations(execute: Execute) -> None:
    payload = await call(execute, "resumePod", podId=PAUSED)

    assert types(payload) == ["service_line.resumed", "allocation.resumed", "pod.resumed"]
    assert payload["pod"]["status"] == payload["pod"]["serviceLine"]["status"] == "ACTIVE"


@pytest.mark.writes
async def test_a_renewal_shows_what_was_breached_in_the_term(execute: Execute) -> None:
    payload = await call(execute, "renewPod", podId=RUNNING, months=12)

    assert payload["pod"]["renewsAt"] == "2027-09-01T00:00:00Z"
    assert payload["breachesInTerm"] == [
        {"period": "2025-09", "metric": "THROUGHPUT"},
        {"period": "2025-09", "metric": "AVAILABILITY"},
        {"period": "2025-10", "metric": "QUALITY_GATE"},
        {"period": "2025-12", "metric": "RESPONSE_TIME"},
        {"period": "2026-01", "metric": "QUALITY_GATE"},
        {"period": "2026-04", "metric": "QUALITY_GATE"},
    ]
    assert codes(payload, "warnings") == ["BREACHES_IN_TERM"]


@pytest.mark.writes
async def test_a_renewal_is_the_clients(execute: Execute, digest: Digest) -> None:
    before = await digest()

    assert codes(await call(execute, "renewPod", OPERATOR, podId=RUNNING, months=12)) == ["FORBIDDEN"]
    assert codes(await call(execute, "renewPod", podId=DONE, months=12)) == ["INVALID_TRANSITION"]
    assert await digest() == before


@pytest.mark.writes
async def test_another_team_works_on_the_same_line_and_shares_its_hours(execute: Execute) -> None:
    before = await execute(f'{{ pod(id: "{RUNNING}") {{ serviceLine {{ id }} }} }}')

    payload = await call(execute, "updatePodTeam", OPERATOR, podId=RUNNING, team=TEAM)

    after = await execute(f'{{ pod(id: "{RUNNING}") {{ serviceLine {{ id }} }} }}')
    assert after == before
    assert types(payload) == ["allocation.updated", "pod.team_changed"]
    assert [one["talent"]["id"] for one in payload["pod"]["team"]] == ["SCR-128491", "SCR-132150"]
    (allocation,) = payload["pod"]["serviceLine"]["allocations"]["nodes"]
    assert [one["committedHoursPerWeek"] for one in allocation["resources"]] == ["100", "100"]
    assert codes(payload, "warnings") == ["TALENT_OVERCOMMITTED", "TALENT_OVERCOMMITTED"]


@pytest.mark.writes
async def test_the_team_that_it_is_already_is_no_change(execute: Execute, digest: Digest) -> None:
    await call(execute, "updatePodTeam", OPERATOR, podId=RUNNING, team=TEAM)
    before = await digest()

    again = await call(execute, "updatePodTeam", OPERATOR, podId=RUNNING, team=TEAM)

    assert codes(again) == ["ALREADY_DONE"]
    assert await digest() == before


REVISION = {
    "podId": RUNNING,
    "items": [{"key": "export", "title": "Settlement export", "priority": 1}],
    "changeNote": "Only the export is left.",
}


@pytest.mark.writes
async def test_a_revision_follows_the_one_that_was_read(execute: Execute) -> None:
    payload = await call(execute, "revisePodScope", MEMBER, **REVISION, expectedVersion=4)

    assert types(payload) == ["pod_scope.revised"]
    assert payload["pod"]["scope"]["currentRevision"] == {
        "number": 5,
        "summary": "The settlement export comes first; webhooks gain a replay.",
    }


@pytest.mark.writes
async def test_a_stale_revision_returns_the_current_one(execute: Execute, digest: Digest) -> None:
    before = await digest()

    payload = await call(execute, "revisePodScope", MEMBER, **REVISION, expectedVersion=3)

    assert codes(payload) == ["VERSION_CONFLICT"]
    assert payload["podScope"]["id"] == payload["pod"]["scope"]["id"]
    assert payload["pod"]["scope"]["currentRevision"]["number"] == 4
    assert await digest() == before


@pytest.mark.writes
async def test_of_many_revisions_of_the_same_one_only_one_is_written(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    revise = (call(execute, "revisePodScope", MEMBER, **REVISION, expectedVersion=4) for _ in range(12))

    payloads = await asyncio.gather(*revise)

    assert sorted(map(codes, payloads)) == [[], *[["VERSION_CONFLICT"]] * 11]
    assert {one["pod"]["scope"]["currentRevision"]["number"] for one in payloads} == {5}
    assert await count(demo_engine, "pod_scope_revision WHERE number = 5") == 1


@pytest.mark.writes
async def test_a_key_names_one_item_of_a_revision(execute: Execute) -> None:
    twice = {**REVISION, "items": [*REVISION["items"], *REVISION["items"]]}

    payload = await call(execute, "revisePodScope", MEMBER, **twice, expectedVersion=4)

    assert payload["userErrors"] == [{"code": "INVALID", "field": ["items", "1", "key"]}]


@pytest.mark.writes
@pytest.mark.parametrize(
    ("name", "given", "status", "line"),
    [
        ("completePod", {}, "COMPLETED", "CLOSED"),
        ("cancelPod", {"reason": "Stop."}, "CANCELLED", "TERMINATED"),
    ],
)
async def test_the_end_of_a_pod_frees_its_hours_and_its_people(
    execute: Execute, demo_engine: AsyncEngine, name: str, given: Any, status: str, line: str
) -> None:
    payload = await call(execute, name, podId=RUNNING, **given)

    assert types(payload) == ["allocation.closed", f"service_line.{line.lower()}", f"pod.{status.lower()}"]
    assert (payload["pod"]["status"], payload["pod"]["serviceLine"]["status"]) == (status, line)
    assert payload["pod"]["endedAt"] == "2026-05-14T16:00:00Z"
    assert await count(demo_engine, f"pod_member WHERE pod_id = '{RUNNING}' AND left_at IS NULL") == 0


@pytest.mark.writes
async def test_a_pod_in_scoping_that_is_cancelled_loses_its_offer(execute: Execute, demo_engine: AsyncEngine) -> None:
    payload = await call(execute, "cancelPod", podId=OFFERED, reason="Postponed.")

    assert types(payload) == ["pod.cancelled"]
    assert (payload["pod"]["status"], payload["pod"]["proposal"]) == ("CANCELLED", None)
    assert await count(demo_engine, f"capacity_request WHERE source_id = '{OFFERED}' AND closed_at IS NULL") == 0


@pytest.mark.writes
async def test_the_scheduler_completes_a_pod_at_the_end_of_its_term_once(
    demo_engine: AsyncEngine, execute: Execute
) -> None:
    (job,) = JOBS
    async with demo_engine.begin() as connection:
        await connection.execute(text(f"UPDATE pod SET auto_complete = true WHERE id = '{RUNNING}'"))

    assert await ticked(demo_engine, job, datetime(2026, 8, 31, 23, 59, tzinfo=UTC)) == []
    assert await ticked(demo_engine, job, datetime(2026, 9, 1, tzinfo=UTC)) == [RUNNING]
    assert await ticked(demo_engine, job, datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=1)) == []
    data = await execute(f'{{ pod(id: "{RUNNING}") {{ status serviceLine {{ status }} }} }}')
    assert data["pod"] == {"status": "COMPLETED", "serviceLine": {"status": "CLOSED"}}


async def ticked(engine: AsyncEngine, job: Any, now: datetime) -> list[str]:
    """Do a job twice over, as two clocks would; what it was due for."""
    async with begin_write(engine) as connection:
        write = WriteTransaction(connection, PLATFORM, now)
        due: list[str] = await job.due(write, 10)
        for identity in [*due, *due]:
            await job.run(write, identity)
        await write.finish()
        await connection.commit()
    return due
