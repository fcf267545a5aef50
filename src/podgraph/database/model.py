"""Base classes of all tables."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, MetaData, Table, event
from sqlalchemy.ext.declarative import DeferredReflection
from sqlmodel import Field, SQLModel

from podgraph.database.alphabet import create_sort_key_triggers
from podgraph.database.columns import ALPHABETICAL, NAMING, Plain, key, unique


class Model(DeferredReflection, SQLModel):
    """Base class of all tables. Its metadata is compared with the migrations.

    Rows are never instances of these classes, so the ORM mapping is deferred, which saves a third of the import
    time of the tables.
    """

    model_config = {"defer_build": True}
    metadata = MetaData(naming_convention=NAMING)


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model, typed: SQLModel does not declare `__table__`."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


@event.listens_for(Model.metadata, "after_create")
def _keep_alphabetical(_metadata: MetaData, connection: Connection, *, tables: Any, **_: Any) -> None:
    for column in (column for table in tables for column in table.c if ALPHABETICAL in column.info):
        create_sort_key_triggers(connection, column.table.name, column.info[ALPHABETICAL], column.name)


class Tenanted(Model):
    """A row of one organization, which is the tenant and, if sharded, the distribution key."""

    organization_id: str = Field(foreign_key="organization.id", sa_type=Plain)


class Record(Tenanted):
    """A row with a reference id, to which `tenant_foreign_key` of other tables can refer."""

    id: str = key()

    def __init_subclass__(cls, **settings: Any) -> None:
        # The target columns of a foreign key need a UNIQUE constraint.
        super().__init_subclass__(**settings)
        rules = cls.__dict__.get("__table_args__", ())
        cls.__table_args__ = (*rules, unique("organization_id", "id"))


class Entity(Record):
    """A record with a `version`, which is incremented with every change."""

    version: int = 1
    created_at: datetime
    updated_at: datetime
