"""What every table has in common."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, MetaData, Table, event
from sqlalchemy.ext.declarative import DeferredReflection
from sqlmodel import Field, SQLModel

from podgraph.database.alphabet import keep
from podgraph.database.columns import ALPHABETICAL, NAMING, Plain, key, unique


class Model(DeferredReflection, SQLModel):
    """The parent of all tables, with the one metadata that migrations are compared with.

    Rows are never made objects of these classes: what would map, instrument and validate them is left
    undone, which is a third of the time that tables take to import.
    """

    model_config = {"defer_build": True}
    metadata = MetaData(naming_convention=NAMING)


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model: SQLModel declares no type for `__table__`."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


@event.listens_for(Model.metadata, "after_create")
def _keep_alphabetical(_metadata: MetaData, connection: Connection, *, tables: Any, **_: Any) -> None:
    for column in (column for table in tables for column in table.c if ALPHABETICAL in column.info):
        keep(connection, column.table.name, column.info[ALPHABETICAL], column.name)


class Tenanted(Model):
    """A row of one organization: the tenant guard, and the distribution key when sharded."""

    organization_id: str = Field(foreign_key="organization.id", sa_type=Plain)


class Record(Tenanted):
    """A row with a reference id, which `belongs_to` of other tables can name."""

    id: str = key()

    def __init_subclass__(cls, **settings: Any) -> None:
        # What a foreign key names must be unique in the very columns that it names.
        super().__init_subclass__(**settings)
        rules = cls.__dict__.get("__table_args__", ())
        cls.__table_args__ = (*rules, unique("organization_id", "id"))


class Entity(Record):
    """A record with a life of its own: `version` grows by one with every change."""

    version: int = 1
    created_at: datetime
    updated_at: datetime
