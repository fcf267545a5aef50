"""Writes on pods and their living scopes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, delete, select

from podgraph.accounts.repository import PROJECTS, TALENT, WORKSPACES
from podgraph.accounts.service import currency_of, require_active_subscription
from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.capacity.repository import ALLOCATIONS, POOLS, RESOURCES
from podgraph.capacity.rules import Resource, per_period
from podgraph.capacity.service.allocations import close_all, open_allocation, sync_allocation_status
from podgraph.capacity.service.demand import close_capacity_request, request_capacity
from podgraph.capacity.service.pools import charge_pool
from podgraph.capacity.service.resources import add_resources
from podgraph.database.read_model import NOW
from podgraph.kernel.errors import ErrorCode, Refusal, Rejected, WarningCode, rejected
from podgraph.kernel.transitions import Transition
from podgraph.pods import lifecycle, models, rules
from podgraph.pods.lifecycle import LINE_STATUS, DeliveryModel, PodStatus
from podgraph.pods.repository import (
    POD_MEMBERS,
    POD_PROJECTS,
    POD_PROPOSALS,
    POD_SCOPE_REVISIONS,
    POD_SCOPES,
    PODS,
    breaches_since,
    overcommitted,
)
from podgraph.pods.rules import RevisedItem, SlaTargets, TeamMember
from podgraph.pods.service import sla
from podgraph.service_lines import service as lines
from podgraph.service_lines.lifecycle import BillingModel, ExecutionModel, ProductLine, ServiceLineStatus
from podgraph.writes.transaction import Job, WriteTransaction

_OFFERS: Any = models.PodProposal.__table__  # type: ignore[attr-defined]

# -- from the request to the confirmation ----------------------------------------------------------------


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
    """Ask for a pod: it is in scoping from now, with the description as its scope's first revision."""
    workspace = await write.get(WORKSPACES, workspace_id, "workspaceId")
    write.authorize(lifecycle.REQUEST_POD)
    organization_id = workspace.organization_id
    await require_active_subscription(write, subscription_id, organization_id, "subscriptionId")
    labels = list(dict.fromkeys(project_ids))
    for place, project_id in enumerate(labels):
        await write.get_owned(PROJECTS, project_id, organization_id, "projectIds", str(place))
    if start_date < write.now.date():
        raise rejected(ErrorCode.INVALID, "startDate lies in the past.", "startDate")
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
    await _write_revision(write, organization_id, scope_id, 1, description, (), None)
    asked = rules.requested_hours_per_week(requested_team_size)
    await _ask_for(write, ids["CREQ"][0], pod, asked, "requested")
    write.return_ids(pod_id=pod.id)


