"""The living scope of a pod, kept in revisions."""

from collections.abc import Iterable
from dataclasses import asdict

from podgraph.pods import lifecycle
from podgraph.pods.repository import (
    POD_SCOPE_REVISIONS,
    POD_SCOPES,
    PODS,
)
from podgraph.pods.rules import RevisedItem
from podgraph.pods.service.checks import check_distinct
from podgraph.writes.transaction import WriteTransaction


async def revise_pod_scope(
    write: WriteTransaction, *, pod_id: str, summary: str | None, items: list[RevisedItem], change_note: str
) -> None:
    """Create the next revision of a pod's scope. `expectedVersion` is the number of the current one."""
    row = lifecycle.REVISE_POD_SCOPE
    pod = await write.get_for_update(PODS, pod_id, "podId")
    write.authorize(row)
    scope = (await write.select(POD_SCOPES, lock=True, pod_id=pod.id))[0]
    write.return_ids(pod_scope_id=scope.id)
    write.check_version(scope)
    write.authorize(row, pod)
    check_distinct((item.key for item in items), "items", "key")
    number = scope.current_number
    present = (await write.select(POD_SCOPE_REVISIONS, pod_scope_id=scope.id, number=number))[0]
    new_summary = summary or present.summary
    await create_revision(write, pod.organization_id, scope.id, number + 1, new_summary, items, change_note)
    payload = {"change_note": change_note}
    await write.change(scope, "pod_scope.revised", payload=payload, current_number=number + 1)


async def create_revision(
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
