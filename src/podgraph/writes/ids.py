"""Unique reference ids: one counter per prefix in the database."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field

from podgraph.database.columns import key
from podgraph.database.compiled import BoundStatement, CompiledStatement
from podgraph.database.model import Model
from podgraph.kernel.ids import format_id, number_of, prefix_of


class IdCounter(Model, table=True):
    """The last number issued for a prefix, across all organizations."""

    __tablename__ = "id_counter"

    prefix: str = key()
    value: int = Field(sa_type=BigInteger)


_KEEP_AHEAD = text("""
    INSERT INTO id_counter (prefix, value) VALUES (:prefix, :number)
    ON CONFLICT (prefix) DO UPDATE SET value = excluded.value WHERE id_counter.value < excluded.value
""")


def wanted_ids(counts: Mapping[str, int]) -> dict[str, int]:
    """Number of ids by prefix, in the order in which all transactions lock the counters."""
    return {prefix: count for prefix, count in sorted(counts.items()) if count}


def issue_statement(wanted: Mapping[str, int], dialect: Dialect) -> BoundStatement:
    """The statement that issues ids; `ids_from_rows` reads its rows."""
    prefixes = {f"prefix_{n}": prefix for n, prefix in enumerate(wanted)}
    numbers = {f"count_{n}": count for n, count in enumerate(wanted.values())}
    return _increment_statement(len(wanted), dialect), {**prefixes, **numbers}


def ids_from_rows(wanted: Mapping[str, int], rows: Iterable[Sequence[Any]], year: int) -> dict[str, list[str]]:
    """The issued ids by prefix; each row contains a prefix and its last number."""
    return {
        prefix: [format_id(prefix, number, year) for number in range(last - wanted[prefix] + 1, last + 1)]
        for prefix, last in rows
    }


@lru_cache(maxsize=200)
def _increment_statement(prefixes: int, dialect: Dialect) -> CompiledStatement:
    # One statement increments and reads. Its row locks are held until the end of the transaction, so that a number
    # is unique, and a number that is rolled back was never visible to another transaction.
    rows = ", ".join(f"(:prefix_{n}, :count_{n})" for n in range(prefixes))
    adding = text(f"""
        INSERT INTO id_counter (prefix, value) VALUES {rows}
        ON CONFLICT (prefix) DO UPDATE SET value = id_counter.value + excluded.value
        RETURNING prefix, value
    """)
    return CompiledStatement(adding.columns(prefix=Text(), value=BigInteger()), dialect)


async def advance_counters(connection: AsyncConnection, ids: Iterable[str]) -> None:
    """Advance the counters past imported `ids`; ValueError for a text that is not a reference id."""
    highest: dict[str, int] = {}
    for given in ids:
        prefix = prefix_of(given)
        if prefix is None:
            raise ValueError(f"'{given}' is not a reference id such as POD-26-000008")
        highest[prefix] = max(highest.get(prefix, 0), number_of(given))
    # The same lock order in every transaction, so that concurrent imports do not deadlock.
    for prefix, number in sorted(highest.items()):
        await connection.execute(_KEEP_AHEAD, {"prefix": prefix, "number": number})
