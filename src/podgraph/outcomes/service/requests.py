"""Service functions of outcome requests."""

from decimal import Decimal
from typing import Any

from sqlalchemy import delete

from podgraph.accounts.repository import WORKSPACES
from podgraph.accounts.service.checks import (
    acting_user,
    currency_of,
    require_active_subscription,
    require_open,
    require_open_projects,
)
from podgraph.capacity.lifecycle import ResourceType
from podgraph.capacity.service.demand import close_capacity_request, request_capacity
from podgraph.database.model import table_of
from podgraph.kernel.transitions import Transition
from podgraph.outcomes import lifecycle, models, rules
from podgraph.outcomes.repository import REQUESTS, SCOPES
from podgraph.outcomes.service import scope_lock as parts
from podgraph.records import OutcomeRequestRecord, ScopeRecord
from podgraph.writes.checks import ensure_future
from podgraph.writes.transaction import WriteTransaction

SOURCE = "OUTCOME_REQUEST"
"""`source_type` of capacity requests for outcome requests."""

_LABELS = table_of(models.OutcomeRequestProject)


async def submit_outcome_request(
    write: WriteTransaction,
    *,
    workspace_id: str,
    subscription_id: str,
    project_ids: list[str],
    title: str,
    description: str,
    desired_outcome: str,
    acceptance_criteria: list[str],
    timeline_weeks: int | None,
    budget_max: Decimal | None,
    currency: str | None,
    expected_capacity: rules.CapacityNeed | None,
    submitted_by: str | None,
) -> None:
    """Submit a request for an outcome."""
    workspace = await write.get(WORKSPACES, workspace_id, "workspaceId")
    write.authorize(lifecycle.SUBMIT_REQUEST, within=workspace)
    await require_open(write, workspace.organization_id, workspace_id, "workspaceId")
    subscription = await require_active_subscription(
        write, subscription_id, workspace.organization_id, "subscriptionId"
    )
    _refuse_past(write, expected_capacity)
    organization_id = workspace.organization_id
    currency = await currency_of(write, organization_id, currency, "currency")
    submitted_by = await acting_user(write, submitted_by, organization_id, "submittedBy")
    projects = await require_open_projects(write, organization_id, project_ids, "projectIds")
    ids = await write.issue(OREQ=1, CREQ=int(expected_capacity is not None))
    request = await write.create(
        REQUESTS,
        "ods.request.submitted",
        payload={"budget_max": budget_max, "timeline_weeks": timeline_weeks},
        id=ids["OREQ"][0],
        organization_id=organization_id,
        workspace_id=workspace.id,
        subscription_id=subscription.id,
        title=title,
        description=description,
        desired_outcome=desired_outcome,
        acceptance_criteria=acceptance_criteria,
        timeline_weeks=timeline_weeks,
        budget_max=budget_max,
        currency=None if budget_max is None else currency,
        status=str(lifecycle.SUBMIT_REQUEST.target),
        submitted_by=submitted_by,
    )
    await _label(write, request, projects)
    if expected_capacity is not None:
        await _ask_for(write, request, ids["CREQ"][0], expected_capacity)
    write.return_ids(request_id=request.id)


async def update_outcome_request(
    write: WriteTransaction, *, request_id: str, currency: str | None, **changes: Any
) -> None:
    """Update a request for which no scope is proposed; omitted fields are unchanged."""
    request = await write.lock_for(REQUESTS, request_id, lifecycle.UPDATE_REQUEST, "requestId")
    own = await currency_of(write, request.organization_id, currency, "currency")
    if "budget_max" in changes:
        changes["currency"] = None if changes["budget_max"] is None else own
    payload: dict[str, Any] = {}
    if "project_ids" in changes:
        wanted = changes.pop("project_ids")
        projects = await require_open_projects(write, request.organization_id, wanted, "projectIds")
        await write.run(delete(_LABELS).where(_LABELS.c.outcome_request_id == request.id))
        await _label(write, request, projects)
        payload["project_ids"] = projects
    if "expected_capacity" in changes:
        await _expect_other(write, request, changes.pop("expected_capacity"))
    await write.transition(request, lifecycle.UPDATE_REQUEST, "ods.request.updated", payload=payload, **changes)


async def require_negotiation(write: WriteTransaction, *, request_id: str, reason: str) -> None:
    """Require negotiation of budget or timeline; an open proposal is withdrawn."""
    request = await _without_proposal(write, request_id, lifecycle.REQUIRE_NEGOTIATION)
    event = "ods.request.requires_negotiation"
    await write.transition(request, lifecycle.REQUIRE_NEGOTIATION, event, negotiation_reason=reason)


async def resume_scoping(write: WriteTransaction, *, request_id: str) -> None:
    """Resume scoping after a negotiation."""
    request = await write.lock_for(REQUESTS, request_id, lifecycle.RESUME_SCOPING, "requestId")
    event = "ods.request.scoping_resumed"
    await write.transition(request, lifecycle.RESUME_SCOPING, event, negotiation_reason=None)


async def cancel_outcome_request(write: WriteTransaction, *, request_id: str, reason: str | None) -> None:
    """Cancel a request without a confirmed scope; an open proposal is withdrawn."""
    request = await _without_proposal(write, request_id, lifecycle.CANCEL_REQUEST)
    payload = {"reason": reason} if reason else None
    await write.transition(request, lifecycle.CANCEL_REQUEST, "ods.request.cancelled", payload=payload)
    await close_capacity_request(write, SOURCE, request.id, request.organization_id)


async def _label(write: WriteTransaction, request: OutcomeRequestRecord, project_ids: list[str]) -> None:
    label = {"organization_id": request.organization_id, "outcome_request_id": request.id}
    rows = [{**label, "project_id": project_id} for project_id in project_ids]
    await write.insert(models.OutcomeRequestProject, *rows)


def _refuse_past(write: WriteTransaction, need: rules.CapacityNeed | None) -> None:
    ensure_future(write, need.needed_from if need else None, "expectedCapacity", "neededFrom")


async def _expect_other(
    write: WriteTransaction, request: OutcomeRequestRecord, need: rules.CapacityNeed | None
) -> None:
    _refuse_past(write, need)
    if need is None:
        await close_capacity_request(write, SOURCE, request.id, request.organization_id)
    else:
        await _ask_for(write, request, (await write.issue(CREQ=1))["CREQ"][0], need)


async def _ask_for(
    write: WriteTransaction, request: OutcomeRequestRecord, capacity_request_id: str, need: rules.CapacityNeed
) -> None:
    await request_capacity(
        write,
        capacity_request_id,
        SOURCE,
        request.id,
        organization_id=request.organization_id,
        workspace_id=request.workspace_id,
        resource_type=str(ResourceType.TALENT_HOURS),
        quantity=need.hours_per_week,
        confidence="expected",
        needed_from=need.needed_from,
    )


async def _without_proposal(write: WriteTransaction, request_id: str, transition: Transition) -> Any:
    """Lock a request for `transition` and withdraw its proposed scope.

    Lock order: the request before its scope. The scope is read again after waiting for its lock, because
    it may have been confirmed in the meantime.
    """
    request = await write.get_for_update(REQUESTS, request_id, "requestId")
    scope: ScopeRecord | None = None
    if request.scope_id:
        scope = await write.get_for_update(SCOPES, request.scope_id)
    request = await write.get(REQUESTS, request_id)
    write.authorize(transition, request)
    if scope:
        await write.transition(scope, lifecycle.WITHDRAW_SCOPE, "ods.scope.cancelled")
        await parts.cancel(write, scope)
    return request
