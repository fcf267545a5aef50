"""Generated data is the same for the same seed, and as sound as data that was lived."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.generator import generate, seed
from podgraph.demo.reference import NOW
from podgraph.doctor.registry import examine
from podgraph.tables import metadata

T = metadata.tables


def test_the_same_seed_makes_the_same_data() -> None:
    assert list(generate(5, 7, NOW)) == list(generate(5, 7, NOW))


def test_another_seed_makes_other_data() -> None:
    assert list(generate(5, 7, NOW)) != list(generate(5, 8, NOW))


def test_every_ten_pods_are_an_organization_of_their_own() -> None:
    batches = list(generate(25, 1, NOW))

    assert [len(batch["pod"]) for batch in batches] == [10, 10, 5]
    assert [len({pod["organization_id"] for pod in batch["pod"]}) for batch in batches] == [1, 1, 1]


def test_a_running_pod_has_a_year_of_reports_with_four_metrics_each() -> None:
    (batch,) = generate(1, 1, NOW)

    months = [f"2025-{month:02d}" for month in range(5, 13)] + [f"2026-{month:02d}" for month in range(1, 5)]
    assert [report["period"] for report in batch["sla_report"]] == months
    assert len(batch["sla_metric_result"]) == 48


def test_engagements_are_in_every_stage() -> None:
    (batch,) = generate(1, 1, NOW)

    assert {scope["status"] for scope in batch["scope"]} == {
        *("PENDING_CONFIRMATION", "ACTIVE", "COMPLETED", "CANCELLED"),
    }
    assert {"SCOPING", "REQUIRES_NEGOTIATION"} <= {one["status"] for one in batch["outcome_request"]}


def test_seeded_events_are_never_in_the_future() -> None:
    for now in (
        NOW,
        datetime.fromisoformat("2026-03-01T00:30:00Z"),
        datetime.fromisoformat("2026-04-03T09:00Z"),
    ):
        for batch in generate(10, 3, now):
            assert max(event["occurred_at"] for event in batch["event"]) <= now


async def test_seeded_data_breaks_no_invariant(engine: AsyncEngine) -> None:
    await seed(engine, 12, 1, NOW, lambda _: None)

    async with Snapshot(engine) as snapshot:
        assert await examine(Reader(snapshot, Tenancy(None), NOW)) == []


@pytest.mark.writes
async def test_seeding_keeps_existing_data(demo_engine: AsyncEngine) -> None:
    reported: list[int] = []
    await seed(demo_engine, 12, 1, NOW, reported.append)
    await seed(demo_engine, 1, 1, NOW, reported.append)

    async with demo_engine.connect() as connection:
        pods = (await connection.execute(select(func.count()).select_from(T["pod"]))).scalar_one()
    assert reported == [10, 2, 1]
    assert pods == 8 + 13
