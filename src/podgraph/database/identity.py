"""Reference ids, given out once each: one counter per prefix, kept in the database."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field

from podgraph.database.columns import key
from podgraph.database.model import Model
from podgraph.kernel.ids import format_id, number_of, prefix_of


class IdCounter(Model, table=True):
    """The last number given out under a prefix, in all organizations together."""

    __tablename__ = "id_counter"

    prefix: str = key()
    value: int = Field(sa_type=BigInteger)


# One statement adds and reads: the row stays locked until the transaction ends, so that nobody is
# given a number twice, and a number that was rolled back has not been seen by anybody else.
_TAKE = text("""
    INSERT INTO id_counter (prefix, value) VALUES (:prefix, :count)
    ON CONFLICT (prefix) DO UPDATE SET value = id_counter.value + excluded.value
    RETURNING value
""")

_KEEP_AHEAD = text("""
    INSERT INTO id_counter (prefix, value) VALUES (:prefix, :number)
    ON CONFLICT (prefix) DO UPDATE SET value = excluded.value WHERE id_counter.value < excluded.value
""")


async def issue_ids(connection: AsyncConnection, prefix: str, year: int, count: int = 1) -> list[str]:
    """The next `count` ids of `prefix`, in order, dated `year`; nobody is given them again."""
    last = (await connection.execute(_TAKE, {"prefix": prefix, "count": count})).scalar_one()
    return [format_id(prefix, number, year) for number in range(last - count + 1, last + 1)]


async def keep_ahead(connection: AsyncConnection, ids: Iterable[str]) -> None:
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
