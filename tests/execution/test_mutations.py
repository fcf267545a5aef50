"""Execution of mutations: atomic, idempotent, with errors as data and payloads read after the commit."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import declared
from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.demo.reference import NOW
from podgraph.demo.reference.tenants import ORGANIZATION
from podgraph.execution.mutations import MUTATIONS, Outcome
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema
from podgraph.server.app import DEMO_VIEWER
from podgraph.writes.event_types import EVENT_TYPES
from random_writes import World

PAUSE = """mutation ($input: PausePodInput!) {
  pausePod(input: $input) {
    pod { id status version serviceLine { status allocations { nodes { status } } } }
    userErrors { code field message hint retryable docUrl }
    events { type sequence previousSequence subjectId changes { path before after } actor { id } }
    idempotentReplay
  }
}"""
POD = "POD-26-000008"
Digest = Callable[[], Awaitable[str]]


async def paused(execute: Execute, viewer: Viewer | None = None, **given: Any) -> Any:
    document = {"input": {"podId": POD, "reason": "Release freeze.", **given}}
    return (await execute(PAUSE, *([viewer] if viewer else []), **document))["pausePod"]


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


@pytest.mark.writes
async def test_payload_contains_the_state_after_the_write(execute: Execute) -> None:
    payload = await paused(execute)

    assert payload["userErrors"] == []
    assert payload["pod"] == {
        "id": POD,
        "status": "PAUSED",
        "version": 4,
        "serviceLine": {"status": "PAUSED", "allocations": {"nodes": [{"status": "PAUSED"}]}},
    }


@pytest.mark.writes
async def test_every_change_has_an_event_without_gaps(execute: Execute) -> None:
    events = (await paused(execute))["events"]

    assert [event["type"] for event in events] == ["service_line.paused", "allocation.paused", "pod.paused"]
    assert [event["sequence"] - event["previousSequence"] for event in events] == [1, 1, 1]
    assert events[2]["changes"] == [{"path": "status", "before": "ACTIVE", "after": "PAUSED"}]
    assert events[2]["actor"] == {"id": "USR-26-000044"}


@pytest.mark.writes
async def test_dry_run_returns_the_result_and_changes_nothing(execute: Execute, digest: Digest) -> None:
    before = await digest()

    payload = await paused(execute, dryRun=True)

    assert payload["pod"]["status"] == payload["pod"]["serviceLine"]["status"] == "PAUSED"
    assert [event["type"] for event in payload["events"]][-1] == "pod.paused"
    assert await digest() == before


@pytest.mark.writes
async def test_rejected_mutation_returns_the_current_record_and_changes_nothing(
    execute: Execute, digest: Digest
) -> None:
    before = await digest()

    payload = await paused(execute, expectedVersion=2)

    assert payload["userErrors"] == [
        {
            "code": "VERSION_CONFLICT",
            "field": ["expectedVersion"],
            "message": f"{POD} is at version 3, not 2.",
            "hint": "Read the record again and send its current version.",
            "retryable": False,
            "docUrl": "/docs/errors#VERSION_CONFLICT",
        }
    ]
    assert (payload["pod"]["status"], payload["pod"]["version"], payload["events"]) == ("ACTIVE", 3, [])
    assert await digest() == before


MEMBER = Viewer("USR-26-000044", frozenset({ORGANIZATION}), frozenset({Role.MEMBER}))
STRANGER = Viewer("USR-26-000044", frozenset({"ORG-26-000001"}), frozenset({Role.ORG_OWNER}))


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "given", "code", "shown"),
    [
        (MEMBER, {}, "FORBIDDEN", POD),
        (STRANGER, {}, "NOT_FOUND", None),
        (None, {"podId": "POD-26-999999"}, "NOT_FOUND", None),
        (None, {"podId": "LIN-26-088401"}, "NOT_FOUND", None),
        (None, {"podId": "POD-26-000008\0"}, "INVALID", None),
        (None, {"reason": ""}, "INVALID", POD),
        (None, {"reason": "a bell \a"}, "INVALID", POD),
        (None, {"reason": "x" * 2_001}, "INVALID", POD),
    ],
)
async def test_rejection_has_its_code_and_changes_nothing(
    execute: Execute, digest: Digest, viewer: Viewer | None, given: Any, code: str, shown: str | None
) -> None:
    before = await digest()

    payload = await paused(execute, viewer, **given)

    assert codes(payload) == [code]
    assert (payload["pod"] or {"id": None})["id"] == shown
    assert await digest() == before


NOT_THERE = "4f1c2a9e-new-colleague"
"""A user of single sign-on who is not in the database yet."""
UNKNOWN = Viewer(NOT_THERE, frozenset({ORGANIZATION}), frozenset(Role))
PROMISE = {"title": "Catalogue", "description": "All tables.", "acceptanceCriteria": ["Every table."]}
EVERY_ROLE = replace(DEMO_VIEWER, roles=frozenset(Role))
RARELY_RANDOM: dict[str, Any] = {
    "inviteUser": {"email": "ana@acme.example", "grants": [{"role": "BILLING"}]},
    "acceptInvitation": {"secret": "pgi_" + "x" * 43},
    "revokeInvitation": {"invitationId": "IVT-26-000001"},
    "eraseUser": {"userId": "USR-26-000045", "confirm": "USR-26-000045"},
    "revokeRole": {"membershipId": "MEMB-26-000003"},
    "proposePod": {
        "team": [{"talentId": "SCR-130988", "role": "frontend_engineer"}],
        "sla": {
            "throughputTasksPerSprint": 18,
            "responseTimeHours": "2",
            "availabilityHoursPerWeek": "180",
            "qualityGatePercent": "90",
        },
        "costPerMonth": "38000",
        "currency": "USD",
        "capacityPoolId": "CAP-26-000112",
        "committedPerWeek": "40",
    },
    "revisePodScope": {
        "items": [{"key": "api", "title": "Harden the API", "priority": 1}],
        "changeNote": "As agreed.",
    },
    "proposeScope": {
        "fixedPrice": "21000",
        "committedPerWeek": "40",
        "cycles": [{"name": "One", "plannedStart": "2026-06-01", "weeks": 3, "deliverables": [PROMISE]}],
    },
    "revokeToken": {"tokenId": "TOK-26-000001"},
}
"""Input values that are unlikely to be generated at random."""


@pytest.mark.writes
@pytest.mark.parametrize("given", [{}, {"dryRun": True}, {"idempotencyKey": "freeze"}])
async def test_unknown_user_is_rejected_with_the_current_record(
    execute: Execute, digest: Digest, given: dict[str, Any]
) -> None:
    before = await digest()

    payload = await paused(execute, UNKNOWN, **given)

    assert [(one["code"], one["field"], one["retryable"]) for one in payload["userErrors"]] == [
        ("UNKNOWN_USER", None, False)
    ]
    assert NOT_THERE in payload["userErrors"][0]["message"]
    assert payload["userErrors"][0]["hint"].startswith("Add the user")
    assert (payload["pod"]["id"], payload["events"]) == (POD, [])
    assert await digest() == before


@pytest.mark.writes
async def test_every_mutation_rejects_an_unknown_user(demo_engine: AsyncEngine, digest: Digest) -> None:
    """Every mutation, with random input of its type, until the user is checked."""
    world = World(demo_engine, Random(0))
    world.actors = dict.fromkeys(Role, UNKNOWN)
    before = await digest()

    for name in sorted(MUTATIONS):
        for _ in range(200):
            assert (await world.call(name, RARELY_RANDOM.get(name, {})))[2], world.done[-1]
            if "UNKNOWN_USER" in world.done[-1]:
                break

    assert {done.partition(" ")[0] for done in world.done if "UNKNOWN_USER" in done} == MUTATIONS.keys()
    assert await digest() == before


@pytest.mark.writes
async def test_mutation_rejects_with_the_code_of_its_action(demo_engine: AsyncEngine) -> None:
    """Each code that blocks an available action, now or in two months, is returned by the mutation."""
    world = World(demo_engine, Random(0))
    world.actors = dict.fromkeys(Role, EVERY_ROLE)
    blocked: dict[tuple[str, str], tuple[datetime, Mapping[str, Any]]] = {}
    for now in (NOW, NOW + timedelta(days=60)):
        async for action, known in world.actions(EVERY_ROLE, now):
            # Some refer to another record: measurements of a report are recorded for its pod and month.
            if action.blocked_by and known.keys() & world.input_type(action.mutation).fields.keys():
                blocked.setdefault((action.mutation, str(action.blocked_by)), (now, known))

    for (name, code), (now, known) in blocked.items():
        answers: set[str] = set()
        for _ in range(200):
            world.now = now
            await world.call(name, {**RARELY_RANDOM.get(name, {}), **known})
            answers.add(world.done[-1].partition(": ")[2])
            if f"['{code}']" in answers:
                break
        assert f"['{code}']" in answers, (name, known)
        assert "done" not in answers, (name, known)


OF_ANOTHER = "CROSS_TENANT_REFERENCE"
REQUEST = {
    "workspaceId": "WS-26-000021",
    "subscriptionId": "SUB-26-001122",
    "description": "All of it.",
}
REFUSED: dict[str, tuple[str, Any, str]] = {
    "a pod under another's contract": (
        "requestPod",
        {
            **REQUEST,
            "subscriptionId": "SUB-26-001130",
            "name": "Depots",
            "deliveryModel": "MANAGED_DELIVERY",
            "requestedTeamSize": 3,
            "requiredCapabilities": ["backend_engineering"],
            "startDate": "2026-06-01",
            "durationMonths": 6,
        },
        OF_ANOTHER,
    ),
    "an outcome with another's label": (
        "submitOutcomeRequest",
        {
            **REQUEST,
            "title": "Depots",
            "desiredOutcome": "It is done.",
            "acceptanceCriteria": ["It is."],
            "projectIds": ["PROJ-26-004290"],
        },
        OF_ANOTHER,
    ),
    "another's label later": (
        "updateOutcomeRequest",
        {"requestId": "OREQ-26-000047", "projectIds": ["PROJ-26-004290"]},
        OF_ANOTHER,
    ),
    "a budget in another currency": (
        "updateOutcomeRequest",
        {"requestId": "OREQ-26-000047", "budgetMax": "1000", "currency": "NOK"},
        "CURRENCY_MISMATCH",
    ),
    "another's person in the team": (
        "updatePodTeam",
        {"podId": POD, "team": [{"talentId": "SCR-133001", "role": "frontend_engineer"}]},
        OF_ANOTHER,
    ),
    "a report of nothing": ("recordSlaReport", {"podId": POD, "period": "2026-05"}, "REQUIRED"),
    "an acceptance in another's name": (
        "acceptDeliverable",
        {"deliverableId": "DLV-26-000090", "reviewerId": "USR-26-000061"},
        "ACTOR_MISMATCH",
    ),
}


@pytest.mark.writes
@pytest.mark.parametrize("case", REFUSED)
async def test_mutation_rejects(case: str, execute: Execute, digest: Digest) -> None:
    name, given, code = REFUSED[case]
    before = await digest()

    assert codes(await done(execute, name, given)) == [code]
    assert await digest() == before


async def done(execute: Execute, name: str, given: Any) -> Any:
    document = (
        f"mutation ($input: {name[0].upper()}{name[1:]}Input!)"
        f" {{ {name}(input: $input) {{ userErrors {{ code }} events {{ type }} }} }}"
    )
    return (await execute(document, EVERY_ROLE, input=given))[name]


@pytest.mark.writes
async def test_rejected_deliverable_cannot_be_rejected_again(execute: Execute) -> None:
    given = {
        "deliverableId": "DLV-26-000090",
        "rejectionReason": "Rows older than the policy are kept.",
        "unmetCriteria": ["AC-1"],
    }

    assert codes(await done(execute, "rejectDeliverable", given)) == []
    assert codes(await done(execute, "rejectDeliverable", given)) == ["ALREADY_DONE"]


@pytest.mark.writes
async def test_over_allocation_is_reported_as_a_warning(execute: Execute) -> None:
    need = {"hoursPerWeek": "99999", "neededFrom": "2026-07-06"}

    payload = await done(execute, "updateOutcomeRequest", {"requestId": "OREQ-26-000047", "expectedCapacity": need})

    assert [event["type"] for event in payload["events"]] == ["capacity.gap_detected", "ods.request.updated"]


@pytest.mark.writes
@pytest.mark.parametrize(
    ("before", "name", "given"),
    [
        (
            "UPDATE service_line SET status = 'DRAFT', started_at = NULL WHERE id = 'LIN-26-092200'",
            "recordUsage",
            {
                "serviceLineId": "LIN-26-092200",
                "metric": "vcpu_hours",
                "quantity": "1",
                "unit": "vcpu_hours",
                "occurredOn": "2026-05-14",
            },
        ),
        (
            "UPDATE api_token SET expires_at = '2026-05-01 00:00:00'",
            "revokeToken",
            {"tokenId": "TOK-26-000001"},
        ),
    ],
)
async def test_inactive_record_rejects_mutations(
    execute: Execute, demo_engine: AsyncEngine, before: str, name: str, given: Any
) -> None:
    token = {"organizationId": ORGANIZATION, "name": "Import", "roles": ["MEMBER"]}
    assert codes(await done(execute, "createToken", token)) == []
    async with demo_engine.begin() as connection:
        await connection.execute(text(before))

    assert codes(await done(execute, name, given)) == ["INVALID_TRANSITION"]


async def test_queries_work_for_an_unknown_user(execute: Execute) -> None:
    result = await execute(
        "query ($id: ID!) {"
        "  viewer { user { id } roles } pods { totalCount } pod(id: $id) { availableActions { mutation } } }",
        UNKNOWN,
        id=POD,
    )

    assert result["viewer"] == {"user": None, "roles": sorted(Role)}
    assert result["pods"]["totalCount"] > 0
    assert result["pod"]["availableActions"]


@pytest.mark.writes
async def test_key_takes_effect_once_and_repeats_its_response(execute: Execute) -> None:
    first = await paused(execute, idempotencyKey="freeze")
    again = await paused(execute, idempotencyKey="freeze")

    assert again == {**first, "idempotentReplay": True}


@pytest.mark.writes
async def test_key_with_another_input_is_rejected(execute: Execute, digest: Digest) -> None:
    await paused(execute, idempotencyKey="freeze")
    before = await digest()

    assert codes(await paused(execute, idempotencyKey="freeze", reason="Holidays.")) == ["IDEMPOTENCY_KEY_REUSED"]
    assert await digest() == before


@pytest.mark.writes
async def test_key_sent_concurrently_takes_effect_once(execute: Execute, demo_engine: AsyncEngine) -> None:
    payloads = await asyncio.gather(*(paused(execute, idempotencyKey="freeze") for _ in range(20)))

    assert sum(not codes(one) and not one["idempotentReplay"] for one in payloads) == 1
    assert {code for one in payloads for code in codes(one)} <= {"IDEMPOTENCY_IN_PROGRESS"}
    async with demo_engine.connect() as connection:
        result = await connection.execute(
            text(f"SELECT count(*) FROM event WHERE subject_id = '{POD}' AND type = 'pod.paused'")
        )
    assert result.scalar_one() == 1


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
@pytest.mark.writes
async def test_endless_conflicts_return_busy(execute: Execute, demo_engine: AsyncEngine, digest: Digest) -> None:
    async with demo_engine.begin() as connection:
        await connection.execute(
            text(
                "CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'serialization_failure'; END $$"
            )
        )
        await connection.execute(text("CREATE TRIGGER collides BEFORE INSERT ON event EXECUTE FUNCTION collide()"))
    before = await digest()

    [refusal] = (await paused(execute))["userErrors"]

    assert (refusal["code"], refusal["retryable"]) == ("BUSY", True)
    assert await digest() == before


@pytest.mark.writes
async def test_mutations_of_one_document_run_in_sequence(execute: Execute) -> None:
    done = await execute(
        "mutation ($a: PausePodInput!, $b: PausePodInput!) {"
        "  a: pausePod(input: $a) { pod { status } }"
        "  b: pausePod(input: $b) { pod { status version } }"
        "  c: pausePod(input: $b) { userErrors { code } } }",
        a={"podId": POD, "reason": "Try.", "dryRun": True},
        b={"podId": POD, "reason": "Do."},
    )

    assert done == {
        "a": {"pod": {"status": "PAUSED"}},
        "b": {"pod": {"status": "PAUSED", "version": 4}},
        "c": {"userErrors": [{"code": "ALREADY_DONE"}]},
    }


def test_recorded_codes_are_compared_with_declared_codes() -> None:
    build_schema()

    result = {("pausePod", "pod.paused"), ("pausePod", "ALREADY_DONE"), ("pausePod", "NOT_FOUND")}
    assert declared.undeclared(result) == set()
    assert declared.undeclared({("pausePod", "pod.resumed"), ("tick", "REQUIRED")}) == {
        ("pausePod", "pod.resumed"),
        ("tick", "REQUIRED"),
    }
    missing = declared.unseen(result)
    assert {
        ("resumePod", "pod.resumed"),
        ("pausePod", "INVALID_TRANSITION"),
        (declared.ANY, "BUSY"),
    } < missing
    assert not missing & {*result, (declared.ANY, "NOT_FOUND")}


def test_every_mutation_declares_existing_events() -> None:
    build_schema()

    assert MUTATIONS
    assert {name: one.events - EVENT_TYPES for name, one in MUTATIONS.items() if one.events - EVENT_TYPES} == {}


def test_a_payload_field_that_no_service_returns_raises() -> None:
    outcome = Outcome({"pod_id": POD, "payment_id": None}, once={"secret": "s"})
    assert (outcome.pod_id, outcome.payment_id, outcome.secret) == (POD, None, "s")
    with pytest.raises(AttributeError, match="returns no pod_ids"):
        _ = outcome.pod_ids


def test_a_replay_has_no_secret() -> None:
    assert Outcome({"token_id": "TOK-1"}, idempotent_replay=True).secret is None
