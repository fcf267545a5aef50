"""Service functions of talent."""

from decimal import Decimal
from typing import Any

from podgraph.accounts import lifecycle
from podgraph.accounts.repository import ORGANIZATIONS, TALENT
from podgraph.accounts.rules import overcommitted
from podgraph.accounts.service.checks import changed_values, require_open
from podgraph.accounts.service.running import require_unassigned
from podgraph.kernel.errors import WarningCode
from podgraph.writes.transaction import WriteTransaction, as_json


async def register_talent(
    write: WriteTransaction,
    *,
    organization_id: str,
    name: str | None,
    title: str,
    skills: list[str],
    weekly_hours_limit: Decimal,
    part_time: bool,
) -> None:
    """Register a person who works for an organization."""
    organization = await write.get(ORGANIZATIONS, organization_id, "organizationId")
    write.authorize(lifecycle.REGISTER_TALENT, within=organization)
    await require_open(write, organization.id, None, "organizationId")
    shown = {
        "title": title,
        "skills": list(dict.fromkeys(skills)),
        "weekly_hours_limit": weekly_hours_limit,
        "part_time": part_time,
    }
    talent_id = (await write.issue(SCR=1))["SCR"][0]
    # By default, the event would contain every column, including the name.
    talent = await write.create(TALENT, None, id=talent_id, organization_id=organization.id, name=name, **shown)
    write.emit("talent.registered", talent, shown)
    write.return_ids(talent_id=talent_id)


async def update_talent(write: WriteTransaction, *, talent_id: str, **changes: Any) -> None:
    """Change the given values of a talent. The event omits the name."""
    talent = await write.lock_for(TALENT, talent_id, lifecycle.UPDATE_TALENT, "talentId")
    if "skills" in changes:
        changes["skills"] = list(dict.fromkeys(changes["skills"]))
    values = changed_values(talent, changes)
    changed = await write.change(talent, None, **values)
    shown = [
        {"path": name, "before": as_json(getattr(talent, name)), "after": as_json(value)}
        for name, value in values.items()
        if name != "name"
    ]
    write.emit("talent.updated", changed, {"name_changed": "name" in values}, shown)
    hours, limit = talent.committed_hours_per_week, changed.weekly_hours_limit
    if "weekly_hours_limit" in values and overcommitted(hours, limit):
        message = f"{talent.id} is committed for {hours} of {limit} hours per week."
        write.warn(WarningCode.TALENT_OVERCOMMITTED, message, "weeklyHoursLimit")


async def end_talent(write: WriteTransaction, *, talent_id: str) -> None:
    """End a talent that has no allocations and is not a member of a pod."""
    talent = await write.lock_for(TALENT, talent_id, lifecycle.END_TALENT, "talentId")
    await require_unassigned(write, talent)
    await write.transition(talent, lifecycle.END_TALENT, "talent.ended", ended_at=write.now)
