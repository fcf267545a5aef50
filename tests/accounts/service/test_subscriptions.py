"""Commercial subscriptions: opened, tried, late and cancelled, and what each status means for work."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from asking import ADMIN, BILLING, MEMBER, OPERATOR, OWNER, STRANGER, call
from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.demo.reference import NOW
from podgraph.demo.reference.tenants import ORGANIZATION, SUBSCRIPTION
from podgraph.scheduler.service import run_due_jobs

SHOWN = """subscription { id version name status trialEndsAt cancelledAt organization { id }
    availableActions { mutation enabled } history { nodes { type } } }"""
POD = {
    "workspaceId": "WS-26-000021",
    "name": "Ledger Pod",
    "description": "Keeps the ledger right.",
    "deliveryModel": "MANAGED_DELIVERY",
    "requestedTeamSize": 2,
    "requiredCapabilities": ["backend"],
    "startDate": "2026-09-01",
    "durationMonths": 12,
}
OUTCOME = {
    "workspaceId": "WS-26-000021",
    "title": "Webhooks",
    "description": "They fail.",
    "desiredOutcome": "They do not fail.",
    "acceptanceCriteria": ["No failures."],
}
Digest = Callable[[], Awaitable[str]]
LATER = NOW + timedelta(days=14)


async def opened(engine: AsyncEngine, **given: Any) -> Any:
    return await call(engine, OPERATOR, "openSubscription", SHOWN, organizationId=ORGANIZATION, **given)


@pytest.mark.writes
async def test_a_subscription_is_active_or_in_its_trial(demo_engine: AsyncEngine) -> None:
    active = await opened(demo_engine, name="Growth")
    trial = await opened(demo_engine, trialEndsAt=LATER.isoformat())
    assert (active["codes"], active["types"], active["subscription"]["status"]) == (
        [],
        ["subscription.opened"],
        "ACTIVE",
    )
    assert active["events"][0]["subject"] == {"__typename": "CommercialSubscription"}
    assert (active["subscription"]["name"], active["subscription"]["organization"]) == ("Growth", {"id": ORGANIZATION})
    assert (trial["subscription"]["status"], trial["subscription"]["trialEndsAt"]) == (
        "TRIALING",
        "2026-05-28T16:00:00Z",
    )
    for one in (active, trial):
        requested = await call(demo_engine, MEMBER, "requestPod", subscriptionId=one["subscription"]["id"], **POD)
        assert requested["codes"] == []


@pytest.mark.writes
async def test_a_subscription_goes_through_its_statuses(demo_engine: AsyncEngine) -> None:
    given = {"subscriptionId": (await opened(demo_engine, trialEndsAt=LATER.isoformat()))["subscription"]["id"]}
    seen = []
    for viewer, mutation, more in (
        (OPERATOR, "markSubscriptionPastDue", {"reason": "The invoice is unpaid."}),
        (OPERATOR, "markSubscriptionPastDue", {}),
        (OPERATOR, "activateSubscription", {}),
        (OPERATOR, "activateSubscription", {}),
        (OWNER, "cancelSubscription", {"reason": "No longer needed."}),
        (OWNER, "cancelSubscription", {}),
        (OPERATOR, "activateSubscription", {}),
        (OPERATOR, "markSubscriptionPastDue", {}),
    ):
        answer = await call(demo_engine, viewer, mutation, SHOWN, **given, **more)
        seen.append((answer["subscription"]["status"], *answer["codes"], *answer["types"]))
    assert seen == [
        ("PAST_DUE", "subscription.past_due"),
        ("PAST_DUE", "ALREADY_DONE"),
        ("ACTIVE", "subscription.activated"),
        ("ACTIVE", "ALREADY_DONE"),
        ("CANCELLED", "subscription.cancelled"),
        ("CANCELLED", "ALREADY_DONE"),
        ("CANCELLED", "INVALID_TRANSITION"),
        ("CANCELLED", "INVALID_TRANSITION"),
    ]
    assert answer["subscription"]["cancelledAt"] == "2026-05-14T16:00:00Z"
    assert [one["type"] for one in answer["subscription"]["history"]["nodes"]] == [
        "subscription.opened",
        "subscription.past_due",
        "subscription.activated",
        "subscription.cancelled",
    ]
    assert not any(one["enabled"] for one in answer["subscription"]["availableActions"])


@pytest.mark.writes
@pytest.mark.parametrize("mutation", ["markSubscriptionPastDue", "cancelSubscription"])
async def test_without_an_active_subscription_only_running_work_continues(
    demo_engine: AsyncEngine, mutation: str
) -> None:
    assert (await call(demo_engine, OPERATOR, mutation, subscriptionId=SUBSCRIPTION))["codes"] == []
    new_work: dict[str, Any] = {
        "requestPod": {**POD, "subscriptionId": SUBSCRIPTION},
        "submitOutcomeRequest": {**OUTCOME, "subscriptionId": SUBSCRIPTION},
        "confirmPod": {"podId": "POD-26-000012"},
        "renewPod": {"podId": "POD-26-000008", "months": 6},
    }
    for refused, given in new_work.items():
        assert (await call(demo_engine, OWNER, refused, **given))["codes"] == ["SUBSCRIPTION_INACTIVE"], refused
    ticket = {
        "podId": "POD-26-000008",
        "type": "REQUEST",
        "title": "A request",
        "description": "Work goes on.",
        "priority": "LOW",
    }
    running_work: dict[str, Any] = {
        "createTicket": ticket,
        "pausePod": {"podId": "POD-26-000008", "reason": "Freeze"},
        "resumePod": {"podId": "POD-26-000008"},
        "completePod": {"podId": "POD-26-000008"},
    }
    for running, given in running_work.items():
        assert (await call(demo_engine, OWNER, running, **given))["codes"] == [], running


@pytest.mark.writes
async def test_an_ended_trial_is_past_due_before_and_after_the_job(demo_engine: AsyncEngine, execute: Execute) -> None:
    given = {"subscriptionId": (await opened(demo_engine, trialEndsAt=LATER.isoformat()))["subscription"]["id"]}
    before = await call(demo_engine, MEMBER, "requestPod", at=LATER - timedelta(seconds=1), **POD, **given)
    after = await call(demo_engine, MEMBER, "requestPod", at=LATER, **POD, **given)
    assert (before["codes"], after["codes"]) == ([], ["SUBSCRIPTION_INACTIVE"])
    assert (await run_due_jobs(demo_engine, LATER - timedelta(seconds=1)))["end trials of subscriptions"] == 0
    assert (await run_due_jobs(demo_engine, LATER))["end trials of subscriptions"] == 1
    assert (await run_due_jobs(demo_engine, LATER))["end trials of subscriptions"] == 0
    document = f"""{{ subscription(id: "{given["subscriptionId"]}") {{ status version
        history {{ nodes {{ type payload actor {{ type }} }} }} }} }}"""
    found = (await execute(document))["subscription"]
    assert (found["status"], found["version"]) == ("PAST_DUE", 2)
    assert found["history"]["nodes"][1] == {
        "type": "subscription.past_due",
        "payload": {"reason": "The trial ended."},
        "actor": {"type": "SYSTEM"},
    }
    again = await call(demo_engine, OPERATOR, "activateSubscription", SHOWN, at=LATER, **given)
    assert again["subscription"]["status"] == "ACTIVE"


@pytest.mark.writes
async def test_subscriptions_are_listed_filtered_and_ordered(demo_engine: AsyncEngine, execute: Execute) -> None:
    growth = (await opened(demo_engine, name="Growth"))["subscription"]["id"]
    trial = (await opened(demo_engine, name="Basic", trialEndsAt=LATER.isoformat()))["subscription"]["id"]
    document = """query ($f: CommercialSubscriptionFilter, $o: [CommercialSubscriptionOrder!]) {
        organization(id: "ORG-26-090500") {
            subscriptions { id } commercialSubscriptions(filter: $f, orderBy: $o) { totalCount nodes { id } } }
        subscriptions(filter: $f, orderBy: $o) { totalCount nodes { id } } }"""
    for wanted, order, ids in (
        (None, [{"field": "NAME"}], [trial, growth, SUBSCRIPTION]),
        ({"status": {"eq": "TRIALING"}}, None, [trial]),
        ({"name": {"contains": "row"}}, None, [growth]),
        ({"trialEndsAt": {"isNull": True}}, [{"field": "NAME", "direction": "DESC"}], [growth, SUBSCRIPTION]),
    ):
        found = await execute(document, f=wanted, o=order)
        expected = {"totalCount": len(ids), "nodes": [{"id": one} for one in ids]}
        assert found["organization"]["commercialSubscriptions"] == found["subscriptions"] == expected
        assert len(found["organization"]["subscriptions"]) == 3


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "mutation", "given", "code"),
    [
        (OWNER, "openSubscription", {"organizationId": ORGANIZATION}, "FORBIDDEN"),
        (STRANGER, "openSubscription", {"organizationId": ORGANIZATION}, "NOT_FOUND"),
        (OPERATOR, "openSubscription", {"organizationId": ORGANIZATION, "trialEndsAt": NOW.isoformat()}, "INVALID"),
        (OPERATOR, "openSubscription", {"organizationId": ORGANIZATION, "name": ""}, "INVALID"),
        (OWNER, "markSubscriptionPastDue", {"subscriptionId": SUBSCRIPTION}, "FORBIDDEN"),
        (OWNER, "activateSubscription", {"subscriptionId": SUBSCRIPTION}, "FORBIDDEN"),
        (ADMIN, "cancelSubscription", {"subscriptionId": SUBSCRIPTION}, "FORBIDDEN"),
        (BILLING, "cancelSubscription", {"subscriptionId": SUBSCRIPTION}, "FORBIDDEN"),
        (STRANGER, "cancelSubscription", {"subscriptionId": SUBSCRIPTION}, "NOT_FOUND"),
        (OPERATOR, "cancelSubscription", {"subscriptionId": SUBSCRIPTION, "expectedVersion": 8}, "VERSION_CONFLICT"),
    ],
)
async def test_a_rejected_subscription_mutation_changes_nothing(
    demo_engine: AsyncEngine, digest: Digest, viewer: Viewer, mutation: str, given: Any, code: str
) -> None:
    before = await digest()
    assert (await call(demo_engine, viewer, mutation, **given))["codes"] == [code]
    assert await digest() == before
