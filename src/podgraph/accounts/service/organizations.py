"""Service functions of organizations and workspaces."""

import re
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from podgraph.accounts import lifecycle
from podgraph.accounts.repository import ORGANIZATIONS, WORKSPACES
from podgraph.accounts.service.checks import changed_values, require_open
from podgraph.accounts.service.running import require_no_work
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.writes.transaction import WriteTransaction

_CURRENCY = re.compile(r"[A-Z]{3}")
_time_zones = cache(available_timezones)


async def create_organization(write: WriteTransaction, *, name: str, currency: str) -> None:
    """Create an organization with its currency."""
    write.authorize(lifecycle.CREATE_ORGANIZATION)
    if not _CURRENCY.fullmatch(currency):
        raise rejected(ErrorCode.INVALID, "currency must be three capital letters, e.g. USD.", "currency")
    organization_id = (await write.issue(ORG=1))["ORG"][0]
    values = {"id": organization_id, "name": name, "currency": currency}
    await write.create(ORGANIZATIONS, "organization.created", **values)
    # The organization's event counter refers to it and is written before deferred statements.
    await write.flush()
    write.return_ids(organization_id=organization_id)


async def create_workspace(write: WriteTransaction, *, organization_id: str, name: str) -> None:
    """Create a workspace in an organization."""
    organization = await write.get(ORGANIZATIONS, organization_id, "organizationId")
    write.authorize(lifecycle.CREATE_WORKSPACE, within=organization)
    await require_open(write, organization.id, None, "organizationId")
    workspace_id = (await write.issue(WS=1))["WS"][0]
    values = {"id": workspace_id, "organization_id": organization.id, "name": name}
    await write.create(WORKSPACES, "workspace.created", **values)
    write.return_ids(workspace_id=workspace_id)


async def update_organization(write: WriteTransaction, *, organization_id: str, **changes: Any) -> None:
    """Change the given settings of an organization."""
    organization = await write.lock_for(ORGANIZATIONS, organization_id, lifecycle.UPDATE_ORGANIZATION, "organizationId")
    if (zone := changes.get("time_zone")) is not None and zone not in _time_zones():
        message = f"'{zone[:60]}' is not a time zone; use a name of the tz database, e.g. Europe/Oslo."
        raise rejected(ErrorCode.INVALID, message, "timeZone")
    if "working_days" in changes:
        changes["working_days"] = _working_days(changes["working_days"])
    await write.change(organization, "organization.updated", **changed_values(organization, changes))


def _working_days(days: list[int]) -> list[int]:
    if len(set(days)) < len(days):
        raise rejected(ErrorCode.INVALID, "workingDays has duplicates; list each day once.", "workingDays")
    return sorted(days)


async def archive_organization(write: WriteTransaction, *, organization_id: str) -> None:
    """Archive an organization without running work."""
    row = lifecycle.ARCHIVE_ORGANIZATION
    organization = await write.lock_for(ORGANIZATIONS, organization_id, row, "organizationId")
    await require_no_work(write, organization, "organization_id")
    await write.transition(organization, row, "organization.archived")


async def unarchive_organization(write: WriteTransaction, *, organization_id: str) -> None:
    """Use an archived organization again."""
    row = lifecycle.UNARCHIVE_ORGANIZATION
    organization = await write.lock_for(ORGANIZATIONS, organization_id, row, "organizationId")
    await write.transition(organization, row, "organization.unarchived")


async def rename_workspace(write: WriteTransaction, *, workspace_id: str, name: str) -> None:
    """Rename a workspace."""
    workspace = await write.lock_for(WORKSPACES, workspace_id, lifecycle.RENAME_WORKSPACE, "workspaceId")
    await require_open(write, workspace.organization_id, None, "workspaceId")
    await write.change(workspace, "workspace.renamed", **changed_values(workspace, {"name": name}, ("name",)))


async def archive_workspace(write: WriteTransaction, *, workspace_id: str) -> None:
    """Archive a workspace without running work."""
    workspace = await write.lock_for(WORKSPACES, workspace_id, lifecycle.ARCHIVE_WORKSPACE, "workspaceId")
    await require_no_work(write, workspace, "workspace_id")
    await write.transition(workspace, lifecycle.ARCHIVE_WORKSPACE, "workspace.archived")


async def unarchive_workspace(write: WriteTransaction, *, workspace_id: str) -> None:
    """Use an archived workspace again; its organization must be in use."""
    workspace = await write.lock_for(WORKSPACES, workspace_id, lifecycle.UNARCHIVE_WORKSPACE, "workspaceId")
    await require_open(write, workspace.organization_id, None, "workspaceId")
    await write.transition(workspace, lifecycle.UNARCHIVE_WORKSPACE, "workspace.unarchived")
