"""The migrations lead to exactly the tables that the models say."""

import asyncio
import json
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.migrate import HEAD, is_current, upgrade
from podgraph.tables import metadata


def described(connection: Connection, table: Table) -> dict[str, Any]:
    """What the database itself says of a table: columns, keys, constraints and indexes."""
    reflect = inspect(connection)
    return {
        "columns": [
            (column["name"], str(column["type"]), column["nullable"], column["default"])
            for column in reflect.get_columns(table.name)
        ],
        "primary key": reflect.get_pk_constraint(table.name),
        "foreign keys": in_order(reflect.get_foreign_keys(table.name)),
        "unique": in_order(reflect.get_unique_constraints(table.name)),
        "checks": in_order(reflect.get_check_constraints(table.name)),
        "indexes": in_order(reflect.get_indexes(table.name)),
    }


def in_order(found: Any) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True, default=str) for each in found)


async def test_a_migrated_database_has_the_models_tables(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(upgrade)
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )

    assert differences == []


async def test_it_has_the_models_constraints_and_indexes_too(empty: AsyncEngine) -> None:
    def describe(connection: Connection) -> dict[str, Any]:
        return {table.name: described(connection, table) for table in metadata.sorted_tables}

    async with empty.begin() as connection:
        await connection.run_sync(upgrade)
        migrated = await connection.run_sync(describe)
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        created = await connection.run_sync(describe)

    assert "origin" in str(migrated["allocation"]["indexes"])
    assert migrated == created


async def test_upgrading_again_does_nothing(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        assert not await connection.run_sync(is_current)
        await connection.run_sync(upgrade)
        assert await connection.run_sync(is_current)

    async with empty.begin() as connection:
        await connection.run_sync(upgrade)
        assert await connection.run_sync(is_current)


async def test_of_two_servers_that_start_at_once_the_second_waits(empty: AsyncEngine) -> None:
    async def upgrade_too() -> None:
        async with empty.begin() as connection:
            await connection.run_sync(upgrade)

    async with empty.begin() as first:
        await first.run_sync(upgrade)
        second = asyncio.create_task(upgrade_too())
        await asyncio.sleep(0.1)
        assert not second.done()

    await second


async def test_an_upgrade_that_fails_leaves_nothing_behind(empty: AsyncEngine) -> None:
    async with empty.connect() as connection:
        await connection.run_sync(upgrade)
        await connection.rollback()
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())

    assert tables == []


def test_the_version_that_servers_look_for_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "podgraph:database/migrations")
    config.set_main_option("path_separator", "os")

    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
