"""Mutations of organizations and workspaces."""

import strawberry

from podgraph.accounts import lifecycle
from podgraph.accounts.service import organizations as service
from podgraph.accounts.types import Organization, Workspace
from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import ListOf, input_field
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode

WEEKDAYS = ListOf(7, inputs.Number(1, 7), least=1)


@strawberry.type(description="Result of an organization mutation.")
class OrganizationPayload(Payload):
    organization: Organization | None = one(
        "organization_id", "The organization after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.type(description="Result of a workspace mutation.")
class WorkspacePayload(Payload):
    workspace: Workspace | None = one(
        "workspace_id", "The workspace after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.input(description="Input for `createOrganization`.")
class CreateOrganizationInput(Input):
    name: str = input_field("Name, e.g. Apex Digital Ltd.", inputs.TITLE)
    currency: str = input_field("Currency of all its amounts (ISO 4217), e.g. USD.", inputs.CURRENCY)


@strawberry.input(description="Input for `createWorkspace`.")
class CreateWorkspaceInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)
    name: str = input_field("Name, e.g. Platform Engineering.", inputs.TITLE)


@strawberry.input(description="Input for `updateOrganization`. Omitted fields are unchanged.")
class UpdateOrganizationInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)
    name: strawberry.Maybe[str] = input_field("Name, e.g. Apex Digital Ltd.", inputs.TITLE)
    time_zone: strawberry.Maybe[str] = input_field(
        "Time zone in which times are displayed, a name of the tz database, e.g. Europe/Oslo.", inputs.Text(100)
    )
    working_days: strawberry.Maybe[list[int]] = input_field(
        "Days of the week on which work is done; 1 is Monday.", WEEKDAYS
    )


@strawberry.input(description="Input for `archiveOrganization` and `unarchiveOrganization`.")
class OrganizationInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)


@strawberry.input(description="Input for `archiveWorkspace` and `unarchiveWorkspace`.")
class WorkspaceInput(Input):
    workspace_id: strawberry.ID = input_field("Workspace id, e.g. WS-26-000021.", inputs.ID)


@strawberry.input(description="Input for `renameWorkspace`.")
class RenameWorkspaceInput(WorkspaceInput):
    name: str = input_field("Name, e.g. Platform Engineering.", inputs.TITLE)


@strawberry.type
class OrganizationMutation:
    create_organization: OrganizationPayload = mutation(
        service.create_organization,
        CreateOrganizationInput,
        OrganizationPayload,
        lifecycle.CREATE_ORGANIZATION,
        "Create an organization for a new client.",
        events=("organization.created",),
    )
    create_workspace: WorkspacePayload = mutation(
        service.create_workspace,
        CreateWorkspaceInput,
        WorkspacePayload,
        lifecycle.CREATE_WORKSPACE,
        "Create a workspace in an organization.",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("workspace.created",),
    )
    update_organization: OrganizationPayload = mutation(
        service.update_organization,
        UpdateOrganizationInput,
        OrganizationPayload,
        lifecycle.UPDATE_ORGANIZATION,
        "Update the name and settings of an organization. Its currency cannot change.",
        shows="organization_id",
        codes=(ErrorCode.ALREADY_DONE,),
        events=("organization.updated",),
    )
    archive_organization: OrganizationPayload = mutation(
        service.archive_organization,
        OrganizationInput,
        OrganizationPayload,
        lifecycle.ARCHIVE_ORGANIZATION,
        "Archive an organization: no new work, and hidden from lists. Rejected while pods, service lines or outcome"
        " requests are running.",
        shows="organization_id",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("organization.archived",),
    )
    unarchive_organization: OrganizationPayload = mutation(
        service.unarchive_organization,
        OrganizationInput,
        OrganizationPayload,
        lifecycle.UNARCHIVE_ORGANIZATION,
        "Use an archived organization again.",
        shows="organization_id",
        events=("organization.unarchived",),
    )
    rename_workspace: WorkspacePayload = mutation(
        service.rename_workspace,
        RenameWorkspaceInput,
        WorkspacePayload,
        lifecycle.RENAME_WORKSPACE,
        "Rename a workspace.",
        shows="workspace_id",
        codes=(ErrorCode.ALREADY_DONE,),
        events=("workspace.renamed",),
    )
    archive_workspace: WorkspacePayload = mutation(
        service.archive_workspace,
        WorkspaceInput,
        WorkspacePayload,
        lifecycle.ARCHIVE_WORKSPACE,
        "Archive a workspace: no new work, and hidden from lists. Rejected while pods, service lines or outcome"
        " requests are running.",
        shows="workspace_id",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("workspace.archived",),
    )
    unarchive_workspace: WorkspacePayload = mutation(
        service.unarchive_workspace,
        WorkspaceInput,
        WorkspacePayload,
        lifecycle.UNARCHIVE_WORKSPACE,
        "Use an archived workspace again. Its organization must be in use.",
        shows="workspace_id",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("workspace.unarchived",),
    )