async def propose_pod(
    write: WriteTransaction,
    *,
    pod_id: str,
    team: list[TeamMember],
    sla_targets: SlaTargets,
    cost_per_month: Decimal,
    currency: str,
    capacity_pool_id: str,
    committed_per_week: Decimal,
    expires_at: datetime | None,
) -> None:
    """Offer a team, an SLA and a price to the client, in place of what was offered before."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.PROPOSE_POD, "podId")
    await currency_of(write, pod.organization_id, currency, "currency")
    await _check_team(write, pod.organization_id, team)
    pool = await write.get_owned(POOLS, capacity_pool_id, pod.organization_id, "capacityPoolId")
    _check_pool(pool, pod)
    charge = _of_pool(pool, committed_per_week)
    if not charge:
        raise rejected(ErrorCode.INVALID, f"That comes to nothing in {pool.unit}.", "committedPerWeek")
    terms = sla.offered(sla_targets)
    if expires_at is not None and expires_at <= write.now:
        raise rejected(ErrorCode.INVALID, "expiresAt lies in the past.", "expiresAt")
    offer = {
        "team": [asdict(member) for member in team],
        "sla": terms,
        "cost_per_month": cost_per_month,
        "currency": currency,
        "committed_per_week": committed_per_week,
        "capacity_pool_id": pool.id,
        "proposed_at": write.now,
        "proposed_by": write.user_id,
        "expires_at": expires_at,
    }
    before = await write.select(POD_PROPOSALS, pod_id=pod.id)
    request_id = (await write.issue(CREQ=1))["CREQ"][0]
    if before:
        await write.change(before[0], None, **offer)
    else:
        owner = {"organization_id": pod.organization_id, "pod_id": pod.id}
        await write.create(POD_PROPOSALS, None, **owner, **offer)
    await _ask_for(write, request_id, pod, committed_per_week, "proposed")
    if charge > pool.available:
        left = f"{pool.id} has {pool.available} {pool.unit} left, less than the offer needs."
        write.warn(WarningCode.CAPACITY_GAP, left, "committedPerWeek")
    await write.transition(pod, lifecycle.PROPOSE_POD, "pod.proposed", payload=offer)


async def confirm_pod(write: WriteTransaction, *, pod_id: str) -> None:
    """Take the offer: the pod is active, with its line, its SLA, its team and the hours of the pool."""
    row = lifecycle.CONFIRM_POD
    pod = await write.lock_for(PODS, pod_id, row, "podId")
    proposal = (await write.select(POD_PROPOSALS, pod_id=pod.id))[0]
    await require_active_subscription(write, pod.subscription_id, pod.organization_id, "podId")
    pool = await write.get(POOLS, proposal.capacity_pool_id)
    await charge_pool(write, pool, _of_pool(pool, proposal.committed_per_week), "podId")
    await close_capacity_request(write, "POD", pod.id, pod.organization_id)
    ids = await write.issue(LIN=1, ALLOC=1, SLA=1)
    team = [TeamMember(**member) for member in proposal.team]
    line = await _open_line(write, ids["LIN"][0], pod, proposal)
    await open_allocation(
        write,
        ids["ALLOC"][0],
        pool=pool,
        line=line,
        committed_per_week=proposal.committed_per_week,
        origin="activation",
        starts_at=line.starts_at,
        resources=_resources(team, proposal.committed_per_week),
    )
    await _join(write, pod, team, after=0)
    await sla.agree(write, ids["SLA"][0], pod, proposal.sla)
    await write.transition(
        pod,
        row,
        "pod.activated",
        service_line_id=line.id,
        team_size=len(team),
        cost_per_month=proposal.cost_per_month,
        currency=proposal.currency,
        started_at=write.now,
        renews_at=rules.renews_at(write.now, pod.duration_months),
    )
    await _warn_of_overcommitted(write, team)


# -- while it works --------------------------------------------------------------------------------------


async def pause_pod(write: WriteTransaction, *, pod_id: str, reason: str) -> None:
    """Interrupt a pod: its line and allocations pause with it, its people stay reserved."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.PAUSE_POD, "podId")
    await lines.follow(write, pod.service_line_id, ServiceLineStatus.PAUSED)
    await sync_allocation_status(write, pod.service_line_id, AllocationStatus.PAUSED)
    await write.transition(pod, lifecycle.PAUSE_POD, "pod.paused", payload={"reason": reason})


async def resume_pod(write: WriteTransaction, *, pod_id: str) -> None:
    """Let a pod go on: its line and allocations resume with it."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.RESUME_POD, "podId")
    await lines.follow(write, pod.service_line_id, ServiceLineStatus.ACTIVE)
    await sync_allocation_status(write, pod.service_line_id, AllocationStatus.ACTIVE)
    await write.transition(pod, lifecycle.RESUME_POD, "pod.resumed")


async def renew_pod(write: WriteTransaction, *, pod_id: str, months: int) -> None:
    """Commit to another term; the event has what was breached in the term that is renewed."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.RENEW_POD, "podId")
    breaches = await breaches_since(write, pod.id, rules.term_begins(pod.renews_at, pod.duration_months))
    told = [{**asdict(one), "period": str(one.period)} for one in breaches]
    if breaches:
        words = f"{len(breaches)} metrics missed their targets in the term: review scope and team."
        write.warn(WarningCode.BREACHES_IN_TERM, words)
    await write.transition(
        pod,
        lifecycle.RENEW_POD,
        "pod.renewed",
        payload={"months": months, "breaches": told},
        renews_at=rules.renewed_until(pod.started_at, pod.renews_at, months),
        duration_months=months,
    )


