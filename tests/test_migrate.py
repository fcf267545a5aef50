"""Migrations create exactly the tables of the models."""

import asyncio
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.alphabet import sort_key
from podgraph.migrate import HEAD, is_current, migrate, upgrade
from podgraph.tables import metadata

MAY, NOON = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 4, 12, tzinfo=UTC)

LIFE = {"organization_id": "org_1", "version": 3, "created_at": MAY, "updated_at": MAY}
IN_POD = {"organization_id": "org_1", "pod_id": "pod_1"}

ROWS_OF_0002: dict[str, list[dict[str, Any]]] = {
    "organization": [{"id": "org_1", "name": "Acme", "currency": "USD"}],
    "workspace": [{"organization_id": "org_1", "id": "wsp_1", "name": "Web"}],
    "commercial_subscription": [{"organization_id": "org_1", "id": "sub_1", "status": "ACTIVE"}],
    "event": [
        {
            "organization_id": "org_1",
            "id": "evt_1",
            "sequence": 1,
            "type": "ticket.created",
            "occurred_at": NOON,
            "actor_type": "SYSTEM",
            "actor_id": "system",
            "subject_id": "tkt_1",
            "payload": {},
            "changes": [],
            "correlation_id": "1",
        }
    ],
    "event_counter": [{"organization_id": "org_1", "sequence": 1}],
    "pod": [
        LIFE
        | {
            "id": "pod_1",
            "workspace_id": "wsp_1",
            "subscription_id": "sub_1",
            "name": "Web",
            "status": "ACTIVE",
            "delivery_model": "DEDICATED_TEAM",
            "required_capabilities": ["web"],
            "requested_team_size": 2,
            "team_size": 2,
            "duration_months": 6,
            "auto_complete": False,
        }
    ],
    "ticket": [
        LIFE
        | {
            "id": ticket_id,
            "pod_id": "pod_1",
            "type": "ISSUE",
            "title": "It is slow",
            "description": "",
            "priority": "HIGH",
            "status": status,
            "response_due_at": datetime(2026, 5, 1, 10, tzinfo=UTC),
            "response_sla": "PENDING",
        }
        for ticket_id, status in (("tkt_1", "OPEN"), ("tkt_2", "CLOSED"))
    ],
    "sla_terms": [
        IN_POD
        | {
            "id": "sla_1",
            "throughput_tasks_per_sprint": 10,
            "sprint_length_days": 14,
            "response_time_hours": 10,
            "availability_hours_per_week": 40,
            "quality_gate_percent": 80,
            "tolerances": {"THROUGHPUT": "5.0"},
            "weights": {},
            "effective_from": "2026-05",
        }
    ],
    "sla_report": [
        IN_POD
        | {
            "id": "rep_1",
            "sla_terms_id": "sla_1",
            "period": "2026-05",
            "status": "PUBLISHED",
            "breached": ["THROUGHPUT"],
            "published_at": NOON,
        },
        IN_POD
        | {
            "id": "rep_2",
            "sla_terms_id": "sla_1",
            "period": "2026-06",
            "status": "DRAFT",
            "breached": [],
            "published_at": None,
        },
    ],
    "sla_metric_result": [
        {
            "organization_id": "org_1",
            "sla_report_id": "rep_1",
            "position": 1,
            "metric": "THROUGHPUT",
            "target": 10,
            "tolerance_percent": 5,
            "weight_percent": 100,
            "status": "BREACHED",
            "explanation": "",
        }
    ],
    "capacity_pool": [
        LIFE
        | {
            "id": "pol_1",
            "resource_type": "TALENT_HOURS",
            "total": 100,
            "allocated": 0,
            "unit": "hours",
            "period": "WEEKLY",
        }
    ],
    "outcome_request": [
        LIFE
        | {
            "id": "req_1",
            "workspace_id": "wsp_1",
            "subscription_id": "sub_1",
            "title": "A shop",
            "description": "",
            "desired_outcome": "",
            "acceptance_criteria": [],
            "status": "SCOPED",
        }
    ],
    "scope": [
        LIFE
        | {
            "id": "scp_1",
            "request_id": "req_1",
            "workspace_id": "wsp_1",
            "title": "A shop",
            "status": "ACTIVE",
            "timeline_weeks": 4,
            "fixed_price": 1000,
            "currency": "USD",
            "payment_schedule": [],
            "capacity_pool_id": "pol_1",
            "committed_per_week": 10,
            "open_count": 1,
        }
    ],
    "cycle": [
        LIFE
        | {
            "id": "cyc_1",
            "scope_id": "scp_1",
            "sequence": 1,
            "kind": "DELIVERY",
            "name": "First",
            "status": "PLANNED",
            "planned_start": date(2026, 5, 1),
            "planned_end": date(2026, 5, 8),
            "extra_cost": 0,
            "currency": "USD",
        }
    ],
    "deliverable": [
        LIFE
        | {
            "id": "dlv_1",
            "scope_id": "scp_1",
            "cycle_id": "cyc_1",
            "position": 1,
            "title": "A page",
            "description": "",
            "acceptance_criteria": [],
            "status": "REJECTED",
            "attempt": 1,
        }
    ],
    "deliverable_review": [
        {
            "organization_id": "org_1",
            "deliverable_id": "dlv_1",
            "attempt": 1,
            "accepted": False,
            "rejection_reason": "It is empty",
            "unmet_criteria": [{"position": 1}],
            "reviewed_at": NOON,
        }
    ],
}
"""Rows from before migration 0003: of the tables that it copies, and of those that they refer to."""


