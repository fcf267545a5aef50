"""Computed values of service lines: one statement for all lines, only rows of the viewer's organizations."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.service_lines import repository
from podgraph.service_lines.lifecycle import RiskLevel

LINES = ["LIN-26-084729", "LIN-26-088401", "LIN-26-092200"]
APEX = frozenset({"ORG-26-090500"})
STRANGER = frozenset({"ORG-26-090611"})


@pytest.fixture
async def snapshot(demo_engine: AsyncEngine) -> AsyncIterator[Snapshot]:
    """What one operation reads."""
    async with Snapshot(demo_engine) as snapshot:
        yield snapshot


async def test_health_risk_and_usage_are_one_statement_each(
    snapshot: Snapshot,
) -> None:
    reader = Reader(snapshot, Tenancy(APEX), NOW)

    assert sorted(await repository.health(reader, LINES)) == LINES
    assert snapshot.statements == 1
    await repository.workspace_risk(reader, ["WS-26-000021", "WS-26-000022"])
    assert snapshot.statements == 2
    april = date(2026, 4, 1), date(2026, 4, 30)
    assert sorted(await repository.usage(reader, LINES, from_=april[0], to=april[1])) == LINES
    assert snapshot.statements == 3


async def test_a_stranger_learns_nothing(snapshot: Snapshot) -> None:
    reader = Reader(snapshot, Tenancy(STRANGER), NOW)

    assert await repository.health(reader, LINES) == {}
    assert await repository.usage(reader, LINES, from_=date(2026, 4, 1), to=date(2026, 4, 30)) == {}
    assert await repository.workspace_risk(reader, ["WS-26-000021"]) == {"WS-26-000021": RiskLevel.LOW}


async def test_the_platform_sees_the_lines_of_everybody(snapshot: Snapshot) -> None:
    reader = Reader(snapshot, Tenancy(None), NOW)

    assert sorted(await repository.health(reader, LINES)) == LINES
