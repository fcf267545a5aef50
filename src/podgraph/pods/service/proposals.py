"""Proposals: the offer of a team, an SLA and a price, and its confirmation."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from podgraph.accounts.service.checks import currency_of, require_active_subscription
from podgraph.capacity.lifecycle import PoolPeriod, ResourceType
from podgraph.capacity.repository import POOLS
from podgraph.capacity.rules import per_period
from podgraph.capacity.service.allocations import open_allocation
from podgraph.capacity.service.demand import close_capacity_request, request_capacity
from podgraph.capacity.service.pools import charge_pool
from podgraph.kernel.errors import ErrorCode, WarningCode, rejected
from podgraph.pods import lifecycle, rules
from podgraph.pods.repository import (
    POD_PROJECTS,
    POD_PROPOSALS,
    PODS,
)
from podgraph.pods.rules import SlaTargets, TeamMember
from podgraph.pods.service import sla
from podgraph.pods.service.team import (
    add_members,
    allocation_resources,
    check_team,
    warn_of_overcommitted,
)
from podgraph.records import CapacityPoolRecord, PodProposalRecord, PodRecord
from podgraph.service_lines import service as lines
from podgraph.service_lines.lifecycle import BillingModel, ExecutionModel, ProductLine
from podgraph.writes.checks import ensure_future
from podgraph.writes.transaction import WriteTransaction


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
    """Propose a team, an SLA and a price to the client. Replaces an earlier proposal."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.PROPOSE_POD, "podId")
    await currency_of(write, pod.organization_id, currency, "currency")
    await check_team(write, pod.organization_id, team)
    pool = await write.get_owned(POOLS, capacity_pool_id, pod.organization_id, "capacityPoolId")
    _check_pool(pool, pod)
    charge = per_pool_period(pool, committed_per_week)
    if not charge:
        raise rejected(ErrorCode.INVALID, f"committedPerWeek rounds to zero {pool.unit}.", "committedPerWeek")
    terms = sla.terms_of_proposal(sla_targets)
    ensure_future(write, expires_at, "expiresAt")
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
    await request_talent_hours(write, request_id, pod, committed_per_week, "proposed")
    if charge > pool.available:
        left = f"{pool.id} has {pool.available} {pool.unit} available, less than the proposal needs."
        write.warn(WarningCode.CAPACITY_GAP, left, "committedPerWeek")
    await write.transition(pod, lifecycle.PROPOSE_POD, "pod.proposed", payload=offer)


async def confirm_pod(write: WriteTransaction, *, pod_id: str) -> None:
    """Accept the proposal: activate the pod with a service line, SLA terms, a team and an allocation."""
    row = lifecycle.CONFIRM_POD
    pod = await write.lock_for(PODS, pod_id, row, "podId")
    proposal = (await write.select(POD_PROPOSALS, pod_id=pod.id))[0]
    await require_active_subscription(write, pod.subscription_id, pod.organization_id, "podId")
    pool = await write.get(POOLS, proposal.capacity_pool_id)
    await charge_pool(write, pool, per_pool_period(pool, proposal.committed_per_week), "podId")
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
        resources=allocation_resources(team, proposal.committed_per_week),
    )
    await add_members(write, pod, team, after=0)
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
    await warn_of_overcommitted(write, team)


def _check_pool(pool: CapacityPoolRecord, pod: PodRecord) -> None:
    if pool.resource_type != ResourceType.TALENT_HOURS:
        raise rejected(
            ErrorCode.INVALID,
            f"{pool.id} is a pool of {pool.resource_type}; choose a pool of TALENT_HOURS.",
            "capacityPoolId",
        )
    if pool.workspace_id not in (None, pod.workspace_id):
        raise rejected(
            ErrorCode.INVALID,
            f"{pool.id} is reserved for {pool.workspace_id}; choose a pool of {pod.workspace_id}.",
            "capacityPoolId",
        )


def per_pool_period(pool: CapacityPoolRecord, committed_per_week: Decimal) -> Decimal:
    """Convert hours per week to hours per period of the pool."""
    return per_period(committed_per_week, ResourceType[pool.resource_type], PoolPeriod[pool.period])


async def request_talent_hours(
    write: WriteTransaction, request_id: str, pod: PodRecord, hours: Decimal, confidence: str
) -> None:
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


async def _open_line(write: WriteTransaction, line_id: str, pod: PodRecord, proposal: PodProposalRecord) -> Any:
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
