"""The reports show the reference documents' own figures."""

from typing import Any

import pytest

from conftest import Execute
from podgraph.demo.reference import NOW
from podgraph.reports.registry import REPORTS, variables


@pytest.fixture
def answer(execute: Execute) -> Execute:
    """Runs a report over the demo data."""

    async def run(name: str, **given: str) -> Any:
        report = REPORTS[name]
        options = {option.replace("_", "-"): text for option, text in given.items()}
        return await execute(report.document, **variables(report, options, NOW))

    return run


async def test_the_sla_review_of_april_matches_the_document(answer: Execute) -> None:
    pod = (await answer("monthly-sla-review", pod="POD-26-000008", period="2026-04"))["pod"]
    report = pod["slaReport"]
    figures = ("metric", "actual", "target", "attainmentPercent", "tolerancePercent", "status")
    assert [tuple(metric[name] for name in figures) for metric in report["metrics"]] == [
        ("THROUGHPUT", "19", "18", "105.6", "0.0", "MET"),
        ("RESPONSE_TIME", "1.8", "2", "111.1", "0.0", "MET"),
        ("AVAILABILITY", "198", "200", "99.0", "1.0", "MET"),
        ("QUALITY_GATE", "76", "80", "95.0", "0.0", "BREACHED"),
    ]
    assert report["compliancePercent"] == "97.2"
    assert "100.0 (105.6, capped)" in report["complianceFormula"]
    assert report["breached"] == ["QUALITY_GATE"]
    assert [incident["id"] for incident in report["incidents"]] == ["INC-26-000091"]
    assert pod["sla"]["currentCompliance"] == "97.2"
    assert pod["tickets"]["aggregate"]["avgResponseHours"] == "1.8"


async def test_the_quarter_is_planned_with_the_gap_that_the_document_names(answer: Execute) -> None:
    demand = (await answer("capacity-planning", workspace="WS-26-000021", quarter="2026-Q3"))["workspace"]["demand"]
    (contributor,) = demand.pop("contributors")
    assert demand == {
        "currentCommitted": "160",
        "pendingRequests": "80",
        "availableSupply": "40",
        "supplyGap": "40",
        "recommendation": "Current supply cannot meet pending demand."
        " Consider expanding the talent pool or deferring requests.",
    }
    assert (contributor["quantity"], contributor["source"]["requestedTeamSize"]) == ("80", 2)


async def test_the_pool_planned_with_is_the_document_s(answer: Execute) -> None:
    workspace = (await answer("capacity-planning", workspace="WS-26-000021", quarter="2026-Q3"))["workspace"]
    (pool,) = workspace["capacityPools"]["nodes"]
    assert (pool["id"], pool["total"], pool["allocated"], pool["available"]) == (
        "CAP-26-000112",
        "200",
        "160",
        "40",
    )
    assert pool["allocations"]["aggregate"]["sumCommittedPerWeek"] == "160"


async def test_only_the_allocation_below_the_threshold_is_under_utilised(answer: Execute) -> None:
    found = (await answer("under-utilised", workspace="WS-26-000021"))["allocations"]
    assert [each["utilisationPercent"] for each in found["nodes"]] == ["61.3"]
    assert found["totalCount"] == 1


async def test_a_higher_threshold_lists_the_document_s_allocation_too(answer: Execute) -> None:
    found = (await answer("under-utilised", workspace="WS-26-000021", threshold="96.4"))["allocations"]
    used = {each["id"]: (each["actualLastWeek"], each["utilisationPercent"]) for each in found["nodes"]}
    assert used["ALLOC-26-000441"] == ("38.5", "96.3")


async def test_no_allocation_is_orphaned_or_misaligned(answer: Execute) -> None:
    organization = (await answer("orphaned-allocations", organization="ORG-26-090500"))["organization"]
    assert organization["orphaned"]["totalCount"] == 0
    assert organization["misaligned"]["totalCount"] == 0


async def test_the_upfront_payment_of_the_document_is_overdue(answer: Execute) -> None:
    organization = (await answer("organization-spend", organization="ORG-26-090500"))["organization"]
    (payment,) = organization["overduePayments"]["nodes"]
    assert payment["amount"] == {"amount": "7750.00", "currency": "USD"}
    assert payment["dueAt"] == "2026-04-22T00:00:00Z"
    assert organization["spend"]["overdue"] == {"amount": "7750.00", "currency": "USD"}


async def test_the_one_talent_booked_twice_is_the_documents(answer: Execute) -> None:
    found = (await answer("overbooked-talent", organization="ORG-26-090500"))["organization"]["talent"]
    assert [(each["id"], each["committedHoursPerWeek"]) for each in found["nodes"]] == [("SCR-128491", "80")]


async def test_the_dossier_shows_the_engagement_as_the_document_samples_it(answer: Execute) -> None:
    request = (await answer("engagement-dossier", request="OREQ-26-000041"))["outcomeRequest"]
    (cycle,) = request["scope"]["cycles"]["nodes"]
    assert [(each["id"], each["status"]) for each in cycle["deliverables"]["nodes"]] == [
        ("DLV-26-000081", "COMPLETED"),
        ("DLV-26-000082", "IN_PROGRESS"),
        ("DLV-26-000083", "PENDING"),
    ]
    assert [each["payment"]["amount"]["amount"] for each in request["scope"]["paymentSchedule"]] == [
        "7750.00",
        "7750.00",
    ]
