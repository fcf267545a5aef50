"""Capacity of many parents at once: one statement, whatever their number."""

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.capacity import repository
from podgraph.capacity.lifecycle import ResourceType
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.kernel.periods import Period

APEX = Tenancy(frozenset({"ORG-26-090500"}))
ALLOCATION = "ALLOC-26-000441"


async def test_the_demand_of_several_workspaces_is_one_statement(demo_engine: AsyncEngine) -> None:
    async with Snapshot(demo_engine) as snapshot:
        found = await repository.demand(
            Reader(snapshot, APEX, NOW),
            ["WS-26-000021", "WS-26-000022", "WS-26-999999"],
            resource_type=ResourceType.AGENT_CREDITS,
            period=Period.parse("2026-Q3"),
        )

        assert snapshot.statements == 1
    held = {key: (demand.current_committed, demand.available_supply) for key, demand in found.items()}
    assert held == {
        # 45,000 and 55,000 credits a month, in credits per week.
        "WS-26-000021": (Decimal("10384.6154"), Decimal("12692.3077")),
        "WS-26-000022": (Decimal(0), Decimal(0)),
    }


async def test_everything_about_an_allocation_is_hidden_from_other_organizations(
    demo_engine: AsyncEngine,
) -> None:
    async with Snapshot(demo_engine) as snapshot:
        reader = Reader(snapshot, Tenancy(frozenset({"ORG-26-000001"})), NOW)

        assert await repository.trend(reader, [ALLOCATION], weeks=8) == {}
        assert await repository.weeks_below(reader, [ALLOCATION], percent=Decimal(100), weeks=8) == {}
        assert await repository.waste(reader, [ALLOCATION]) == {}
        assert await repository.assignments(reader, ["SCR-128491"]) == {}
