"""Service functions of organizations and workspaces."""

import re

from podgraph.accounts import lifecycle
from podgraph.accounts.repository import ORGANIZATIONS, WORKSPACES
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.writes.transaction import WriteTransaction

_CURRENCY = re.compile(r"[A-Z]{3}")


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
    workspace_id = (await write.issue(WS=1))["WS"][0]
    values = {"id": workspace_id, "organization_id": organization.id, "name": name}
    await write.create(WORKSPACES, "workspace.created", **values)
    write.return_ids(workspace_id=workspace_id)
