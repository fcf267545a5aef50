"""Talent, from the registration to the end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from asking import ADMIN, BILLING, DELIVERY, MEMBER, OPERATOR, OWNER, STRANGER, VIEWER, call
from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.demo.reference.tenants import ORGANIZATION

TALENT = """talent {
    id version name title skills status partTime weeklyHoursLimit endedAt
    availableActions { mutation enabled } history { nodes { type } }
}"""
GIVEN = {
    "organizationId": ORGANIZATION,
    "name": "Edda Lind",
    "title": "Data Engineer",
    "skills": ["Python", "SQL", "Python"],
    "weeklyHoursLimit": "24",
    "partTime": True,
}
ALLOCATED, IN_TEAM, FREE = "SCR-128491", "SCR-131488", "SCR-132023"
Digest = Callable[[], Awaitable[str]]


async def registered(engine: AsyncEngine, **given: Any) -> Any:
    return (await call(engine, OPERATOR, "registerTalent", TALENT, **{**GIVEN, **given}))["talent"]


@pytest.mark.writes
async def test_a_registered_talent_is_active_with_its_history(demo_engine: AsyncEngine) -> None:
    answer = await call(demo_engine, OPERATOR, "registerTalent", TALENT, **GIVEN)

    assert answer["codes"] == []
    assert answer["talent"] == {
        "id": answer["talent"]["id"],
        "version": 1,
        "name": "Edda Lind",
        "title": "Data Engineer",
        "skills": ["Python", "SQL"],
        "status": "ACTIVE",
        "partTime": True,
        "weeklyHoursLimit": "24",
        "endedAt": None,
        "availableActions": [
            {"mutation": "updateTalent", "enabled": True},
            {"mutation": "endTalent", "enabled": True},
        ],
        "history": {"nodes": [{"type": "talent.registered"}]},
    }
    assert answer["talent"]["id"].startswith("SCR-")
    [event] = answer["events"]
    assert event["subject"] == {"__typename": "Talent"}
    assert "Edda" not in str(event)


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "name"),
    [(OPERATOR, "Edda Lind"), (DELIVERY, "Edda Lind"), (OWNER, "Edda Lind"), (ADMIN, "Edda Lind")]
    + [(viewer, None) for viewer in (MEMBER, VIEWER, BILLING)],
    ids=["operator", "delivery", "owner", "admin", "member", "viewer", "billing"],
)
async def test_only_some_roles_read_names_of_talent(
    demo_engine: AsyncEngine, execute: Execute, viewer: Viewer, name: str | None
) -> None:
    talent = await registered(demo_engine)
    document = """query ($id: ID!) { talent(id: $id) { name }
        talents(filter: {id: {eq: $id}}) { nodes { name title organization { id } } } }"""
    found = await execute(document, viewer, id=talent["id"])
    assert found["talent"] == {"name": name}
    assert found["talents"]["nodes"] == [{"name": name, "title": "Data Engineer", "organization": {"id": ORGANIZATION}}]


@pytest.mark.writes
async def test_an_update_changes_only_given_values_and_omits_the_name_from_events(demo_engine: AsyncEngine) -> None:
    talent = await registered(demo_engine)
    answer = await call(
        demo_engine, OPERATOR, "updateTalent", TALENT, talentId=talent["id"], name="Edda Berg", skills=["Go", "Go"]
    )
    assert (answer["talent"]["name"], answer["talent"]["skills"], answer["talent"]["title"]) == (
        "Edda Berg",
        ["Go"],
        "Data Engineer",
    )
    [event] = answer["events"]
    assert event["payload"] == {"name_changed": True}
    assert event["changes"] == [{"path": "skills", "before": ["Python", "SQL"], "after": ["Go"]}]
    again = await call(demo_engine, OPERATOR, "updateTalent", talentId=talent["id"], name="Edda Berg")
    assert again["codes"] == ["ALREADY_DONE"]
    removed = await call(demo_engine, OPERATOR, "updateTalent", TALENT, talentId=talent["id"], name=None)
    assert removed["talent"]["name"] is None


@pytest.mark.writes
async def test_a_limit_below_the_commitment_is_warned_about(demo_engine: AsyncEngine) -> None:
    answer = await call(demo_engine, OPERATOR, "updateTalent", TALENT, talentId=ALLOCATED, weeklyHoursLimit="60")
    assert [(one["code"], one["field"]) for one in answer["warnings"]] == [
        ("TALENT_OVERCOMMITTED", ["weeklyHoursLimit"])
    ]
    assert answer["talent"]["weeklyHoursLimit"] == "60"


@pytest.mark.writes
async def test_talent_in_use_cannot_end_and_the_error_lists_where(demo_engine: AsyncEngine, digest: Digest) -> None:
    before = await digest()
    answer = await call(demo_engine, OPERATOR, "endTalent", TALENT, talentId=ALLOCATED)
    [error] = answer["userErrors"]
    assert error["code"] == "INVALID_TRANSITION"
    assert all(one in error["message"] for one in ("ALLOC-25-000446", "ALLOC-26-000441", "POD-26-000008"))
    assert answer["talent"]["status"] == "ACTIVE"
    assert await digest() == before


@pytest.mark.writes
async def test_talent_in_an_open_proposal_cannot_end(demo_engine: AsyncEngine) -> None:
    talent = await registered(demo_engine)
    offer = {
        "podId": "POD-26-000011",
        "team": [{"talentId": talent["id"], "role": "engineer"}],
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
    assert (await call(demo_engine, OPERATOR, "proposePod", **offer))["codes"] == []
    answer = await call(demo_engine, OPERATOR, "endTalent", talentId=talent["id"])
    assert [one["message"] for one in answer["userErrors"]] == [f"{talent['id']} is in use by POD-26-000011."]


@pytest.mark.writes
async def test_ended_talent_is_neither_changed_nor_assigned(demo_engine: AsyncEngine) -> None:
    free = (await registered(demo_engine))["id"]
    ended = await call(demo_engine, OPERATOR, "endTalent", TALENT, talentId=free)
    assert (ended["codes"], ended["types"], ended["talent"]["status"]) == ([], ["talent.ended"], "ENDED")
    assert ended["talent"]["endedAt"]
    again = await call(demo_engine, OPERATOR, "endTalent", talentId=free)
    changed = await call(demo_engine, OPERATOR, "updateTalent", talentId=free, title="x")
    assert (again["codes"], changed["codes"]) == (["ALREADY_DONE"], ["INVALID_TRANSITION"])
    team = [{"talentId": free, "role": "engineer"}]
    joined = await call(demo_engine, OPERATOR, "updatePodTeam", podId="POD-26-000008", team=team)
    assert [(one["code"], one["field"]) for one in joined["userErrors"]] == [("INVALID", ["team", "0", "talentId"])]
    allocation = {
        "serviceLineId": "LIN-26-088401",
        "capacityPoolId": "CAP-26-000120",
        "committedPerWeek": "10",
        "resources": [{"talentId": free, "role": "engineer", "committedHoursPerWeek": "10"}],
        "startsAt": "2026-06-01T00:00:00Z",
    }
    held = await call(demo_engine, OPERATOR, "createAllocation", **allocation)
    assert [(one["code"], one["field"]) for one in held["userErrors"]] == [("INVALID", ["resources", "0", "talentId"])]


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "mutation", "given", "code"),
    [
        (OWNER, "registerTalent", GIVEN, "FORBIDDEN"),
        (STRANGER, "registerTalent", GIVEN, "NOT_FOUND"),
        (OPERATOR, "registerTalent", {**GIVEN, "title": " "}, "INVALID"),
        (OPERATOR, "registerTalent", {**GIVEN, "skills": [""]}, "INVALID"),
        (OPERATOR, "registerTalent", {**GIVEN, "weeklyHoursLimit": "0"}, "INVALID"),
        (OPERATOR, "registerTalent", {**GIVEN, "weeklyHoursLimit": "169"}, "INVALID"),
        (OWNER, "updateTalent", {"talentId": FREE, "title": "x"}, "FORBIDDEN"),
        (STRANGER, "updateTalent", {"talentId": FREE, "title": "x"}, "NOT_FOUND"),
        (OWNER, "endTalent", {"talentId": FREE}, "FORBIDDEN"),
        (OPERATOR, "endTalent", {"talentId": FREE, "expectedVersion": 7}, "VERSION_CONFLICT"),
    ],
)
async def test_a_rejected_talent_mutation_changes_nothing(
    demo_engine: AsyncEngine, digest: Digest, viewer: Viewer, mutation: str, given: Any, code: str
) -> None:
    before = await digest()
    assert (await call(demo_engine, viewer, mutation, **given))["codes"] == [code]
    assert await digest() == before


@pytest.mark.writes
@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({"skill": "Python"}, 1),
        ({"skill": "python"}, 0),
        ({"skill": "Pyth"}, 0),
        ({"skill": 'SQL", "Python'}, 0),
        ({"skill": '日本語 🎉 "x"'}, 1),
        ({"not": {"skill": "Python"}, "organizationId": {"eq": ORGANIZATION}}, 20),
        ({"title": {"contains": "data ENG"}}, 3),
        ({"status": {"eq": "ENDED"}}, 0),
        ({"status": {"in": ["ACTIVE"]}, "organizationId": {"eq": ORGANIZATION}}, 21),
    ],
)
async def test_talent_is_filtered_by_skill_title_and_status(
    demo_engine: AsyncEngine, execute: Execute, wanted: Any, number: int
) -> None:
    await registered(demo_engine, skills=["SQL", "Python", '日本語 🎉 "x"'])
    document = "query ($f: TalentFilter) { talents(filter: $f, first: 50) { totalCount nodes { id } } }"
    found = (await execute(document, OWNER, f=wanted))["talents"]
    assert (found["totalCount"], len(found["nodes"])) == (number, number)


@pytest.mark.writes
async def test_an_end_and_an_assignment_at_once_leave_no_ended_talent_assigned(demo_engine: AsyncEngine) -> None:
    for _ in range(5):
        talent = await registered(demo_engine)
        allocation = {
            "serviceLineId": "LIN-26-088401",
            "capacityPoolId": "CAP-26-000120",
            "committedPerWeek": "1",
            "resources": [{"talentId": talent["id"], "role": "engineer", "committedHoursPerWeek": "1"}],
            "startsAt": "2026-06-01T00:00:00Z",
        }
        ended, held = await asyncio.gather(
            call(demo_engine, OPERATOR, "endTalent", talentId=talent["id"]),
            call(demo_engine, OPERATOR, "createAllocation", **allocation),
        )
        assert sorted([bool(ended["codes"]), bool(held["codes"])]) == [False, True], (ended, held)
    async with demo_engine.connect() as connection:
        wrong = await connection.execute(
            text("""SELECT count(*) FROM allocation_resource AS resource JOIN talent ON talent.id = resource.talent_id
                 WHERE talent.status = 'ENDED' AND resource.replaced_at IS NULL""")
        )
        assert wrong.scalar_one() == 0
