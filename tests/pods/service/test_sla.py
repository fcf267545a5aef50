"""SLA terms that change with the months, and reports that are measured by those of their own."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.kernel.roles import Role
from podgraph.pods.service.sla_reports import JOBS
from podgraph.writes.transaction import PLATFORM, WriteTransaction
from podgraph.writes.unit_of_work import begin_write

APEX = frozenset({"ORG-26-090500"})
OPERATOR = Viewer("USR-26-000101", APEX, frozenset({Role.OPERATOR}))
DELIVERY = Viewer("USR-26-000102", APEX, frozenset({Role.DELIVERY}))
OWNER = Viewer("USR-26-000044", APEX, frozenset({Role.ORG_OWNER}))
STRANGER = Viewer("USR-26-000061", frozenset({"ORG-26-090611"}), frozenset({Role.DELIVERY}))
POD, DRAFTED, ASKED, PAUSED = (f"POD-26-0000{n}" for n in ("08", "09", "11", "10"))

ERRORS = "userErrors { code field } events { type }"
TERMS = """mutation($input: UpdateSlaTermsInput!) { updateSlaTerms(input: $input) {
    pod { version sla { id responseTimeHours } slaVersions { effectiveFrom responseTimeHours } }
    sla { id effectiveFrom currentCompliance throughputTasksPerSprint maxDefectRatePercent
          terms { metric tolerancePercent: tolerancePercent weightPercent } } """
RECORD = """mutation($input: RecordSlaReportInput!) { recordSlaReport(input: $input) {
    slaReport { id version status defectRatePercent
        metrics { metric target actual status } } """
PUBLISH = """mutation($input: PublishSlaReportInput!) { publishSlaReport(input: $input) {
    slaReport { status compliancePercent breached publishedAt
        metrics { metric target actual status explanation }
        sla { id } incidents { title severity slaReport { period } }
        pod { sla { currentCompliance } } } """
Digest = Callable[[], Awaitable[str]]


async def call(execute: Execute, document: str, viewer: Viewer, **given: Any) -> Any:
    (payload,) = (await execute(f"{document} {ERRORS} }} }}", viewer, input=given)).values()
    return payload


def codes(payload: Any) -> list[str]:
    return [one["code"] for one in payload["userErrors"]]


def types(payload: Any) -> list[str]:
    return [event["type"] for event in payload["events"]]


async def at(engine: AsyncEngine, now: datetime) -> list[str]:
    """What the clock publishes at a moment, two clocks at once."""
    (job,) = JOBS
    async with begin_write(engine) as connection:
        write = WriteTransaction(connection, PLATFORM, now)
        due = await job.due(write, 10)
        for report_id in [*due, *due]:
            await job.run(write, report_id)
        await write.finish()
        await connection.commit()
    return due


# -- terms -----------------------------------------------------------------------------------------------


@pytest.mark.writes
async def test_other_terms_are_in_force_from_the_next_month_on(execute: Execute) -> None:
    payload = await call(execute, TERMS, OPERATOR, podId=POD, responseTimeHours="1.5")

    assert (payload["userErrors"], types(payload)) == ([], ["sla_terms.changed"])
    assert payload["sla"]["effectiveFrom"] == "2026-06"
    assert payload["sla"]["currentCompliance"] == "97.2"
    assert payload["pod"]["sla"] == {"id": "SLA-26-000008", "responseTimeHours": "2"}
    assert payload["pod"]["slaVersions"] == [
        {"effectiveFrom": "2025-09", "responseTimeHours": "2"},
        {"effectiveFrom": "2026-06", "responseTimeHours": "1.5"},
    ]


@pytest.mark.writes
async def test_terms_that_are_changed_again_before_they_hold_stay_one_version(execute: Execute) -> None:
    first = await call(execute, TERMS, OPERATOR, podId=POD, responseTimeHours="1.5", maxDefectRatePercent=2)
    again = await call(execute, TERMS, OPERATOR, podId=POD, throughputTasksPerSprint=20, maxDefectRatePercent=None)

    assert again["sla"]["id"] == first["sla"]["id"]
    assert (first["sla"]["maxDefectRatePercent"], again["sla"]["maxDefectRatePercent"]) == ("2.0", None)
    assert again["sla"]["throughputTasksPerSprint"] == 20
    assert again["pod"]["slaVersions"][-1] == {"effectiveFrom": "2026-06", "responseTimeHours": "1.5"}


@pytest.mark.writes
async def test_weights_are_moved_from_one_metric_to_another(execute: Execute) -> None:
    metrics = [
        {"metric": "QUALITY_GATE", "weightPercent": 40, "tolerancePercent": "2.5"},
        {"metric": "THROUGHPUT", "weightPercent": 20},
    ]

    payload = await call(execute, TERMS, OPERATOR, podId=POD, metrics=metrics)

    assert [tuple(term.values()) for term in payload["sla"]["terms"]] == [
        ("THROUGHPUT", "0.0", "20.0"),
        ("RESPONSE_TIME", "0.0", "10.0"),
        ("AVAILABILITY", "1.0", "30.0"),
        ("QUALITY_GATE", "2.5", "40.0"),
    ]


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "given", "code"),
    [
        (OWNER, {"podId": POD, "throughputTasksPerSprint": 20}, "FORBIDDEN"),
        (OPERATOR, {"podId": POD}, "REQUIRED"),
        (OPERATOR, {"podId": POD, "responseTimeHours": 0}, "INVALID"),
        (OPERATOR, {"podId": POD, "metrics": [{"metric": "THROUGHPUT", "weightPercent": 20}]}, "INVALID"),
        (OPERATOR, {"podId": ASKED, "throughputTasksPerSprint": 20}, "INVALID_TRANSITION"),
        (OPERATOR, {"podId": POD, "throughputTasksPerSprint": 20, "expectedVersion": 1}, "VERSION_CONFLICT"),
    ],
)
async def test_terms_that_can_not_be_changed_stay(
    execute: Execute, digest: Digest, viewer: Viewer, given: Any, code: str
) -> None:
    before = await digest()

    assert codes(await call(execute, TERMS, viewer, **given)) == [code]
    assert await digest() == before


# -- reports ---------------------------------------------------------------------------------------------


@pytest.mark.writes
async def test_measurements_of_a_month_are_collected_in_one_report(execute: Execute) -> None:
    first = await call(execute, RECORD, DELIVERY, podId=POD, period="2026-05", throughputTasksPerSprint=17)
    again = await call(execute, RECORD, DELIVERY, podId=POD, period="2026-05", qualityGatePercent="81.5")

    assert (first["userErrors"], types(first)) == ([], ["sla_report.recorded"])
    assert (first["slaReport"]["version"], again["slaReport"]["version"]) == (1, 2)
    assert first["slaReport"]["id"] == again["slaReport"]["id"]
    assert [(one["actual"], one["status"]) for one in again["slaReport"]["metrics"]] == [
        ("17", "BREACHED"),
        (None, "NOT_MEASURED"),
        (None, "NOT_MEASURED"),
        ("81.5", "MET"),
    ]


@pytest.mark.writes
async def test_a_measurement_is_taken_back_with_null(execute: Execute) -> None:
    given = {"podId": POD, "period": "2026-05"}
    await call(execute, RECORD, DELIVERY, **given, throughputTasksPerSprint=17, defectRatePercent=3)

    payload = await call(execute, RECORD, DELIVERY, **given, throughputTasksPerSprint=None, defectRatePercent=None)

    assert payload["slaReport"]["metrics"][0]["status"] == "NOT_MEASURED"
    assert payload["slaReport"]["defectRatePercent"] is None


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "given", "code"),
    [
        (STRANGER, {}, "NOT_FOUND"),
        (OWNER, {}, "FORBIDDEN"),
        (DELIVERY, {"period": "2026-04"}, "REPORT_PUBLISHED"),
        (DELIVERY, {"period": "2026-06"}, "INVALID"),
        (DELIVERY, {"period": "2025-08"}, "INVALID"),
        (DELIVERY, {"period": "2026-Q1"}, "INVALID"),
        (DELIVERY, {"qualityGatePercent": 101}, "INVALID"),
        (DELIVERY, {"throughputTasksPerSprint": -1}, "INVALID"),
        (DELIVERY, {"podId": ASKED}, "INVALID_TRANSITION"),
    ],
)
async def test_what_can_not_be_recorded_leaves_nothing_behind(
    execute: Execute, digest: Digest, viewer: Viewer, given: Any, code: str
) -> None:
    before = await digest()
    measured = {"podId": POD, "period": "2026-05", "throughputTasksPerSprint": 17, **given}

    assert codes(await call(execute, RECORD, viewer, **measured)) == [code]
    assert await digest() == before


async def recorded(execute: Execute, **measured: Any) -> str:
    """The id of the report of April of a pod that has none yet."""
    given = {"podId": PAUSED, "period": "2026-04", **measured}
    payload = await call(execute, RECORD, DELIVERY, **given)
    assert payload["userErrors"] == []
    identity: str = payload["slaReport"]["id"]
    return identity


@pytest.mark.writes
async def test_a_published_report_opens_an_incident_for_each_metric_that_was_breached(
    execute: Execute,
) -> None:
    report_id = await recorded(
        execute,
        throughputTasksPerSprint=6,
        responseTimeHours=4,
        availabilityHoursPerWeek=80,
        qualityGatePercent=60,
    )

    payload = await call(execute, PUBLISH, OPERATOR, slaReportId=report_id)

    assert types(payload) == [
        "sla_report.published",
        "sla.breached",
        "incident.opened",
        "sla.breached",
        "incident.opened",
    ]
    report = payload["slaReport"]
    # 10 % of 75.0, 10 and 30 % of 100.0, and half of 80.0
    assert (report["compliancePercent"], report["breached"]) == ("87.5", ["THROUGHPUT", "QUALITY_GATE"])
    assert report["pod"]["sla"]["currentCompliance"] == "87.5"
    # The first one was opened in April by the report of March.
    assert [(one["title"], one["severity"]) for one in report["incidents"]] == [
        ("Throughput missed its target in 2026-03", "P3"),
        ("Throughput missed its target in 2026-04", "P3"),
        ("Quality gate missed its target in 2026-04", "P3"),
    ]


@pytest.mark.writes
async def test_a_report_is_published_once(execute: Execute, digest: Digest) -> None:
    report_id = await recorded(execute, throughputTasksPerSprint=6)
    await call(execute, PUBLISH, OPERATOR, slaReportId=report_id)
    before = await digest()

    again = await call(execute, PUBLISH, OPERATOR, slaReportId=report_id)

    assert codes(again) == ["REPORT_PUBLISHED"]
    assert again["slaReport"]["status"] == "PUBLISHED"
    assert await digest() == before


@pytest.mark.writes
async def test_of_many_publications_at_once_one_opens_the_incident(execute: Execute, demo_engine: AsyncEngine) -> None:
    report_id = await recorded(execute, throughputTasksPerSprint=6)

    publish = (call(execute, PUBLISH, OPERATOR, slaReportId=report_id) for _ in range(12))
    payloads = await asyncio.gather(*publish)

    assert sorted(map(codes, payloads)) == [[], *[["REPORT_PUBLISHED"]] * 11]
    async with demo_engine.connect() as connection:
        opened = text(f"SELECT count(*) FROM incident WHERE sla_report_id = '{report_id}'")
        assert (await connection.execute(opened)).scalar_one() == 1


@pytest.mark.writes
async def test_a_month_that_is_not_over_is_not_published(execute: Execute, digest: Digest) -> None:
    data = await execute(f'{{ pod(id: "{DRAFTED}") {{ slaReport(period: "2026-05") {{ id }} }} }}')
    before = await digest()

    for viewer, code in ((OPERATOR, "INVALID_TRANSITION"), (DELIVERY, "FORBIDDEN"), (STRANGER, "NOT_FOUND")):
        report_id = data["pod"]["slaReport"]["id"]
        assert codes(await call(execute, PUBLISH, viewer, slaReportId=report_id)) == [code]
    assert await digest() == before


@pytest.mark.writes
async def test_a_report_is_measured_by_the_terms_in_force_in_its_month(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    await call(execute, RECORD, DELIVERY, podId=POD, period="2026-05", throughputTasksPerSprint=19)
    await call(execute, TERMS, OPERATOR, podId=POD, throughputTasksPerSprint=30)

    await at(demo_engine, datetime(2026, 6, 3, tzinfo=UTC))

    data = await execute(
        f"""{{ pod(id: "{POD}") {{ slaReport(period: "2026-05") {{
            status sla {{ id }} metrics {{ target status }} }} }} }}"""
    )
    assert data["pod"]["slaReport"]["sla"] == {"id": "SLA-26-000008"}
    assert data["pod"]["slaReport"]["metrics"][0] == {"target": "18", "status": "MET"}


@pytest.mark.writes
async def test_the_scheduler_publishes_measured_reports_on_the_third(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    assert await at(demo_engine, datetime(2026, 6, 2, 23, 59, tzinfo=UTC)) == []
    assert len(await at(demo_engine, datetime(2026, 6, 3, tzinfo=UTC))) == 1
    assert await at(demo_engine, datetime(2026, 6, 4, tzinfo=UTC)) == []

    data = await execute(
        f"""{{ pod(id: "{DRAFTED}") {{ slaReport(period: "2026-05") {{
            status metrics {{ actual status }} }} }} }}"""
    )
    assert data["pod"]["slaReport"] == {
        "status": "PUBLISHED",
        "metrics": [
            {"actual": "12", "status": "MET"},
            # Its one priority item of May was responded to after 2 hours and 10 minutes.
            {"actual": "2.1667", "status": "MET"},
            {"actual": "118", "status": "BREACHED"},
            {"actual": None, "status": "NOT_MEASURED"},
        ],
    }


@pytest.mark.writes
async def test_availability_is_the_weekly_hours_unless_it_is_given(execute: Execute, demo_engine: AsyncEngine) -> None:
    await call(execute, RECORD, DELIVERY, podId=POD, period="2026-05", throughputTasksPerSprint=19)

    await at(demo_engine, datetime(2026, 6, 3, tzinfo=UTC))

    data = await execute(f'{{ pod(id: "{POD}") {{ slaReport(period: "2026-05") {{ metrics {{ actual }} }} }} }}')
    # One week of May is recorded, and its one priority item has no response.
    actuals = [one["actual"] for one in data["pod"]["slaReport"]["metrics"]]
    assert actuals == ["19", None, "197.5", None]


@pytest.mark.writes
async def test_a_defect_rate_beyond_its_limit_breaches_the_quality_gate(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    async with demo_engine.begin() as connection:
        # The limit of the terms that are in force in April: 2 percent, in the database's own way.
        limit = "20" if demo_engine.dialect.name == "sqlite" else "2"
        await connection.execute(text(f"UPDATE sla_terms SET max_defect_rate_percent = {limit}"))
    report_id = await recorded(execute, qualityGatePercent=90, defectRatePercent=4)

    payload = await call(execute, PUBLISH, OPERATOR, slaReportId=report_id)

    assert payload["slaReport"]["breached"] == ["QUALITY_GATE"]
    assert payload["slaReport"]["metrics"][3]["explanation"] == (
        "A defect rate of 4 % where 2 % is allowed is 50.0 %, below the 100 % required: breached."
    )
