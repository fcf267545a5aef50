"""Mutations of organizations and workspaces."""

import strawberry

from podgraph.accounts import lifecycle
from podgraph.accounts.service import organizations as service
from podgraph.accounts.types import Organization, Workspace
from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import input_field
from podgraph.graphql.relationships import one


@strawberry.type(description="Result of an organization mutation.")
class OrganizationPayload(Payload):
    organization: Organization | None = one("organization_id", "The organization; null if `userErrors` is not empty.")


@strawberry.type(description="Result of a workspace mutation.")
class WorkspacePayload(Payload):
    workspace: Workspace | None = one("workspace_id", "The workspace; null if `userErrors` is not empty.")


@strawberry.input(description="Input for `createOrganization`.")
class CreateOrganizationInput(Input):
    name: str = input_field("Name, e.g. Apex Digital Ltd.", inputs.TITLE)
    currency: str = input_field("Currency of all its amounts (ISO 4217), e.g. USD.", inputs.CURRENCY)


@strawberry.input(description="Input for `createWorkspace`.")
class CreateWorkspaceInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)
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
        events=("workspace.created",),
    )
