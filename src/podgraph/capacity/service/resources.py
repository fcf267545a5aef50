"""People of an allocation and their weekly hours."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from podgraph.accounts.repository import TALENT
from podgraph.accounts.rules import overcommitted
from podgraph.accounts.service.checks import require_active_talent
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
    """Add people to an allocation, at positions after the last one in use."""
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
    """Require people of the pool's organization, and warn about overcommitted ones."""
    if resources and pool.resource_type != ResourceType.TALENT_HOURS:
        raise rejected(ErrorCode.INVALID, f"{pool.id} is not a talent pool, so `resources` must be empty.", "resources")
    paths = {one.talent_id: ("resources", str(place), "talentId") for place, one in enumerate(resources)}
    await require_active_talent(write, pool.organization_id, paths)
    before = await current_hours(write, instead_of)
    more: dict[str, Decimal] = {}
    for place, one in enumerate(resources):
        path = ("resources", str(place), "talentId")
        talent = await write.get_owned(TALENT, one.talent_id, pool.organization_id, *path)
        more[talent.id] = more.get(talent.id, Decimal(0)) + one.committed_hours_per_week
        promised = talent.committed_hours_per_week + more[talent.id] - before.get(talent.id, Decimal(0))
        if overcommitted(promised, talent.weekly_hours_limit):
            write.warn(
                WarningCode.TALENT_OVERCOMMITTED,
                f"{talent.id} is committed for {promised} of {talent.weekly_hours_limit} hours per week.",
                *path,
            )


async def current_hours(write: WriteTransaction, allocation: Any | None) -> dict[str, Decimal]:
    """Committed hours per week in an allocation, by talent id."""
    hours: dict[str, Decimal] = {}
    if allocation is not None:
        for one in await write.select(RESOURCES, allocation_id=allocation.id):
            if one.replaced_at is None:
                hours[one.talent_id] = hours.get(one.talent_id, Decimal(0)) + one.committed_hours_per_week
    return hours


def warn_of_mismatch(write: WriteTransaction, per_week: Decimal, hours: Collection[Decimal]) -> None:
    """Warn if the hours of the people differ from the commitment."""
    if hours and sum(hours) != per_week:
        write.warn(
            WarningCode.RESOURCE_MISMATCH,
            f"The resources add up to {sum(hours)} hours per week, but {per_week} are committed.",
            "resources",
        )
