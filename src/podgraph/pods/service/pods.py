"""The life of a pod: requested, paused, resumed, renewed, completed and cancelled."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Select, delete, select

from podgraph.accounts.repository import WORKSPACES
from podgraph.accounts.service.checks import (
    require_active_subscription,
    require_open,
    require_open_projects,
)
from podgraph.capacity.lifecycle import AllocationStatus
from podgraph.capacity.service.allocations import close_all, sync_allocation_status
from podgraph.capacity.service.demand import close_capacity_request
from podgraph.database.model import table_of
from podgraph.database.read_model import NOW
from podgraph.kernel.errors import WarningCode
from podgraph.kernel.transitions import Transition
from podgraph.pods import lifecycle, models, rules
from podgraph.pods.lifecycle import LINE_STATUS, DeliveryModel, PodStatus
from podgraph.pods.repository import (
    POD_MEMBERS,
    POD_SCOPES,
    PODS,
    breaches_since,
)
from podgraph.pods.service.proposals import request_talent_hours
from podgraph.pods.service.scopes import create_revision
from podgraph.pods.service.team import remove_members
from podgraph.records import PodRecord
from podgraph.service_lines import service as lines
from podgraph.service_lines.lifecycle import ServiceLineStatus
from podgraph.writes.checks import ensure_future
from podgraph.writes.transaction import Job, WriteTransaction

_PROPOSALS = table_of(models.PodProposal)


async def request_pod(
    write: WriteTransaction,
    *,
    workspace_id: str,
    subscription_id: str,
    project_ids: list[str],
    name: str,
    description: str,
    delivery_model: DeliveryModel,
    requested_team_size: int,
    required_capabilities: list[str],
    start_date: date,
    duration_months: int,
    auto_complete: bool,
) -> None:
    """Create a pod in SCOPING, with its description as the first revision of its scope."""
    workspace = await write.get(WORKSPACES, workspace_id, "workspaceId")
    write.authorize(lifecycle.REQUEST_POD, within=workspace)
    organization_id = workspace.organization_id
    await require_open(write, organization_id, workspace_id, "workspaceId")
    await require_active_subscription(write, subscription_id, organization_id, "subscriptionId")
    labels = await require_open_projects(write, organization_id, project_ids, "projectIds")
    ensure_future(write, start_date, "startDate")
    ids = await write.issue(POD=1, MSCOPE=1, CREQ=1)
    pod = await write.create(
        PODS,
        "pod.requested",
        id=ids["POD"][0],
        organization_id=organization_id,
        workspace_id=workspace_id,
        subscription_id=subscription_id,
        name=name,
        description=description,
        status=str(PodStatus.SCOPING),
        delivery_model=str(delivery_model),
        required_capabilities=required_capabilities,
        requested_team_size=requested_team_size,
        start_date=start_date,
        duration_months=duration_months,
        auto_complete=auto_complete,
    )
    named = ({"organization_id": organization_id, "pod_id": pod.id, "project_id": one} for one in labels)
    await write.insert(models.PodProject, *named)
    scope_id = ids["MSCOPE"][0]
    await write.create(POD_SCOPES, None, id=scope_id, organization_id=organization_id, pod_id=pod.id)
    await create_revision(write, organization_id, scope_id, 1, description, (), None)
    asked = rules.requested_hours_per_week(requested_team_size)
    await request_talent_hours(write, ids["CREQ"][0], pod, asked, "requested")
    write.return_ids(pod_id=pod.id)


async def pause_pod(write: WriteTransaction, *, pod_id: str, reason: str) -> None:
    """Pause a pod with its service line and allocations. Its people stay reserved."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.PAUSE_POD, "podId")
    await lines.follow(write, pod.service_line_id, ServiceLineStatus.PAUSED)
    await sync_allocation_status(write, pod.service_line_id, AllocationStatus.PAUSED)
    await write.transition(pod, lifecycle.PAUSE_POD, "pod.paused", payload={"reason": reason})


async def resume_pod(write: WriteTransaction, *, pod_id: str) -> None:
    """Resume a pod with its service line and allocations."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.RESUME_POD, "podId")
    await lines.follow(write, pod.service_line_id, ServiceLineStatus.ACTIVE)
    await sync_allocation_status(write, pod.service_line_id, AllocationStatus.ACTIVE)
    await write.transition(pod, lifecycle.RESUME_POD, "pod.resumed")


async def renew_pod(write: WriteTransaction, *, pod_id: str, months: int) -> None:
    """Extend a pod by another term. The event lists the breaches in the ending term."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.RENEW_POD, "podId")
    await require_active_subscription(write, pod.subscription_id, pod.organization_id)
    breaches = await breaches_since(write, pod.id, rules.term_begins(pod.renews_at, pod.duration_months))
    reported = [{**asdict(one), "period": str(one.period)} for one in breaches]
    if breaches:
        words = f"{len(breaches)} metrics missed their targets in the term: review scope and team."
        write.warn(WarningCode.BREACHES_IN_TERM, words)
    await write.transition(
        pod,
        lifecycle.RENEW_POD,
        "pod.renewed",
        payload={"months": months, "breaches": reported},
        renews_at=rules.renewed_until(pod.started_at, pod.renews_at, months),
        duration_months=months,
    )


async def complete_pod(write: WriteTransaction, *, pod_id: str) -> None:
    """Complete a pod: close its service line and release its capacity and people."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.COMPLETE_POD, "podId")
    await _end(write, pod, lifecycle.COMPLETE_POD, "pod.completed")


async def cancel_pod(write: WriteTransaction, *, pod_id: str, reason: str) -> None:
    """Cancel a pod: delete its proposal in SCOPING, otherwise terminate its service line."""
    transition = lifecycle.CANCEL_POD
    pod = await write.lock_for(PODS, pod_id, transition, "podId")
    if pod.service_line_id is not None:
        await _end(write, pod, transition, "pod.cancelled", {"reason": reason})
        return
    await write.run(delete(_PROPOSALS).where(_PROPOSALS.c.pod_id == pod.id))
    await close_capacity_request(write, "POD", pod.id, pod.organization_id)
    await write.transition(pod, transition, "pod.cancelled", payload={"reason": reason}, ended_at=write.now)


async def _end(
    write: WriteTransaction,
    pod: PodRecord,
    transition: Transition,
    event: str,
    payload: Mapping[str, Any] | None = None,
) -> None:
    await close_all(write, pod.service_line_id)
    await lines.follow(write, pod.service_line_id, LINE_STATUS[PodStatus[str(transition.target)]])
    members = await write.select(POD_MEMBERS, pod_id=pod.id)
    await remove_members(write, (one for one in members if one.left_at is None))
    await write.transition(pod, transition, event, payload=payload, ended_at=write.now)


def _at_term() -> Select[Any]:
    pod = PODS.source()
    return (
        select(pod["id"])
        .where(pod["auto_complete"], pod["ended_at"].is_(None), pod["renews_at"] <= NOW)
        .order_by(pod["renews_at"], pod["id"])
    )


async def _complete_at_term(write: WriteTransaction, pod_id: str) -> None:
    transition = lifecycle.COMPLETE_AT_TERM
    pod = await write.get_for_update(PODS, pod_id)
    # The pod may have been renewed or ended since the query.
    if pod.status in transition.sources and pod.renews_at <= write.now:
        await _end(write, pod, transition, "pod.completed")


JOBS = (Job("complete pods at the end of their term", _at_term(), _complete_at_term),)
"""Scheduled jobs of pods."""
