"""Pods, their scopes, SLAs and tickets, asked for over the reference documents' data."""

from typing import Any

from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.kernel.roles import Role

STRANGER = Viewer("USR-26-000201", frozenset({"ORG-26-090611"}), frozenset({Role.ORG_OWNER}))


async def test_the_report_of_april_says_what_the_document_prints(execute: Execute) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000008") { slaReport(period: "2026-04") {
            compliancePercent breached incidents { id }
            metrics { name target actual attainmentPercent status }
        } } }"""
    )

    assert data["pod"]["slaReport"] == {
        "compliancePercent": "97.2",
        "breached": ["QUALITY_GATE"],
        "incidents": [{"id": "INC-26-000091"}],
        "metrics": [
            _metric("throughput", "18", "19", "105.6", "MET"),
            _metric("response_time_hours", "2", "1.8", "111.1", "MET"),
            _metric("availability_hours", "200", "198", "99.0", "MET"),
            _metric("quality_gate", "80", "76", "95.0", "BREACHED"),
        ],
    }


def _metric(name: str, target: str, actual: str, attainment: str, status: str) -> dict[str, str]:
    return {
        "name": name,
        "target": target,
        "actual": actual,
        "attainmentPercent": attainment,
        "status": status,
    }


async def test_a_report_tells_how_its_compliance_comes_about(execute: Execute) -> None:
    data = await execute('{ pod(id: "POD-26-000008") { slaReport(period: "2026-04") { complianceFormula } } }')

    assert data["pod"]["slaReport"]["complianceFormula"] == (
        "throughput 10 % × 100.0 (105.6, capped) + response time 10 % × 100.0 (111.1, capped)"
        " + availability 30 % × 99.0 + quality gate 50 % × 95.0 = 97.2"
    )


async def test_a_draft_has_metrics_but_no_verdict(execute: Execute) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000009") { slaReport(period: "2026-05") {
            status compliancePercent complianceFormula breached metrics { status }
        } } }"""
    )

    assert data["pod"]["slaReport"] == {
        "status": "DRAFT",
        "compliancePercent": None,
        "complianceFormula": None,
        "breached": [],
        "metrics": [{"status": status} for status in ("MET", "NOT_MEASURED", "BREACHED", "NOT_MEASURED")],
    }


async def test_the_incident_of_a_report_is_found_by_month_and_report(execute: Execute) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000008") {
            december: slaReport(period: "2025-12") { incidents { title openedAt } }
            january: slaReport(period: "2026-01") { incidents { title openedAt } }
        } }"""
    )

    late = {"title": "Response time missed its target in 2025-12", "openedAt": "2026-01-03T06:00:00Z"}
    assert late in data["pod"]["december"]["incidents"]
    assert late in data["pod"]["january"]["incidents"]


async def test_breaches_are_counted_by_metric_over_the_reports_that_match(execute: Execute) -> None:
    data = await execute(
        """{ slaReports(filter: { podId: { eq: "POD-26-000008" }, periodFrom: "2025-Q4" }, first: 1) {
            nodes { period }
            aggregate { count avgCompliancePercent minCompliancePercent breachesByMetric { metric breaches } }
        } }"""
    )

    assert data["slaReports"] == {
        "nodes": [{"period": "2026-04"}],
        "aggregate": {
            "count": 7,
            "avgCompliancePercent": "98.9",
            "minCompliancePercent": "97.2",
            "breachesByMetric": _breaches(0, 1, 0, 3),
        },
    }


async def test_where_no_report_matches_no_metric_was_breached(execute: Execute) -> None:
    data = await execute(
        """{ slaReports(filter: { podId: { eq: "POD-26-999999" } }) {
            aggregate { count avgCompliancePercent breachesByMetric { metric breaches } }
        } }"""
    )

    assert data["slaReports"]["aggregate"] == {
        "count": 0,
        "avgCompliancePercent": None,
        "breachesByMetric": _breaches(0, 0, 0, 0),
    }


def _breaches(*numbers: int) -> list[dict[str, Any]]:
    metrics = ("THROUGHPUT", "RESPONSE_TIME", "AVAILABILITY", "QUALITY_GATE")
    return [{"metric": metric, "breaches": n} for metric, n in zip(metrics, numbers, strict=True)]


async def test_reports_are_found_by_breach_and_by_months_both_included(execute: Execute) -> None:
    data = await execute(
        """query ($pod: ID!) {
            breached: slaReports(filter: { podId: { eq: $pod }, hasBreach: true }) { nodes { period } }
            kept: slaReports(filter: {
                podId: { eq: $pod }, hasBreach: false, periodFrom: "2025-11", periodTo: "2026-Q1"
            }) { nodes { period } }
        }""",
        pod="POD-26-000008",
    )

    assert [one["period"] for one in data["breached"]["nodes"]] == [
        "2026-04",
        "2026-01",
        "2025-12",
        "2025-10",
        "2025-09",
    ]
    assert [one["period"] for one in data["kept"]["nodes"]] == ["2026-03", "2026-02", "2025-11"]


async def test_the_terms_of_an_sla_are_told_by_metric(execute: Execute) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000008") { sla {
            currentCompliance terms { metric target unit tolerancePercent weightPercent }
        } } }"""
    )

    assert data["pod"]["sla"]["currentCompliance"] == "97.2"
    assert [list(term.values()) for term in data["pod"]["sla"]["terms"]] == [
        ["THROUGHPUT", "18", "tasks_per_sprint", "0.0", "10.0"],
        ["RESPONSE_TIME", "2", "hours", "0.0", "10.0"],
        ["AVAILABILITY", "200", "hours_per_week", "1.0", "30.0"],
        ["QUALITY_GATE", "80", "percent", "0.0", "50.0"],
    ]