async def update_pod_team(write: WriteTransaction, *, pod_id: str, team: list[TeamMember]) -> None:
    """Replace who works in a pod; its line and the hours that it holds stay as they are."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.UPDATE_POD_TEAM, "podId")
    await _check_team(write, pod.organization_id, team)
    known = await write.select(POD_MEMBERS, pod_id=pod.id)
    present = {(one.talent_id, one.role): one for one in known if one.left_at is None}
    wanted = {(one.talent_id, one.role): one for one in team}
    if present.keys() == wanted.keys():
        raise rejected(ErrorCode.ALREADY_DONE, "These people are its team already.", "team")
    leaving = [one for key, one in present.items() if key not in wanted]
    joining = [one for key, one in wanted.items() if key not in present]
    held = await write.select(ALLOCATIONS, lock=True, service_line_id=pod.service_line_id, origin="activation")
    await _leave(write, leaving)
    await _join(write, pod, joining, after=max(one.position for one in known))
    for allocation in held:
        await _replace_resources(write, allocation, team)
    await write.transition(
        pod,
        lifecycle.UPDATE_POD_TEAM,
        "pod.team_changed",
        payload={"joined": _named(joining), "left": _named(leaving)},
        team_size=len(team),
    )
    await _warn_of_overcommitted(write, team)


async def revise_pod_scope(
    write: WriteTransaction, *, pod_id: str, summary: str | None, items: list[RevisedItem], change_note: str
) -> None:
    """Write the next revision of a pod's scope. The version to expect is the number of the present one."""
    row = lifecycle.REVISE_POD_SCOPE
    pod = await write.get_for_update(PODS, pod_id, "podId")
    write.authorize(row)
    scope = (await write.select(POD_SCOPES, lock=True, pod_id=pod.id))[0]
    write.return_ids(pod_scope_id=scope.id)
    write.check_version(scope)
    write.authorize(row, pod)
    _check_distinct((item.key for item in items), "items", "key")
    number = scope.current_number
    present = (await write.select(POD_SCOPE_REVISIONS, pod_scope_id=scope.id, number=number))[0]
    said = summary or present.summary
    await _write_revision(write, pod.organization_id, scope.id, number + 1, said, items, change_note)
    told = {"change_note": change_note}
    await write.change(scope, "pod_scope.revised", payload=told, current_number=number + 1)


# -- to its end ------------------------------------------------------------------------------------------


async def complete_pod(write: WriteTransaction, *, pod_id: str) -> None:
    """End a pod as agreed: its line is closed, the hours are back in the pool, its people are free."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.COMPLETE_POD, "podId")
    await _end(write, pod, lifecycle.COMPLETE_POD, "pod.completed")


async def cancel_pod(write: WriteTransaction, *, pod_id: str, reason: str) -> None:
    """End a pod before its time: one in scoping loses its offer, another's line is terminated."""
    row = lifecycle.CANCEL_POD
    pod = await write.lock_for(PODS, pod_id, row, "podId")
    if pod.service_line_id is not None:
        await _end(write, pod, row, "pod.cancelled", {"reason": reason})
        return
    await write.run(delete(_OFFERS).where(_OFFERS.c.pod_id == pod.id))
    await close_capacity_request(write, "POD", pod.id, pod.organization_id)
    await write.transition(pod, row, "pod.cancelled", payload={"reason": reason}, ended_at=write.now)


async def _end(
    write: WriteTransaction, pod: Any, row: Transition, event: str, payload: Mapping[str, Any] | None = None
) -> None:
    await close_all(write, pod.service_line_id)
    await lines.follow(write, pod.service_line_id, LINE_STATUS[PodStatus[str(row.target)]])
    members = await write.select(POD_MEMBERS, pod_id=pod.id)
    await _leave(write, (one for one in members if one.left_at is None))
    await write.transition(pod, row, event, payload=payload, ended_at=write.now)


def _at_term() -> Select[Any]:
    pod = PODS.source()
    return (
        select(pod["id"])
        .where(pod["auto_complete"], pod["ended_at"].is_(None), pod["renews_at"] <= NOW)
        .order_by(pod["renews_at"], pod["id"])
    )


async def _complete_at_term(write: WriteTransaction, pod_id: str) -> None:
    row = lifecycle.COMPLETE_AT_TERM
    pod = await write.get_for_update(PODS, pod_id)
    # It may have been renewed or ended since it was found.
    if pod.status in row.sources and pod.renews_at <= write.now:
        await _end(write, pod, row, "pod.completed")


JOBS = (Job("complete pods at the end of their term", _at_term(), _complete_at_term),)
"""What the clock does to pods."""


# -- what must hold --------------------------------------------------------------------------------------


async def _check_team(write: WriteTransaction, organization_id: str, team: Sequence[TeamMember]) -> None:
    _check_distinct((member.talent_id for member in team), "team", "talentId")
    for place, member in enumerate(team):
        await write.get_owned(TALENT, member.talent_id, organization_id, "team", str(place), "talentId")


