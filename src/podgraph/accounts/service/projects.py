"""Service functions of projects, and of the labels of other records."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete

from podgraph.accounts import lifecycle
from podgraph.accounts.repository import ORGANIZATIONS, PROJECTS
from podgraph.accounts.service.checks import changed_values, require_open
from podgraph.database.model import table_of
from podgraph.database.read_model import READ_MODELS
from podgraph.kernel.errors import ErrorCode, Rejected, rejected
from podgraph.kernel.ids import prefix_of
from podgraph.kernel.transitions import Transition
from podgraph.writes.transaction import WriteTransaction


class Labelled(NamedTuple):
    """A kind of record that projects label: its table, join table and event domain."""

    table: str
    labels: str
    event: str

    @property
    def key(self) -> str:
        """The column of the join table that refers to the record."""
        return f"{self.table}_id"


LABELLED = {
    "POD": Labelled("pod", "pod_project", "pod"),
    "LIN": Labelled("service_line", "service_line_project", "service_line"),
    "OREQ": Labelled("outcome_request", "outcome_request_project", "ods.request"),
}
"""Kinds of records that projects label, by the prefix of their ids."""


async def create_project(write: WriteTransaction, *, organization_id: str, name: str) -> None:
    """Create a project in an organization."""
    organization = await write.get(ORGANIZATIONS, organization_id, "organizationId")
    write.authorize(lifecycle.CREATE_PROJECT, within=organization)
    await require_open(write, organization.id, None, "organizationId")
    project_id = (await write.issue(PROJ=1))["PROJ"][0]
    values = {"id": project_id, "organization_id": organization.id, "name": name}
    await write.create(PROJECTS, "project.created", **values)
    write.return_ids(project_id=project_id)


async def rename_project(write: WriteTransaction, *, project_id: str, name: str) -> None:
    """Rename a project."""
    project = await write.lock_for(PROJECTS, project_id, lifecycle.RENAME_PROJECT, "projectId")
    await write.change(project, "project.renamed", **changed_values(project, {"name": name}, ("name",)))


async def archive_project(write: WriteTransaction, *, project_id: str) -> None:
    """Archive a project. Records keep their labels."""
    project = await write.lock_for(PROJECTS, project_id, lifecycle.ARCHIVE_PROJECT, "projectId")
    await write.transition(project, lifecycle.ARCHIVE_PROJECT, "project.archived")


async def unarchive_project(write: WriteTransaction, *, project_id: str) -> None:
    """Use an archived project again."""
    project = await write.lock_for(PROJECTS, project_id, lifecycle.UNARCHIVE_PROJECT, "projectId")
    await require_open(write, project.organization_id, None, "projectId")
    await write.transition(project, lifecycle.UNARCHIVE_PROJECT, "project.unarchived")


async def tag_with_project(write: WriteTransaction, *, project_id: str, ids: list[str]) -> None:
    """Label records with a project; records that have the label are unchanged."""
    project, records = await _locked(write, lifecycle.TAG_WITH_PROJECT, project_id, ids)
    for kind, record in records:
        if await _label(write, kind, record, project):
            continue
        label = {"organization_id": record.organization_id, kind.key: record.id, "project_id": project.id}
        await write.insert(READ_MODELS[kind.labels].model, label)
        await write.change(record, f"{kind.event}.tagged", payload={"project_id": project.id})


async def untag_from_project(write: WriteTransaction, *, project_id: str, ids: list[str]) -> None:
    """Remove a project's label from records; records without the label are unchanged."""
    project, records = await _locked(write, lifecycle.UNTAG_FROM_PROJECT, project_id, ids)
    for kind, record in records:
        if not await _label(write, kind, record, project):
            continue
        labels = table_of(READ_MODELS[kind.labels].model)
        label = labels.c[kind.key] == record.id, labels.c.project_id == project.id
        await write.run(delete(labels).where(labels.c.organization_id == project.organization_id, *label))
        await write.change(record, f"{kind.event}.untagged", payload={"project_id": project.id})


async def _label(write: WriteTransaction, kind: Labelled, record: Any, project: Any) -> bool:
    key = {kind.key: record.id, "project_id": project.id}
    return bool(await write.select(READ_MODELS[kind.labels], **key))


async def _locked(
    write: WriteTransaction, transition: Transition, project_id: str, ids: Sequence[str]
) -> tuple[Any, list[tuple[Labelled, Any]]]:
    """The project and the records, locked in the order of their ids; the caller's roles count at each record."""
    project = await write.get_for_update(PROJECTS, project_id, "projectId")
    write.check_version(project)
    records = []
    for identity in sorted(set(ids)):
        path = ("ids", str(list(ids).index(identity)))
        kind = LABELLED.get(prefix_of(identity) or "")
        if kind is None:
            message = f"'{identity[:60]}' is not the id of a pod, service line or outcome request."
            raise rejected(ErrorCode.INVALID, message, *path)
        record = await write.get_owned(READ_MODELS[kind.table], identity, project.organization_id, *path, lock=True)
        write.authorize(transition, within=record)
        records.append((kind, record))
    if refusal := transition.blocked(project, write.now):
        raise Rejected(refusal)
    return project, records