TRIGGERS = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
}


def config_on(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", "podgraph:database/migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def fill_at_0002(connection: Connection) -> None:
    command.upgrade(config_on(connection), "0002")
    found = MetaData()
    found.reflect(connection)
    for name, rows in ROWS_OF_0002.items():
        connection.execute(found.tables[name].insert(), rows)


def rows_of(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """All rows of the filled tables, ordered by key."""
    found = MetaData()
    found.reflect(connection)
    return {
        name: [
            dict(row)
            for row in connection.execute(
                select(found.tables[name]).order_by(*found.tables[name].primary_key)
            ).mappings()
        ]
        for name in ROWS_OF_0002
    }


def added(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns that a migration added; the other columns must be unchanged."""
    assert [{name: new[name] for name in old} for old, new in zip(before, after, strict=True)] == before
    return [
        {
            name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
            for name, value in new.items()
            if name not in old
        }
        for old, new in zip(before, after, strict=True)
    ]


def described(connection: Connection, table: str) -> dict[str, Any]:
    """Columns, keys, constraints and indexes of a table, as reported by the database."""
    reflect = inspect(connection)
    return {
        # In any order: a migration can only append columns.
        "columns": sorted(
            (column["name"], str(column["type"]), column["nullable"], column["default"])
            for column in reflect.get_columns(table)
        ),
        "primary key": reflect.get_pk_constraint(table),
        "foreign keys": in_order(reflect.get_foreign_keys(table)),
        "unique": in_order(reflect.get_unique_constraints(table)),
        "checks": in_order(reflect.get_check_constraints(table)),
        "indexes": in_order(reflect.get_indexes(table)),
    }


def describe(connection: Connection) -> dict[str, Any]:
    tables = {name: described(connection, name) for name in inspect(connection).get_table_names()}
    return tables | {"triggers": connection.execute(text(TRIGGERS[connection.dialect.name])).scalars().all()}


def in_order(found: Any) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True, default=str) for each in found)


async def test_migrated_database_has_the_tables_of_the_models(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(migrate)
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )

    assert differences == []


async def test_migrated_database_has_the_constraints_and_indexes_of_the_models(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(migrate)
        migrated = await connection.run_sync(describe)
        await connection.run_sync(metadata.drop_all)
        await connection.execute(text("DROP TABLE alembic_version"))
        await connection.run_sync(upgrade)
        created = await connection.run_sync(describe)

    assert "origin" in str(migrated["allocation"]["indexes"])
    assert "name_order" in str(migrated["triggers"])
    assert migrated == created


async def test_rows_from_before_migration_three_survive(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(fill_at_0002)
        before = await connection.run_sync(rows_of)
    async with empty.begin() as connection:
        await connection.run_sync(migrate)
    async with empty.connect() as connection:
        after = await connection.run_sync(rows_of)

    new = {name: added(before[name], after[name]) for name in before}
    june = datetime(2026, 6, 1, tzinfo=UTC)
    assert {name: rows for name, rows in new.items() if any(rows)} == {
        "organization": [{"status": "ACTIVE", "version": 1, "time_zone": "UTC", "working_days": None}],
        "workspace": [{"status": "ACTIVE", "version": 1}],
        "commercial_subscription": [{"version": 1, "name": None, "trial_ends_at": None, "cancelled_at": None}],
        "event": [{"workspace_id": "wsp_1"}],
        "event_counter": [{"told_at": NOON}],
        "pod": [{"name_order": sort_key("Web")}],
        "ticket": [
            {"at_risk_at": datetime(2026, 5, 1, 8, tzinfo=UTC), "reopened_at": None},
            {"at_risk_at": None, "reopened_at": None},
        ],
        "sla_report": [
            {"version": 1, "created_at": NOON, "updated_at": NOON, "defect_rate_percent": None},
            {"version": 1, "created_at": june, "updated_at": june, "defect_rate_percent": None},
        ],
        "deliverable_review": [{"evidence": []}],
    }


async def test_foreign_keys_of_old_rows_are_enforced(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(fill_at_0002)
        await connection.run_sync(migrate)

    for breaking in (
        "DELETE FROM sla_terms",
        "DELETE FROM sla_report WHERE id = 'rep_1'",
        "UPDATE sla_report SET sla_terms_id = 'sla_2'",
        "UPDATE sla_metric_result SET sla_report_id = 'rep_3'",
        "UPDATE deliverable_review SET deliverable_id = 'dlv_2'",
    ):
        with pytest.raises(IntegrityError):
            async with empty.begin() as connection:
                await connection.execute(text(breaking))


async def test_text_is_compared_byte_by_byte_in_any_locale(empty: AsyncEngine) -> None:
    if empty.dialect.name == "sqlite":
        collated = "SELECT name FROM sqlite_master WHERE sql LIKE '%COLLATE%'"
    else:
        collated = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
        )
    async with empty.begin() as connection:
        await connection.run_sync(upgrade)
        assert (await connection.execute(text(collated))).all() == []
        await connection.run_sync(metadata.drop_all)
        await connection.execute(text("DROP TABLE alembic_version"))
        await connection.run_sync(migrate)
        assert (await connection.execute(text(collated))).all() == []


async def test_second_upgrade_does_nothing(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        assert not await connection.run_sync(is_current)
        await connection.run_sync(upgrade)
        assert await connection.run_sync(is_current)

    async with empty.begin() as connection:
        await connection.run_sync(upgrade)
        assert await connection.run_sync(is_current)


async def test_fresh_database_needs_no_further_migration(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(upgrade)
        before = await connection.run_sync(describe)
        await connection.run_sync(migrate)

        assert await connection.run_sync(describe) == before


async def test_second_of_two_starting_servers_waits(empty: AsyncEngine) -> None:
    async def upgrade_too() -> None:
        async with empty.begin() as connection:
            await connection.run_sync(upgrade)

    async with empty.begin() as first:
        await first.run_sync(upgrade)
        second = asyncio.create_task(upgrade_too())
        await asyncio.sleep(0.1)
        assert not second.done()

    await second


async def test_failed_upgrade_leaves_nothing_behind(empty: AsyncEngine) -> None:
    async with empty.connect() as connection:
        await connection.run_sync(upgrade)
        await connection.rollback()
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())

    assert tables == []


def test_version_expected_by_servers_is_the_last_migration() -> None:
    assert ScriptDirectory.from_config(config_on(None)).get_current_head() == HEAD