def _check_distinct(keys: Iterable[str], *path: str) -> None:
    listed, field = path
    seen: set[str] = set()
    wrong: list[Refusal] = []
    for place, key in enumerate(keys):
        if key in seen:
            words = f"{key[:60]} is named before."
            wrong.append(Refusal(ErrorCode.INVALID, words, (listed, str(place), field)))
        seen.add(key)
    if wrong:
        raise Rejected(*wrong)


def _check_pool(pool: Any, pod: Any) -> None:
    if pool.resource_type != ResourceType.TALENT_HOURS:
        raise rejected(ErrorCode.INVALID, f"{pool.id} holds {pool.resource_type}, not TALENT_HOURS.", "capacityPoolId")
    if pool.workspace_id not in (None, pod.workspace_id):
        raise rejected(ErrorCode.INVALID, f"{pool.id} is another workspace's pool.", "capacityPoolId")


async def _warn_of_overcommitted(write: WriteTransaction, team: Iterable[TeamMember]) -> None:
    for talent_id, hours, limit in await overcommitted(write, [member.talent_id for member in team]):
        promised = f"{talent_id} is promised for {hours} hours a week, {limit} can be worked."
        write.warn(WarningCode.TALENT_OVERCOMMITTED, promised)


# -- parts -----------------------------------------------------------------------------------------------


def _of_pool(pool: Any, committed_per_week: Decimal) -> Decimal:
    """Hours per week in the period of a pool."""
    return per_period(committed_per_week, ResourceType[pool.resource_type], PoolPeriod[pool.period])


async def _ask_for(write: WriteTransaction, request_id: str, pod: Any, hours: Decimal, confidence: str) -> None:
    await request_capacity(
        write,
        request_id,
        "POD",
        pod.id,
        organization_id=pod.organization_id,
        workspace_id=pod.workspace_id,
        resource_type=str(ResourceType.TALENT_HOURS),
        quantity=hours,
        confidence=confidence,
        needed_from=pod.start_date,
    )


async def _open_line(write: WriteTransaction, line_id: str, pod: Any, proposal: Any) -> Any:
    labels = await write.select(POD_PROJECTS, pod_id=pod.id)
    return await lines.open_line(
        write,
        line_id,
        [label.project_id for label in labels],
        organization_id=pod.organization_id,
        workspace_id=pod.workspace_id,
        subscription_id=pod.subscription_id,
        source_type="POD",
        source_id=pod.id,
        name=pod.name,
        product_line=str(ProductLine.MANAGED_SERVICES),
        execution_model=str(ExecutionModel.ONGOING_SLA),
        billing_model=str(BillingModel.SUBSCRIPTION),
        starts_at=rules.starts_at(pod.start_date, write.now),
        monthly_price=proposal.cost_per_month,
        currency=proposal.currency,
    )


async def _join(write: WriteTransaction, pod: Any, team: Iterable[TeamMember], *, after: int) -> None:
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


async def _leave(write: WriteTransaction, members: Iterable[Any]) -> None:
    for member in members:
        await write.change(member, None, left_at=write.now)


def _named(team: Iterable[Any]) -> list[dict[str, str]]:
    return [{"talent_id": one.talent_id, "role": one.role} for one in team]


def _resources(team: Sequence[TeamMember], committed_per_week: Decimal) -> list[Resource]:
    hours = rules.hours_per_member(committed_per_week, len(team))
    return [Resource(member.talent_id, member.role, hours) for member in team]


async def _replace_resources(write: WriteTransaction, allocation: Any, team: Sequence[TeamMember]) -> None:
    if allocation.status == AllocationStatus.CLOSED:
        return
    known = await write.select(RESOURCES, allocation_id=allocation.id)
    for one in known:
        if one.replaced_at is None:
            await write.change(one, None, replaced_at=write.now)
    resources = _resources(team, allocation.committed_per_week)
    after = max((one.position for one in known), default=0)
    await add_resources(write, allocation, resources, after=after)
    told = [asdict(one) for one in resources]
    await write.change(allocation, "allocation.updated", payload={"resources": told})


async def _write_revision(
    write: WriteTransaction,
    organization_id: str,
    scope_id: str,
    number: int,
    summary: str,
    items: Iterable[RevisedItem],
    change_note: str | None,
) -> None:
    await write.create(
        POD_SCOPE_REVISIONS,
        None,
        organization_id=organization_id,
        pod_scope_id=scope_id,
        number=number,
        summary=summary,
        items=[asdict(item) for item in items],
        change_note=change_note,
        author_id=write.user_id,
    )
