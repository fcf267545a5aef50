"""Work that keeps an organization, a workspace or a talent from being archived or ended."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, FromClause, Select, Text, bindparam, cast, select, union

from podgraph.database.read_model import READ_MODELS, organization_of
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.writes.transaction import WriteTransaction

LISTED = 10
"""Maximum number of ids in a message."""


async def require_no_work(write: WriteTransaction, record: Any, column: str) -> None:
    """Reject if pods, service lines or outcome requests are running in an organization or workspace."""
    _require_none(record, await write.rows(_work_in(column), identity=record.id, owner=organization_of(record)), "End")


async def require_unassigned(write: WriteTransaction, talent: Any) -> None:
    """Reject if a talent has allocations or is a member of a pod, now or in a proposal or a scheduled change."""
    named = {"identity": talent.id, "quoted": f'%"{talent.id}"%', "owner": talent.organization_id}
    _require_none(talent, await write.rows(_assignments(), **named), "Replace the talent in")


def _require_none(record: Any, rows: Sequence[Any], action: str) -> None:
    ids = [row[0] for row in rows]
    if ids:
        more = f" and {len(ids) - LISTED} more" if len(ids) > LISTED else ""
        raise rejected(
            ErrorCode.INVALID_TRANSITION,
            f"{record.id} is in use by {', '.join(ids[:LISTED])}{more}.",
            hint=f"{action} each of them first.",
        )


# Every record counts, also those that the caller cannot see.
def _table(name: str) -> FromClause:
    return READ_MODELS[name].table


def _owned(table: FromClause) -> ColumnElement[bool]:
    """The row is of the organization, by which the tables can be distributed."""
    return table.c.organization_id == bindparam("owner", type_=Text())


def _work_in(column: str) -> CompoundSelect[Any]:
    here = bindparam("identity", type_=Text())
    pod, line = _table("pod"), _table("service_line")
    request, scope = _table("outcome_request"), _table("scope")
    in_scoping = select(request.c.id).where(
        _owned(request), request.c[column] == here, request.c.status.in_(("SCOPING", "REQUIRES_NEGOTIATION"))
    )
    proposed = (
        select(request.c.id)
        .select_from(request.join(scope, scope.c.request_id == request.c.id))
        .where(_owned(request), _owned(scope), request.c[column] == here, scope.c.status == "PENDING_CONFIRMATION")
    )
    return union(
        select(pod.c.id).where(_owned(pod), pod.c[column] == here, pod.c.status.in_(("SCOPING", "ACTIVE", "PAUSED"))),
        select(line.c.id).where(_owned(line), line.c[column] == here, line.c.status.in_(("DRAFT", "ACTIVE", "PAUSED"))),
        in_scoping,
        proposed,
    ).order_by("id")


def _assignments() -> CompoundSelect[Any]:
    return union(_allocated(), _in_team(), _proposed(), _scheduled()).order_by("id")


def _allocated() -> Select[Any]:
    resource, allocation = _table("allocation_resource"), _table("allocation")
    return (
        select(allocation.c.id)
        .select_from(resource.join(allocation, allocation.c.id == resource.c.allocation_id))
        .where(resource.c.talent_id == bindparam("identity", type_=Text()), resource.c.replaced_at.is_(None))
        .where(allocation.c.status != "CLOSED", _owned(resource), _owned(allocation))
    )


def _in_team() -> Select[Any]:
    member = _table("pod_member")
    return select(member.c.pod_id.label("id")).where(
        _owned(member), member.c.talent_id == bindparam("identity", type_=Text()), member.c.left_at.is_(None)
    )


def _proposed() -> Select[Any]:
    proposal, pod = _table("pod_proposal"), _table("pod")
    named = cast(proposal.c.team, Text).like(bindparam("quoted", type_=Text()))
    return (
        select(pod.c.id)
        .select_from(proposal.join(pod, pod.c.id == proposal.c.pod_id))
        .where(_owned(proposal), _owned(pod), named, pod.c.status == "SCOPING")
    )


def _scheduled() -> Select[Any]:
    change = _table("allocation_change")
    named = cast(change.c.resources, Text).like(bindparam("quoted", type_=Text()))
    return select(change.c.allocation_id.label("id")).where(
        _owned(change), named, change.c.applied_at.is_(None), change.c.cancelled_at.is_(None)
    )
