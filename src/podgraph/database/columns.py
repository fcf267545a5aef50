"""The columns that tables are made of, the same on SQLite and PostgreSQL.

A decimal is NUMERIC on PostgreSQL and a scaled integer on SQLite, which has no exact decimal of
its own: 38.5 hours is stored there as 385000. Sums, order and comparison stay exact in both.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field

from podgraph.kernel.rounding import trimmed

# A constraint's name says what it is on, so that migrations can name it on both databases.
NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


ALPHABETICAL = "alphabetical"
"""What a column's info has the name of another one under, whose key it is."""


class Plain(Text):
    """Text that PostgreSQL compares byte by byte, as SQLite does, whatever the locale of the database."""


@compiles(Plain, "postgresql")
def _plain_postgresql(_kind: Plain, _compiler: Any, **kw: Any) -> str:
    # Only a column says so; what is compared with it follows.
    return 'TEXT COLLATE "C"' if kw.get("type_expression") is not None else "TEXT"


class Exact(TypeDecorator[Decimal]):
    """A decimal of `scale` places, exact in every database.

    A value with more places is rounded half up once, on its way in. `trim` takes trailing zeros
    off what comes out, as quantities are written (40, 38.5); money and percentages keep them.
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
"""An amount to the cent."""
QUANTITY = Exact(18, 4, trim=True)
"""Hours, credits or units of capacity."""
PERCENT = Exact(7, 1)
"""A percentage with the one decimal that the reference documents print."""

DOCUMENT = JSON().with_variant(JSONB(), "postgresql")
"""A small list or object that is only ever read whole."""


def key() -> Any:
    """The record's own id, or a part of the key of a row that has none."""
    return Field(primary_key=True, sa_type=Plain)


def text(*, optional: bool = False, unique: bool = False, index: bool = False) -> Any:
    """Plain text, a status or the id of another record."""
    return _column(Plain, optional, unique=unique, index=index)


def alphabetical(column: str) -> Any:
    """The key that `column` is put in alphabetical order by, which the table itself keeps."""
    return _column(Plain, optional=True, sa_column_kwargs={"info": {ALPHABETICAL: column}})


def money(*, optional: bool = False, default: Decimal | None = None) -> Any:
    """An amount; its currency is in a column beside it."""
    return _column(MONEY, optional, default)


def quantity(*, optional: bool = False, default: Decimal | None = None) -> Any:
    """A quantity of capacity or time, four decimals."""
    return _column(QUANTITY, optional, default)


def percent(*, optional: bool = False) -> Any:
    """A percentage, one decimal."""
    return _column(PERCENT, optional)


def document(*, optional: bool = False) -> Any:
    """JSON that is read and written whole."""
    return _column(DOCUMENT, optional)


def person(*, optional: bool = False) -> Any:
    """A user, of any organization: people of the delivery partner act for clients."""
    return _column(Plain, optional, foreign_key="user.id", index=True)


def _column(kind: Any, optional: bool, default: Any = None, **given: Any) -> Any:
    if optional or default is not None:
        given["default"] = default
    return Field(sa_type=kind, nullable=optional, **given)


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """Only the words of a vocabulary may stand in `column`."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def check(name: str, rule: str) -> CheckConstraint:
    """A rule about one row that the database itself keeps.

    It compares an exact column only with another of the same kind or with 0, the one number
    that a scaled integer and a decimal write alike.
    """
    return CheckConstraint(rule, name=name)


def all_or_none(*columns: str) -> CheckConstraint:
    """All of `columns` hold something, or none of them does."""
    first, *others = columns
    rule = " AND ".join(f"({first} IS NULL) = ({other} IS NULL)" for other in others)
    return CheckConstraint(rule, name="_".join(columns))


def tenant_foreign_key(table: str, column: str | None = None) -> ForeignKeyConstraint:
    """`column` names a record of `table` in the same organization, or nothing.

    The organization is part of the foreign key: a reference across tenants can not be stored.
    """
    return ForeignKeyConstraint(
        ["organization_id", column or f"{table}_id"], [f"{table}.organization_id", f"{table}.id"]
    )


def unique(*columns: str) -> UniqueConstraint:
    """No two rows have the same values here."""
    return UniqueConstraint(*columns)


def unique_where(name: str, *columns: str, where: str) -> Index:
    """Of the rows that `where` is true of, no two have the same values here."""
    return Index(f"uq_{name}", *columns, unique=True, sqlite_where=sql(where), postgresql_where=sql(where))


def index(*columns: str, where: str | None = None) -> Index:
    """Rows are found or ordered by these, in this order; with `where`, only those that it is true of."""
    rule = None if where is None else sql(where)
    return Index(None, *columns, sqlite_where=rule, postgresql_where=rule)
