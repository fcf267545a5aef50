"""Database migrations."""

from sqlalchemy import Connection, Text, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.compiled import CompiledStatement
from podgraph.database.engine import fetch_autocommit
from podgraph.tables import metadata

HEAD = "0007"
"""The latest revision, which corresponds to the models."""

_VERSIONS = """
    CREATE TABLE alembic_version
    (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))
"""
"""Alembic's table of applied revisions, as Alembic creates it."""


_APPLIED = text("SELECT version_num FROM alembic_version").columns(version_num=Text())


def upgrade(connection: Connection) -> None:
    """Upgrade the tables to this version, within the connection's transaction.

    From an async connection: `await connection.run_sync(upgrade)`. In an empty database the tables are created
    from the models, which is much faster than the migrations; a test ensures that both have the same result.
    """
    if connection.dialect.name == "postgresql":
        # Lock against concurrent upgrades by servers that start together. On SQLite, the write transaction
        # locks the file.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('podgraph.migrate'))"))
    if is_current(connection):
        return
    if inspect(connection).get_table_names():
        migrate(connection)
        return
    metadata.create_all(connection)
    connection.execute(text(_VERSIONS))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def migrate(connection: Connection) -> None:
    """Apply pending migrations."""
    # Imported lazily: importing Alembic takes longer than starting a server whose tables are current.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "podgraph:database/migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def is_current(connection: Connection) -> bool:
    """Whether all migrations have been applied."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(_APPLIED).scalars().all() == [HEAD]


async def has_current_tables(engine: AsyncEngine) -> bool:
    """`is_current` as one statement; raises the database's error if there are no tables."""
    applied = await fetch_autocommit(engine, CompiledStatement(_APPLIED, engine.dialect), {})
    return [version for (version,) in applied] == [HEAD]
