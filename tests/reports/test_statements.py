"""A report takes a fixed number of SQL statements, however many rows there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import context_for
from podgraph.demo import reference
from podgraph.demo.load import insert_all
from podgraph.demo.reference import NOW
from podgraph.demo.row_builder import Row
from podgraph.kernel.ids import number_of
from podgraph.reports.registry import REPORTS, variables
from podgraph.schema import build_schema

BUDGET = {
    "monthly-sla-review": 8,
    "capacity-planning": 7,
    "acceptance-queue": 7,
    "renewal-decision": 10,
    "under-utilised": 4,
    "orphaned-allocations": 3,
    "organization-spend": 7,
    "weekly-watch": 5,
    "overbooked-talent": 4,
    "engagement-dossier": 7,
}
GIVEN = {
    "organization": "ORG-26-090500",
    "workspace": "WS-26-000021",
    "pod": "POD-26-000008",
    "request": "OREQ-26-000041",
}
SHARED = {
    "organization",
    "workspace",
    "user",
    "membership",
    "commercial_subscription",
    "project",
    "event_counter",
}
"""Tables that all copies have in common."""
LEAVES = {"ticket", "event", "usage_record", "deliverable", "deliverable_cycle"}
"""Tables that are copied within the pods, lines and scopes that there are, too."""


async def statements(engine: AsyncEngine) -> dict[str, int]:
    """How many statements each report takes."""
    counts = {}
    for name, report in REPORTS.items():
        options = {parameter.option for parameter in report.parameters} & GIVEN.keys()
        filled = variables(report, {option: GIVEN[option] for option in options}, NOW)
        context = context_for(engine)
        result = await build_schema().execute(report.document, filled, context_value=context)
        assert result.errors is None, result.errors
        assert context.fallbacks == 0
        counts[name] = context.loaders.reader.snapshot.statements
    return counts


def copied(rows: Mapping[str, list[Row]], tables: Iterable[str], copy: int) -> dict[str, list[Row]]:
    """The rows of some tables once more, with ids of their own that lead to each other."""
    taken = {table: rows[table] for table in tables if table in rows}
    ids = {row["id"] for table in taken.values() for row in table if "id" in row}
    renamed = {each: f"{each.rsplit('-', 1)[0]}-{number_of(each) + copy * 1_000_000}" for each in ids}

    def copy_of(row: Row) -> dict[str, Any]:
        again = {name: renamed.get(value, value) if isinstance(value, str) else value for name, value in row.items()}
        if "sequence" in row and "actor_id" in row:
            again["sequence"] = row["sequence"] + copy * 1_000_000
        return again

    return {table: [copy_of(row) for row in group] for table, group in taken.items()}


async def test_every_report_stays_within_its_budget(demo_engine: AsyncEngine) -> None:
    counts = await statements(demo_engine)
    assert {name: count for name, count in counts.items() if count > BUDGET[name]} == {}
    assert counts.keys() == BUDGET.keys()


@pytest.mark.writes
async def test_statements_do_not_grow_with_the_rows(demo_engine: AsyncEngine) -> None:
    before = await statements(demo_engine)
    rows = reference.rows()
    more: dict[str, list[Row]] = defaultdict(list)
    for copy in range(1, 10):
        for tables, number in ((rows.keys() - SHARED, copy), (LEAVES, copy + 10)):
            for table, group in copied(rows, tables, number).items():
                more[table] += group
    async with demo_engine.begin() as connection:
        await insert_all(connection, more)
    after = await statements(demo_engine)
    assert after == before
    assert {name: count for name, count in after.items() if count > BUDGET[name]} == {}