async def test_the_team_is_in_the_order_of_joining(execute: Execute) -> None:
    data = await execute(
        '{ pod(id: "POD-26-000008") { teamSize team { role talent { id podMemberships { pod { id } } } } } }'
    )

    assert data["pod"]["teamSize"] == 5
    assert [member["talent"]["id"] for member in data["pod"]["team"]] == [
        "SCR-128491",
        "SCR-129102",
        "SCR-130011",
        "SCR-130988",
        "SCR-131200",
    ]
    assert data["pod"]["team"][0]["talent"]["podMemberships"] == [{"pod": {"id": "POD-26-000008"}}]


async def test_whoever_has_left_is_no_longer_in_the_team(execute: Execute) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000013") { status team { role } }
             talent(id: "SCR-132104") { podMemberships { leftAt pod { id } } } }"""
    )

    assert data["pod"] == {"status": "COMPLETED", "team": []}
    assert data["talent"]["podMemberships"] == [{"leftAt": "2025-12-02T00:00:00Z", "pod": {"id": "POD-26-000013"}}]


async def test_a_scope_is_at_its_latest_revision_and_lists_changes(execute: Execute) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000008") { scope {
            currentRevision { number items { key } }
            revisions(first: 2) { totalCount nodes { number diff { op key } } }
        } } }"""
    )

    scope = data["pod"]["scope"]
    assert scope["currentRevision"]["number"] == 4
    assert [item["key"] for item in scope["currentRevision"]["items"]] == [
        "export",
        "webhooks",
        "ledger",
        "gateway",
        "payouts",
    ]
    assert scope["revisions"]["totalCount"] == 4
    assert [one["number"] for one in scope["revisions"]["nodes"]] == [4, 3]
    assert {"op": "added", "key": "export"} in scope["revisions"]["nodes"][0]["diff"]
    assert {"op": "removed", "key": "portal"} in scope["revisions"]["nodes"][1]["diff"]


async def test_in_the_first_revision_with_items_all_is_added(execute: Execute) -> None:
    data = await execute(
        '{ pod(id: "POD-26-000008") { scope { revisions(last: 2) { nodes { number diff { op key } } } } } }'
    )

    second, first = data["pod"]["scope"]["revisions"]["nodes"]
    assert first == {"number": 1, "diff": []}
    assert second["diff"] == [{"op": "added", "key": key} for key in ("gateway", "ledger", "webhooks", "portal")]


async def test_only_a_pod_with_an_open_proposal_can_be_confirmed(execute: Execute) -> None:
    data = await execute(
        """{ pods(filter: { status: { eq: SCOPING } }) { nodes {
            id proposal { teamSize committedPerWeek costPerMonth { amount currency } expiresAt }
            availableActions { mutation enabled blockedBy }
        } } }"""
    )

    asked, offered = data["pods"]["nodes"]
    assert asked["proposal"] is None
    assert _confirmation(asked) == {
        "mutation": "confirmPod",
        "enabled": False,
        "blockedBy": "PROPOSAL_INCOMPLETE",
    }
    assert offered["proposal"] == {
        "teamSize": 3,
        "committedPerWeek": "120",
        "costPerMonth": {"amount": "24900.00", "currency": "USD"},
        "expiresAt": "2026-05-29T10:00:00Z",
    }
    assert _confirmation(offered) == {"mutation": "confirmPod", "enabled": True, "blockedBy": None}


def _confirmation(pod: Any) -> Any:
    return next(action for action in pod["availableActions"] if action["mutation"] == "confirmPod")


async def test_pods_are_summed_by_status_and_workspace(execute: Execute) -> None:
    data = await execute(
        """{ pods(filter: { status: { in: [ACTIVE, PAUSED] } }, first: 1) { totalCount aggregate {
            sumCostPerMonth { amount currency } avgTeamSize
            groups(by: [STATUS, WORKSPACE]) { status workspace { id } count sumCostPerMonth { amount } }
        } } }"""
    )

    assert data["pods"] == {
        "totalCount": 3,
        "aggregate": {
            "sumCostPerMonth": {"amount": "74400.00", "currency": "USD"},
            "avgTeamSize": "3.3",
            "groups": [
                {
                    "status": "ACTIVE",
                    "workspace": {"id": "WS-26-000021"},
                    "count": 2,
                    "sumCostPerMonth": {"amount": "59600.00"},
                },
                {
                    "status": "PAUSED",
                    "workspace": {"id": "WS-26-000022"},
                    "count": 1,
                    "sumCostPerMonth": {"amount": "14800.00"},
                },
            ],
        },
    }


