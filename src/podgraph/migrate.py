"""Brings a database to the tables of this version."""

from sqlalchemy import Connection, Text, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.compiled import CompiledStatement
from podgraph.database.engine import fetch_autocommit
from podgraph.tables import metadata

HEAD = "0006"
"""The revision that this version's models describe."""

_VERSIONS = """
    CREATE TABLE alembic_version
    (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))
"""
"""Where alembic keeps what it has applied, as it would make it."""


def upgrade(connection: Connection) -> None:
    """Bring the tables to this version, within the connection's transaction.

    From an async connection: `await connection.run_sync(upgrade)`. A blank database gets the tables
    as the models have them, to which the migrations lead too (a test holds it): that is much
    quicker, and a demo should not be waited for.
    """
    if connection.dialect.name == "postgresql":
        # Two servers may start at once: the second one waits, and then finds nothing to do. On
        # SQLite a transaction that writes has the file to itself anyway.
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
    """Apply the migrations that are missing."""
    # Alembic takes longer to import than a server that is up to date takes to start.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "podgraph:database/migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def is_current(connection: Connection) -> bool:
    """Whether every migration of this version has been applied."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


_APPLIED = text("SELECT version_num FROM alembic_version").columns(version_num=Text())


async def has_current_tables(engine: AsyncEngine) -> bool:
    """The same as one statement; what the database raises where it has no tables at all."""
    applied = await fetch_autocommit(engine, CompiledStatement(_APPLIED, engine.dialect), {})
    return [version for (version,) in applied] == [HEAD]
