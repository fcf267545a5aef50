"""Column types and constraints, the same on SQLite and PostgreSQL.

A decimal is NUMERIC on PostgreSQL and a scaled integer on SQLite, which has no exact decimal type:
38.5 hours is stored as 385000. Sums, order and comparison are exact on both.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field

from podgraph.kernel.rounding import trimmed

# Constraint names contain the columns, so that migrations can refer to them on both databases.
NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


ALPHABETICAL = "alphabetical"
"""Key in the `info` of a sort key column for the name of the column that it sorts."""


class Plain(Text):
    """Text with the collation "C" on PostgreSQL, so that both databases compare it byte by byte."""


@compiles(Plain, "postgresql")
def _plain_postgresql(_kind: Plain, _compiler: Any, **kw: Any) -> str:
    # Only a column needs the collation; values that are compared with the column inherit it.
    return 'TEXT COLLATE "C"' if kw.get("type_expression") is not None else "TEXT"


class Exact(TypeDecorator[Decimal]):
    """An exact decimal with `scale` decimal places.

    A value with more places is rounded half up when it is stored. `trim` removes trailing zeros from
    results (quantities: 40, 38.5); money and percentages keep them.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int, *, trim: bool = False) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale, self.trim = precision, scale, trim
        self.unit = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = Decimal(value).quantize(self.unit, rounding=ROUND_HALF_UP)
        return int(exact.scaleb(self.scale)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        exact = Decimal(value).scaleb(-self.scale) if dialect.name == "sqlite" else Decimal(value)
        return trimmed(exact) if self.trim else exact.quantize(self.unit)


MONEY = Exact(14, 2)
"""An amount with two decimal places."""
QUANTITY = Exact(18, 4, trim=True)
"""Hours, credits or units of capacity."""
PERCENT = Exact(7, 1)
"""A percentage with one decimal place."""

DOCUMENT = JSON().with_variant(JSONB(), "postgresql")
"""A small JSON list or object that is never queried by its parts."""


def key() -> Any:
    """The id of a record, or a part of a composite primary key."""
    return Field(primary_key=True, sa_type=Plain)


def text(*, optional: bool = False, unique: bool = False, index: bool = False, default: str | None = None) -> Any:
    """Plain text, a status or the id of another record."""
    kept = {} if default is None else {"sa_column_kwargs": {"server_default": str(default)}}
    return _column(Plain, optional, default and str(default), unique=unique, index=index, **kept)


def version() -> Any:
    """The number of changes of a record, plus one, which `expectedVersion` of mutations is compared with."""
    return _column(Integer, optional=False, default=1, sa_column_kwargs={"server_default": "1"})


def flag() -> Any:
    """A yes or no that is no by default."""
    return _column(Boolean, optional=False, default=False, sa_column_kwargs={"server_default": false()})


def alphabetical(column: str) -> Any:
    """The sort key of `column`, maintained by triggers."""
    return _column(Plain, optional=True, sa_column_kwargs={"info": {ALPHABETICAL: column}})


def money(*, optional: bool = False, default: Decimal | None = None) -> Any:
    """An amount; a separate column contains the currency."""
    return _column(MONEY, optional, default)


def quantity(*, optional: bool = False, default: Decimal | None = None) -> Any:
    """A quantity of capacity or time, four decimal places."""
    return _column(QUANTITY, optional, default)


def percent(*, optional: bool = False) -> Any:
    """A percentage, one decimal place."""
    return _column(PERCENT, optional)


def document(*, optional: bool = False) -> Any:
    """JSON that is read and written whole."""
    return _column(DOCUMENT, optional)


def person(*, optional: bool = False) -> Any:
    """A user of any organization: users of the delivery partner act for clients."""
    return _column(Plain, optional, foreign_key="user.id", index=True)


def _column(kind: Any, optional: bool, default: Any = None, **given: Any) -> Any:
    if optional or default is not None:
        given["default"] = default
    return Field(sa_type=kind, nullable=optional, **given)


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """`column` contains one of these values."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def check(name: str, rule: str) -> CheckConstraint:
    """A CHECK constraint on one row.

    An `Exact` column may only be compared with another `Exact` column of the same scale or with 0, because
    SQLite stores scaled integers.
    """
    return CheckConstraint(rule, name=name)


def all_or_none(*columns: str) -> CheckConstraint:
    """Either all of `columns` are NULL, or none."""
    first, *others = columns
    rule = " AND ".join(f"({first} IS NULL) = ({other} IS NULL)" for other in others)
    return CheckConstraint(rule, name="_".join(columns))


def tenant_foreign_key(table: str, column: str | None = None) -> ForeignKeyConstraint:
    """`column` is NULL or the id of a record of `table` in the same organization.

    The organization is part of the foreign key, so that a reference to another tenant cannot be stored.
    """
    return ForeignKeyConstraint(
        ["organization_id", column or f"{table}_id"], [f"{table}.organization_id", f"{table}.id"]
    )


def unique(*columns: str) -> UniqueConstraint:
    """A UNIQUE constraint on `columns`."""
    return UniqueConstraint(*columns)


def unique_where(name: str, *columns: str, where: str) -> Index:
    """A partial UNIQUE index: unique among the rows that match `where`."""
    return Index(f"uq_{name}", *columns, unique=True, sqlite_where=sql(where), postgresql_where=sql(where))


def index(*columns: str, where: str | None = None) -> Index:
    """An index on `columns`; partial if `where` is given."""
    rule = None if where is None else sql(where)
    return Index(None, *columns, sqlite_where=rule, postgresql_where=rule)
