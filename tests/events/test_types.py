"""GraphQL types of the event log, and histories of records."""

from typing import Any

import pytest

from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.kernel.roles import Role

STRANGER = Viewer("USR-26-000061", frozenset({"ORG-26-090611"}), frozenset({Role.ORG_OWNER}))

HISTORY = """query ($first: Int, $last: Int, $after: String) { pod(id: "POD-26-000008") {
    history(first: $first, last: $last, after: $after) {
        totalCount nodes { type } pageInfo { hasNextPage hasPreviousPage endCursor }
    } } }"""


async def history(execute: Execute, **page: Any) -> Any:
    return (await execute(HISTORY, **page))["pod"]["history"]


def types(page: Any) -> list[str]:
    return [event["type"] for event in page["nodes"]]


async def test_history_begins_with_the_first_event(execute: Execute) -> None:
    page = await history(execute)
    assert types(page) == ["pod.requested", "pod.proposed", "pod.activated"]
    assert page["totalCount"] == 3


async def test_history_is_paginated(execute: Execute) -> None:
    first = await history(execute, first=2)
    second = await history(execute, first=2, after=first["pageInfo"]["endCursor"])
    assert (types(first), types(second)) == (["pod.requested", "pod.proposed"], ["pod.activated"])
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert second["pageInfo"]["hasPreviousPage"]
    assert first["totalCount"] == second["totalCount"] == 3


async def test_last_page_of_a_history_is_in_ascending_order(execute: Execute) -> None:
    page = await history(execute, last=2)
    assert types(page) == ["pod.proposed", "pod.activated"]
    assert page["pageInfo"]["hasPreviousPage"]


async def test_event_has_changes_and_an_actor(execute: Execute) -> None:
    data = await execute(
        """{ events(filter: { subjectId: { eq: "ALLOC-26-000441" } }) { nodes {
            type occurredAt actor { type id user { name } } changes { path before after }
        } } }"""
    )
    assert data["events"]["nodes"] == [
        {
            "type": "allocation.created",
            "occurredAt": "2026-01-15T00:00:00Z",
            "actor": {"type": "USER", "id": "USR-26-000101", "user": {"name": "Ingrid Solberg"}},
            "changes": [],
        },
        {
            "type": "allocation.actual_recorded",
            "occurredAt": "2026-05-11T06:00:00Z",
            "actor": {"type": "SYSTEM", "id": "SYSTEM", "user": None},
            "changes": [
                {"path": "actual_last_week", "before": None, "after": "38.5"},
                {"path": "utilisation_percent", "before": None, "after": "96.3"},
            ],
        },
    ]


async def test_events_of_one_request_share_a_correlation_id(execute: Execute) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000008") { history { nodes {
            id sequence previousSequence correlationId payload
        } } } }"""
    )
    requested, _, activated = data["pod"]["history"]["nodes"]
    assert requested == {
        "id": "EVT-25-000011",
        "sequence": 11,
        "previousSequence": 10,
        "correlationId": "EVT-25-000011",
        "payload": {"requested_team_size": 5},
    }
    assert (activated["sequence"], activated["correlationId"]) == (16, "EVT-25-000014")


async def test_log_has_no_gaps(execute: Execute) -> None:
    numbers: list[tuple[int, int]] = []
    after = None
    while True:
        page = await execute(
            """query ($after: String) { events(first: 100, after: $after) {
                totalCount nodes { sequence previousSequence } pageInfo { hasNextPage endCursor } } }""",
            after=after,
        )
        numbers += [(one["sequence"], one["previousSequence"]) for one in page["events"]["nodes"]]
        after = page["events"]["pageInfo"]["endCursor"]
        if not page["events"]["pageInfo"]["hasNextPage"]:
            break
    assert sorted(numbers) == [(n, n - 1) for n in range(1, 355)]
    assert page["events"]["totalCount"] == 354


SUBJECTS = {
    "pod.activated": "Pod",
    "pod_scope.revised": "PodScope",
    "sla_report.published": "SlaReport",
    "ticket.responded": "Ticket",
    "incident.opened": "Incident",
    "service_line.activated": "ServiceLine",
    "ods.request.submitted": "OutcomeRequest",
    "ods.scope.confirmed": "Scope",
    "ods.cycle.started": "Cycle",
    "ods.deliverable.accepted": "Deliverable",
    "payment.paid": "Payment",
    "capacity_pool.created": "CapacityPool",
    "allocation.created": "Allocation",
}


@pytest.mark.parametrize(("type_", "kind"), SUBJECTS.items())
async def test_event_refers_to_its_subject(execute: Execute, type_: str, kind: str) -> None:
    data = await execute(
        """query ($type: String) { events(filter: { type: { eq: $type } }, first: 100) { nodes {
            type subjectId subject { __typename ... on Node { id } }
        } } }""",
        type=type_,
    )
    events = data["events"]["nodes"]
    assert events
    assert all(one["subject"] == {"__typename": kind, "id": one["subjectId"]} for one in events)
    assert {one["type"] for one in events} == {type_}


async def test_every_subject_type_refers_to_its_events(execute: Execute) -> None:
    data = await execute(
        """{ serviceLine(id: "LIN-26-088401") { version createdAt updatedAt history { nodes {
            type subject { ... on ServiceLine { source { ... on Pod { history(first: 1) { nodes {
                type subject { ... on Pod { name } } } } } } } }
        } } } }"""
    )
    line = data["serviceLine"]
    first = {"type": "pod.requested", "subject": {"name": "Payments Platform Pod"}}
    assert [event["type"] for event in line["history"]["nodes"]] == ["service_line.activated"]
    assert line["history"]["nodes"][0]["subject"]["source"]["history"]["nodes"] == [first]
    assert line["createdAt"] <= line["updatedAt"]


@pytest.mark.parametrize(
    ("found", "number"),
    [
        ({"type": {"in": ["pod.activated", "pod.requested"]}}, 11),
        ({"type": {"contains": "POD."}}, 19),
        ({"subjectId": {"in": ["POD-26-000008", "POD-26-000009"]}}, 6),
        ({"occurredAt": {"lt": "2025-06-01T06:00:00Z"}}, 4),
        ({"occurredAt": {"lte": "2025-06-01T06:00:00Z"}}, 6),
        ({"subjectId": {"eq": "POD-26-000021"}}, 0),
    ],
)
async def test_events_are_filtered_by_type_subject_and_time(execute: Execute, found: Any, number: int) -> None:
    data = await execute("query ($f: EventFilter) { events(filter: $f) { totalCount } }", f=found)
    assert data["events"]["totalCount"] == number


async def test_events_of_other_organizations_are_hidden(execute: Execute) -> None:
    document = """{ events(first: 1) { nodes { sequence previousSequence subject { __typename } } }
                    mine: events(filter: { subjectId: { eq: "POD-26-000008" } }) { totalCount } }"""
    data = await execute(document, STRANGER)
    assert data["events"]["nodes"] == [
        {"sequence": 1, "previousSequence": 0, "subject": {"__typename": "CapacityPool"}}
    ]
    assert data["mine"] == {"totalCount": 0}
