"""Name, description and workspace of a pod."""

from typing import Any

from sqlalchemy import Select, or_, select, update

from podgraph.accounts.repository import WORKSPACES
from podgraph.accounts.service.checks import changed_values, require_open
from podgraph.capacity.lifecycle import ResourceType
from podgraph.capacity.repository import ALLOCATIONS, POOLS, REQUESTS
from podgraph.capacity.service.checks import is_open
from podgraph.capacity.service.demand import report_capacity_gap
from podgraph.database.model import table_of
from podgraph.database.read_model import ReadModel
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.pods import lifecycle
from podgraph.pods.repository import POD_PROPOSALS, POD_SCOPES, PODS, SLA_REPORTS, SLA_TERMS, TICKETS
from podgraph.records import PodRecord
from podgraph.service_lines.repository import INCIDENTS, SERVICE_LINES
from podgraph.writes.event_models import Event
from podgraph.writes.transaction import WriteTransaction

_EVENTS = table_of(Event)


async def update_pod(write: WriteTransaction, *, pod_id: str, **changes: Any) -> None:
    """Change the given values of a pod; its service line has the same name."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.UPDATE_POD, "podId")
    values = changed_values(pod, changes)
    if "name" in values and pod.service_line_id is not None:
        line = await write.get_for_update(SERVICE_LINES, pod.service_line_id)
        await write.change(line, "service_line.updated", name=values["name"])
    await write.change(pod, "pod.updated", **values)


async def move_pod(write: WriteTransaction, *, pod_id: str, workspace_id: str) -> None:
    """Move a pod, with all that belongs to it, to another workspace of its organization."""
    pod = await write.lock_for(PODS, pod_id, lifecycle.MOVE_POD, "podId")
    await write.get_owned(WORKSPACES, workspace_id, pod.organization_id, "workspaceId")
    if pod.workspace_id == workspace_id:
        raise rejected(ErrorCode.ALREADY_DONE, f"{pod.id} is already in {workspace_id}.", "workspaceId")
    await require_open(write, pod.organization_id, workspace_id, "workspaceId")
    await _check_pools(write, pod, workspace_id)
    requests = await write.select(REQUESTS, source_type="POD", source_id=pod.id)
    for request in requests:
        await write.change(request, None, workspace_id=workspace_id)
    if pod.service_line_id is not None:
        line = await write.get_for_update(SERVICE_LINES, pod.service_line_id)
        await write.change(line, "service_line.updated", workspace_id=workspace_id)
        for allocation in await write.select(ALLOCATIONS, lock=True, service_line_id=line.id):
            await write.change(allocation, "allocation.updated", workspace_id=workspace_id)
    # The history of a pod is part of its workspace.
    await write.run(_relocated(pod, workspace_id))
    await write.change(pod, "pod.moved", workspace_id=workspace_id)
    if any(one.closed_at is None for one in requests):
        await report_capacity_gap(write, pod.organization_id, workspace_id, str(ResourceType.TALENT_HOURS))


async def _check_pools(write: WriteTransaction, pod: PodRecord, workspace_id: str) -> None:
    held = await write.select(ALLOCATIONS, service_line_id=pod.service_line_id) if pod.service_line_id else []
    proposed = await write.select(POD_PROPOSALS, pod_id=pod.id) if pod.status == lifecycle.PodStatus.SCOPING else []
    ids = {one.capacity_pool_id for one in held if is_open(one)} | {one.capacity_pool_id for one in proposed}
    for pool_id in sorted(ids):
        pool = await write.get(POOLS, pool_id)
        if pool.workspace_id not in (None, workspace_id):
            raise rejected(
                ErrorCode.INVALID_TRANSITION,
                f"{pod.id} has capacity from {pool_id}, which is reserved for {pool.workspace_id}.",
                "workspaceId",
                hint="Use a pool of the whole organization, or close the allocation first.",
            )


def _relocated(pod: PodRecord, workspace_id: str) -> Any:
    """The statement that moves the events of a pod and of its parts."""
    subject = _EVENTS.c.subject_id
    parts = [_ids(relation, "pod_id", pod.id) for relation in (POD_SCOPES, SLA_TERMS, SLA_REPORTS, TICKETS)]
    if pod.service_line_id is not None:
        parts += [_ids(relation, "service_line_id", pod.service_line_id) for relation in (ALLOCATIONS, INCIDENTS)]
    of_the_pod = or_(subject.in_([pod.id, pod.service_line_id]), *(subject.in_(part) for part in parts))
    return (
        update(_EVENTS)
        .where(_EVENTS.c.organization_id == pod.organization_id, of_the_pod)
        .values(workspace_id=workspace_id)
    )


def _ids(relation: ReadModel, column: str, key: str) -> Select[Any]:
    table = relation.table
    return select(table.c.id).where(table.c[column] == key)
