"""Reference ids, given out once each: one counter per prefix, kept in the database."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field

from podgraph.database.columns import key
from podgraph.database.compiled import Asked, CompiledStatement
from podgraph.database.model import Model
from podgraph.kernel.ids import format_id, number_of, prefix_of


class IdCounter(Model, table=True):
    """The last number given out under a prefix, in all organizations together."""

    __tablename__ = "id_counter"

    prefix: str = key()
    value: int = Field(sa_type=BigInteger)


_KEEP_AHEAD = text("""
    INSERT INTO id_counter (prefix, value) VALUES (:prefix, :number)
    ON CONFLICT (prefix) DO UPDATE SET value = excluded.value WHERE id_counter.value < excluded.value
""")


def wanted_ids(counts: Mapping[str, int]) -> dict[str, int]:
    """How many ids of which prefixes, in the one order that all ask in."""
    return {prefix: count for prefix, count in sorted(counts.items()) if count}


def issuing(wanted: Mapping[str, int], dialect: Dialect) -> Asked:
    """The statement that gives ids out, and what it is given; see `ids_from_rows` for its rows."""
    prefixes = {f"prefix_{n}": prefix for n, prefix in enumerate(wanted)}
    numbers = {f"count_{n}": count for n, count in enumerate(wanted.values())}
    return _take(len(wanted), dialect), {**prefixes, **numbers}


def ids_from_rows(wanted: Mapping[str, int], rows: Iterable[Sequence[Any]], year: int) -> dict[str, list[str]]:
    """The ids that were given out: each row has a prefix and its last number."""
    return {
        prefix: [format_id(prefix, number, year) for number in range(last - wanted[prefix] + 1, last + 1)]
        for prefix, last in rows
    }


@lru_cache(maxsize=200)
def _take(prefixes: int, dialect: Dialect) -> CompiledStatement:
    # One statement adds and reads: the rows stay locked until the transaction ends, so that nobody is
    # given a number twice, and a number that was rolled back has not been seen by anybody else.
    rows = ", ".join(f"(:prefix_{n}, :count_{n})" for n in range(prefixes))
    adding = text(f"""
        INSERT INTO id_counter (prefix, value) VALUES {rows}
        ON CONFLICT (prefix) DO UPDATE SET value = id_counter.value + excluded.value
        RETURNING prefix, value
    """)
    return CompiledStatement(adding.columns(prefix=Text(), value=BigInteger()), dialect)


async def advance_counters(connection: AsyncConnection, ids: Iterable[str]) -> None:
    """Raise the counters above `ids` that came from elsewhere; a ValueError names one that is none."""
    highest: dict[str, int] = {}
    for given in ids:
        prefix = prefix_of(given)
        if prefix is None:
            raise ValueError(f"'{given}' is not a reference id such as POD-26-000008")
        highest[prefix] = max(highest.get(prefix, 0), number_of(given))
    # Always in the same order, so that two imports at once wait for each other instead of for ever.
    for prefix, number in sorted(highest.items()):
        await connection.execute(_KEEP_AHEAD, {"prefix": prefix, "number": number})