async def test_pods_are_found_by_project_label(execute: Execute) -> None:
    data = await execute(
        """{ pods(filter: { projectTag: { eq: "PROJ-26-004281" } }) { nodes { id projects { name } } } }"""
    )

    assert data["pods"]["nodes"] == [{"id": "POD-26-000008", "projects": [{"name": "Payments Platform Rebuild"}]}]


async def test_the_priority_items_of_april_match_the_mean_of_the_report(
    execute: Execute,
) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000008") { tickets(filter: {
            type: { eq: PRIORITY_ITEM }
            createdAt: { gte: "2026-04-01T00:00:00Z", lt: "2026-05-01T00:00:00Z" }
        }) { aggregate { count avgResponseHours maxResponseHours breached } } } }"""
    )

    assert data["pod"]["tickets"]["aggregate"] == {
        "count": 6,
        "avgResponseHours": "1.8",
        "maxResponseHours": "3.1",
        "breached": 1,
    }


async def test_tickets_are_grouped_by_month_and_verdict(execute: Execute) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000008") { tickets(filter: { createdAt: { gte: "2026-04-01T00:00:00Z" } }) {
            aggregate { groups(by: [MONTH, RESPONSE_SLA]) { month responseSla count avgResponseHours } }
        } } }"""
    )

    assert [list(group.values()) for group in data["pod"]["tickets"]["aggregate"]["groups"]] == [
        ["2026-04", "BREACHED", 1, "3.1"],
        ["2026-04", "MET", 6, "1.5"],
        ["2026-05", "MET", 1, "1.2"],
        ["2026-05", "PENDING", 1, None],
    ]


async def test_tickets_are_ordered_by_urgency_not_alphabetically(execute: Execute) -> None:
    document = """query ($after: String) { pod(id: "POD-26-000008") { tickets(
        orderBy: [{ field: PRIORITY, direction: DESC }], first: 2, after: $after
        filter: { or: [{ priority: { in: [URGENT, LOW] } }, { type: { eq: ISSUE } }] }
    ) { nodes { priority } pageInfo { endCursor hasNextPage } } } }"""

    first = (await execute(document))["pod"]["tickets"]
    second = (await execute(document, after=first["pageInfo"]["endCursor"]))["pod"]["tickets"]

    assert [one["priority"] for one in first["nodes"]] == ["URGENT", "MEDIUM"]
    assert [one["priority"] for one in second["nodes"]] == ["LOW"]
    assert not second["pageInfo"]["hasNextPage"]


async def test_a_late_ticket_leads_to_its_incident_and_back(execute: Execute) -> None:
    data = await execute(
        """{ tickets(first: 1, filter: {
            responseSla: { eq: BREACHED }, pod: { name: { contains: "payments" } }
        }) {
            nodes { title responseHours responseSla incident { id ticket { title } } }
        } }"""
    )

    assert data["tickets"]["nodes"] == [
        {
            "title": "Settlement file rejected by the acquirer",
            "responseHours": "3.1",
            "responseSla": "BREACHED",
            "incident": {
                "id": "INC-26-000091",
                "ticket": {"title": "Settlement file rejected by the acquirer"},
            },
        }
    ]


async def test_comments_of_a_ticket_are_listed_oldest_first(execute: Execute) -> None:
    data = await execute(
        """{ tickets(first: 1, filter: {
            podId: { eq: "POD-26-000008" }, createdAt: { lte: "2026-04-14T08:30:00Z" }
        }) {
            nodes { title comments { totalCount nodes { body } } }
        } }"""
    )

    ticket = data["tickets"]["nodes"][0]
    assert ticket["title"] == "Expedite payment webhook reliability fix"
    assert [one["body"] for one in ticket["comments"]["nodes"]] == [
        "Reproduced under load: retries pile up in one queue.",
        "We have asked for a fixed outcome on the root cause.",
    ]


async def test_a_stranger_sees_no_pod_report_or_ticket_of_another_client(execute: Execute) -> None:
    data = await execute(
        """{ pod(id: "POD-26-000008") { id }
             pods { totalCount nodes { id } }
             slaReports(filter: { podId: { eq: "POD-26-000008" } }) { totalCount aggregate { count } }
             tickets(filter: { podId: { eq: "POD-26-000008" } }) { totalCount nodes { id } } }""",
        STRANGER,
    )

    assert data == {
        "pod": None,
        "pods": {"totalCount": 1, "nodes": [{"id": "POD-26-000021"}]},
        "slaReports": {"totalCount": 0, "aggregate": {"count": 0}},
        "tickets": {"totalCount": 0, "nodes": []},
    }
