"""The team of a pod: members join and leave, and work the hours of its allocation."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from podgraph.accounts.repository import TALENT
from podgraph.accounts.service.checks import require_active_talent
from podgraph.capacity.lifecycle import AllocationStatus
from podgraph.capacity.repository import ALLOCATIONS, RESOURCES
from podgraph.capacity.rules import Resource
from podgraph.capacity.service.resources import add_resources
from podgraph.kernel.errors import ErrorCode, WarningCode, rejected
from podgraph.pods import lifecycle, models, rules
from podgraph.pods.repository import (
    POD_MEMBERS,
    PODS,
    overcommitted,
)
from podgraph.pods.rules import TeamMember
from podgraph.pods.service.checks import check_distinct
from podgraph.records import AllocationRecord, PodRecord
from podgraph.writes.transaction import WriteTransaction


async def update_pod_team(write: WriteTransaction, *, pod_id: str, team: list[TeamMember]) -> None:
    """Replace the team of a pod. Its service line and allocated hours stay unchanged."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.UPDATE_POD_TEAM, "podId")
    await check_team(write, pod.organization_id, team)
    known = await write.select(POD_MEMBERS, pod_id=pod.id)
    present = {(one.talent_id, one.role): one for one in known if one.left_at is None}
    wanted = {(one.talent_id, one.role): one for one in team}
    if present.keys() == wanted.keys():
        raise rejected(
            ErrorCode.ALREADY_DONE, "The pod already has this team; change at least one member or role.", "team"
        )
    leaving = [one for key, one in present.items() if key not in wanted]
    joining = [one for key, one in wanted.items() if key not in present]
    held = await write.select(ALLOCATIONS, lock=True, service_line_id=pod.service_line_id, origin="activation")
    await remove_members(write, leaving)
    await add_members(write, pod, joining, after=max(one.position for one in known))
    for allocation in held:
        await _replace_resources(write, allocation, team)
    await write.transition(
        pod,
        lifecycle.UPDATE_POD_TEAM,
        "pod.team_changed",
        payload={"joined": _member_list(joining), "left": _member_list(leaving)},
        team_size=len(team),
    )
    await warn_of_overcommitted(write, team)


async def check_team(write: WriteTransaction, organization_id: str, team: Sequence[TeamMember]) -> None:
    check_distinct((member.talent_id for member in team), "team", "talentId")
    for place, member in enumerate(team):
        await write.get_owned(TALENT, member.talent_id, organization_id, "team", str(place), "talentId")
    paths = {member.talent_id: ("team", str(place), "talentId") for place, member in enumerate(team)}
    await require_active_talent(write, organization_id, paths)


async def warn_of_overcommitted(write: WriteTransaction, team: Iterable[TeamMember]) -> None:
    for talent_id, hours, limit in await overcommitted(write, [member.talent_id for member in team]):
        promised = f"{talent_id} is committed for {hours} of {limit} hours per week."
        write.warn(WarningCode.TALENT_OVERCOMMITTED, promised)


async def add_members(write: WriteTransaction, pod: PodRecord, team: Iterable[TeamMember], *, after: int) -> None:
    rows = [
        {
            "organization_id": pod.organization_id,
            "pod_id": pod.id,
            "position": position,
            "talent_id": member.talent_id,
            "role": member.role,
            "joined_at": write.now,
        }
        for position, member in enumerate(team, after + 1)
    ]
    await write.insert(models.PodMember, *rows)


async def remove_members(write: WriteTransaction, members: Iterable[Any]) -> None:
    for member in members:
        await write.change(member, None, left_at=write.now)


def _member_list(team: Iterable[Any]) -> list[dict[str, str]]:
    return [{"talent_id": one.talent_id, "role": one.role} for one in team]


def allocation_resources(team: Sequence[TeamMember], committed_per_week: Decimal) -> list[Resource]:
    hours = rules.hours_per_member(committed_per_week, len(team))
    return [Resource(member.talent_id, member.role, hours) for member in team]


async def _replace_resources(write: WriteTransaction, allocation: AllocationRecord, team: Sequence[TeamMember]) -> None:
    if allocation.status == AllocationStatus.CLOSED:
        return
    known = await write.select(RESOURCES, allocation_id=allocation.id)
    for one in known:
        if one.replaced_at is None:
            await write.change(one, None, replaced_at=write.now)
    resources = allocation_resources(team, allocation.committed_per_week)
    after = max((one.position for one in known), default=0)
    await add_resources(write, allocation, resources, after=after)
    rows = [asdict(one) for one in resources]
    await write.change(allocation, "allocation.updated", payload={"resources": rows})
