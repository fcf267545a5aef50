"""Service lines and incidents, read through the graph over the reference documents' data."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Execute = Callable[..., Awaitable[Any]]
POD_LINE = "LIN-26-088401"


async def test_a_line_leads_to_what_it_executes_and_for_whom(execute: Execute) -> None:
    data = await execute("""{
        serviceLine(id: "LIN-26-088401") {
            executionModel billingModel status startedAt endedAt
            source { __typename ... on Pod { id name } }
            organization { id } workspace { id } subscription { id } projects { id name }
            availableActions { mutation }
        }
    }""")

    assert data["serviceLine"] == {
        "executionModel": "ONGOING_SLA",
        "billingModel": "SUBSCRIPTION",
        "status": "ACTIVE",
        "startedAt": "2025-09-01T00:00:00Z",
        "endedAt": None,
        "source": {"__typename": "Pod", "id": "POD-26-000008", "name": "Payments Platform Pod"},
        "organization": {"id": "ORG-26-090500"},
        "workspace": {"id": "WS-26-000021"},
        "subscription": {"id": "SUB-26-001122"},
        "projects": [{"id": "PROJ-26-004281", "name": "Payments Platform Rebuild"}],
        "availableActions": [],
    }


async def test_the_pods_line_is_as_healthy_as_its_signals(execute: Execute) -> None:
    data = await execute("""{
        serviceLine(id: "LIN-26-088401") {
            health { score band risk computedAt signals { kind score weightPercent detail } }
        }
    }""")
    health = data["serviceLine"]["health"]

    assert [(signal["kind"], signal["score"], signal["weightPercent"]) for signal in health["signals"]] == [
        ("hours_on_target", 99, "29.4"),
        ("sla_compliance", 97, "29.4"),
        ("capacity_utilisation", 100, "17.6"),
        ("incident_frequency", 60, "23.5"),
    ]
    assert health["signals"][1]["detail"] == "The latest published report shows a compliance of 97.2 %."
    assert health["signals"][3]["detail"] == "2 incidents open, 2 raised in the last 30 days."
    assert (health["score"], health["band"], health["risk"]) == (89, "GREEN", "MEDIUM")
    assert health["computedAt"] == "2026-05-14T16:00:00Z"


async def test_april_costs_the_monthly_price_and_is_reported_in_talent_days(execute: Execute) -> None:
    data = await execute("""{
        serviceLine(id: "LIN-26-088401") {
            usage(from: "2026-04-01", to: "2026-04-30") {
                from to metrics { metric quantity unit cost { amount } }
                totalCost { amount currency } effectiveDayRate { amount }
            }
        }
    }""")

    # 38,000.00 a month over 871.3 hours, which are 108.9125 days of 8.
    assert data["serviceLine"]["usage"] == {
        "from": "2026-04-01",
        "to": "2026-04-30",
        "metrics": [{"metric": "talent.days", "quantity": "108.9125", "unit": "days", "cost": None}],
        "totalCost": {"amount": "38000.00", "currency": "USD"},
        "effectiveDayRate": {"amount": "348.90"},
    }


async def test_a_month_that_runs_is_charged_until_today(execute: Execute) -> None:
    data = await execute("""{
        serviceLine(id: "LIN-26-088401") {
            usage(from: "2026-05-01", to: "2026-05-31") { totalCost { amount } }
        }
    }""")

    # 38,000.00 x 14 / 31
    assert data["serviceLine"]["usage"]["totalCost"]["amount"] == "17161.29"


async def test_usage_of_days_that_run_backwards_is_refused(execute: Execute) -> None:
    document = """query ($from: Date!, $to: Date!) {
        serviceLine(id: "LIN-26-088401") { usage(from: $from, to: $to) { totalCost { amount } } }
    }"""

    with pytest.raises(AssertionError, match=r"from \(2026-05-02\) must not be after to \(2026-05-01\)"):
        await execute(document, **{"from": "2026-05-02", "to": "2026-05-01"})
    one_day = await execute(document, **{"from": "2026-05-01", "to": "2026-05-01"})
    # 38,000.00 / 31
    assert one_day["serviceLine"]["usage"]["totalCost"]["amount"] == "1225.81"


async def test_an_incident_leads_to_the_ticket_that_raised_it(execute: Execute) -> None:
    data = await execute("""{
        incident(id: "INC-26-000091") {
            type suspected status
            serviceLine { id } pod { id } raisedBy { id } slaReport { id }
            ticket { title responseSla }
        }
    }""")

    assert data["incident"] == {
        "type": "SLA_BREACH",
        "suspected": False,
        "status": "ACKNOWLEDGED",
        "serviceLine": {"id": POD_LINE},
        "pod": {"id": "POD-26-000008"},
        "raisedBy": None,
        "slaReport": None,
        "ticket": {"title": "Settlement file rejected by the acquirer", "responseSla": "BREACHED"},
    }


async def test_incidents_are_listed_latest_first_and_filtered_by_workspace(
    execute: Execute,
) -> None:
    data = await execute(
        """query($found: IncidentFilter) { incidents(filter: $found) { totalCount nodes { title } } }""",
        found={"workspaceId": {"eq": "WS-26-000021"}, "status": {"in": ["OPEN", "ACKNOWLEDGED"]}},
    )

    assert [incident["title"] for incident in data["incidents"]["nodes"]] == [
        "Settlement export left out of two sprints",
        "SLA response time exceeded on a priority item",
    ]
    assert data["incidents"]["totalCount"] == 2


@pytest.mark.parametrize(
    "found",
    [
        {"projectTag": {"eq": "PROJ-26-004281"}, "executionModel": {"eq": "ONGOING_SLA"}},
        {"id": {"in": [POD_LINE, "LIN-26-999999"]}},
        {"and": [{"id": {"eq": POD_LINE}}, {"not": {"status": {"eq": "CLOSED"}}}]},
    ],
)
async def test_a_line_is_found_by_what_it_is(execute: Execute, found: Any) -> None:
    data = await execute(
        "query($found: ServiceLineFilter) { serviceLines(filter: $found) { totalCount nodes { id } } }",
        found=found,
    )

    assert data["serviceLines"] == {"totalCount": 1, "nodes": [{"id": POD_LINE}]}


async def test_a_workspace_is_at_the_risk_of_its_worst_line(execute: Execute) -> None:
    data = await execute("""{
        platform: workspace(id: "WS-26-000021") {
            risk serviceLines(first: 50) { nodes { name health { risk } } }
        }
        data: workspace(id: "WS-26-000022") { risk }
    }""")
    lines = data["platform"]["serviceLines"]["nodes"]

    assert [line["name"] for line in lines if line["health"]["risk"] == "HIGH"] == ["Ledger reconciliation audit"]
    assert data["platform"]["risk"] == "HIGH"
    assert data["data"]["risk"] == "LOW"


async def test_lines_and_incidents_of_others_are_not_there(execute: Execute) -> None:
    data = await execute("""{
        workspace(id: "WS-26-000031") { risk }
        incidents(filter: { organizationId: { eq: "ORG-26-090611" } }) { totalCount }
        serviceLines(filter: { organizationId: { eq: "ORG-26-090611" } }) { totalCount nodes { id } }
    }""")

    assert data == {
        "workspace": None,
        "incidents": {"totalCount": 0},
        "serviceLines": {"totalCount": 0, "nodes": []},
    }
