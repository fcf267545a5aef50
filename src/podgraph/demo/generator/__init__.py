"""Generated data of any size in new organizations; the same seed gives the same data."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col

from podgraph.demo.generator.client import Client
from podgraph.demo.generator.outcomes import STAGES, add_engagement
from podgraph.demo.generator.pods import LARGEST_TEAM, add_pod
from podgraph.demo.load import insert_all
from podgraph.demo.pods import HOURS
from podgraph.demo.row_builder import Book, Cast, Ids, Row, merged
from podgraph.kernel.roles import Role
from podgraph.writes.ids import IdCounter

PODS_PER_ORGANIZATION = 10
_HOURS = HOURS * (LARGEST_TEAM * PODS_PER_ORGANIZATION + len(STAGES))


async def seed(engine: AsyncEngine, pods: int, seed: int, now: datetime, progress: Callable[[int], None]) -> None:
    """Add generated data to the database; calls `progress` with the number of pods of each batch."""
    async with engine.connect() as connection:
        counters = await connection.execute(select(col(IdCounter.prefix), col(IdCounter.value)))
        after = {one.prefix: one.value for one in counters}
    for rows in generate(pods, seed, now, after=after):
        async with engine.begin() as connection:
            await insert_all(connection, rows)
        progress(len(rows["pod"]))


def generate(
    pods: int, seed: int, now: datetime, *, after: Mapping[str, int] | None = None
) -> Iterator[dict[str, list[Row]]]:
    """The rows of each organization, with `pods` pods in all; ids follow the counters in `after`."""
    ids = Ids(after or {})
    partner, team = _partner(ids, now)
    partners = [partner]
    for number, first in enumerate(range(0, pods, PODS_PER_ORGANIZATION)):
        client = Client.opened(ids, Random(f"{seed}:{number}"), now, team, _HOURS)
        for place in range(min(PODS_PER_ORGANIZATION, pods - first)):
            add_pod(client, place)
        for place, stage in enumerate(STAGES):
            add_engagement(client, stage, place)
        client.book.close()
        yield merged([*partners, client.book])
        partners = []


def _partner(ids: Ids, now: datetime) -> tuple[Book, tuple[str, str]]:
    cast = Cast("", "", "", ids.take("user", now.year), ids.take("user", now.year))
    book = Book(ids, ids.take("organization", now.year), "USD", now.year, cast)
    book.add("organization", id=book.organization_id, name="Generated Delivery Partners", currency="USD")
    book.add("user", id=cast.operator, name="Account Team", email=f"{cast.operator.lower()}@delivery.example")
    book.add("user", id=cast.delivery, name="Delivery Lead", email=f"{cast.delivery.lower()}@delivery.example")
    book.add("membership", user_id=cast.operator, role=Role.OPERATOR)
    book.add("membership", user_id=cast.delivery, role=Role.DELIVERY)
    book.close()
    return book, (cast.operator, cast.delivery)
