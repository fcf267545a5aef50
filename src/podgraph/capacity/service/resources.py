"""People of an allocation, within their weekly hours."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from podgraph.accounts.repository import TALENT
from podgraph.accounts.rules import overcommitted
from podgraph.capacity import models, rules
from podgraph.capacity.lifecycle import ResourceType
from podgraph.capacity.repository import (
    RESOURCES,
)
from podgraph.kernel.errors import ErrorCode, WarningCode, rejected
from podgraph.records import AllocationRecord, CapacityPoolRecord
from podgraph.writes.transaction import WriteTransaction


async def add_resources(
    write: WriteTransaction, allocation: AllocationRecord, resources: Iterable[rules.Resource], *, after: int = 0
) -> None:
    """Name the people who work an allocation's hours, in positions `after` the last one that was taken."""
    rows = [
        {
            "organization_id": allocation.organization_id,
            "allocation_id": allocation.id,
            "position": position,
            "type": "talent",
            "talent_id": one.talent_id,
            "role": one.role,
            "committed_hours_per_week": one.committed_hours_per_week,
        }
        for position, one in enumerate(resources, after + 1)
    ]
    await write.insert(models.AllocationResource, *rows)


async def check_resources(
    write: WriteTransaction, pool: CapacityPoolRecord, resources: Sequence[rules.Resource], *, instead_of: Any = None
) -> None:
    """People who work hours of a pool are of its organization; whoever has too many is warned of."""
    if resources and pool.resource_type != ResourceType.TALENT_HOURS:
        raise rejected(ErrorCode.INVALID, f"Nobody works the {pool.unit} of {pool.id}.", "resources")
    before = await hours_now(write, instead_of)
    more: dict[str, Decimal] = {}
    for place, one in enumerate(resources):
        path = ("resources", str(place), "talentId")
        talent = await write.get_owned(TALENT, one.talent_id, pool.organization_id, *path)
        more[talent.id] = more.get(talent.id, Decimal(0)) + one.committed_hours_per_week
        promised = talent.committed_hours_per_week + more[talent.id] - before.get(talent.id, Decimal(0))
        if overcommitted(promised, talent.weekly_hours_limit):
            write.warn(
                WarningCode.TALENT_OVERCOMMITTED,
                f"{talent.id} is promised for {promised} hours a week, of {talent.weekly_hours_limit}.",
                *path,
            )


async def hours_now(write: WriteTransaction, allocation: Any | None) -> dict[str, Decimal]:
    """Hours per week that people are promised for by an allocation, by talent."""
    hours: dict[str, Decimal] = {}
    if allocation is not None:
        for one in await write.select(RESOURCES, allocation_id=allocation.id):
            if one.replaced_at is None:
                hours[one.talent_id] = hours.get(one.talent_id, Decimal(0)) + one.committed_hours_per_week
    return hours


def warn_of_mismatch(write: WriteTransaction, per_week: Decimal, hours: Collection[Decimal]) -> None:
    """An allocation that names people should name as many hours as it commits."""
    if hours and sum(hours) != per_week:
        write.warn(
            WarningCode.RESOURCE_MISMATCH,
            f"The people work {sum(hours)} hours a week, and {per_week} are committed.",
            "resources",
        )
