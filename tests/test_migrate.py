"""The migrations lead to exactly the tables that the models say."""

import asyncio
import json
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.migrate import HEAD, is_current, migrate, upgrade
from podgraph.tables import metadata


def described(connection: Connection, table: str) -> dict[str, Any]:
    """What the database itself says of a table: columns, keys, constraints and indexes."""
    reflect = inspect(connection)
    return {
        "columns": [
            (column["name"], str(column["type"]), column["nullable"], column["default"])
            for column in reflect.get_columns(table)
        ],
        "primary key": reflect.get_pk_constraint(table),
        "foreign keys": in_order(reflect.get_foreign_keys(table)),
        "unique": in_order(reflect.get_unique_constraints(table)),
        "checks": in_order(reflect.get_check_constraints(table)),
        "indexes": in_order(reflect.get_indexes(table)),
    }


def describe(connection: Connection) -> dict[str, Any]:
    return {name: described(connection, name) for name in inspect(connection).get_table_names()}


def in_order(found: Any) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True, default=str) for each in found)


async def test_a_migrated_database_has_the_models_tables(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(migrate)
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )

    assert differences == []


async def test_it_has_the_models_constraints_and_indexes_too(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(migrate)
        migrated = await connection.run_sync(describe)
        await connection.run_sync(metadata.drop_all)
        await connection.execute(text("DROP TABLE alembic_version"))
        await connection.run_sync(upgrade)
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


async def test_a_database_of_a_blank_start_is_migrated_no_further(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(upgrade)
        before = await connection.run_sync(describe)
        await connection.run_sync(migrate)

        assert await connection.run_sync(describe) == before


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
