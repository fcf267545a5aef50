"""Mutations of accounts: organizations and workspaces."""

import strawberry

from podgraph.accounts import lifecycle, service
from podgraph.accounts.types import Organization, Workspace
from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import input_field
from podgraph.graphql.relationships import one


@strawberry.type(description="What became of an organization.")
class OrganizationPayload(Payload):
    organization: Organization | None = one("organization_id", "The organization; null when refused.")


@strawberry.type(description="What became of a workspace.")
class WorkspacePayload(Payload):
    workspace: Workspace | None = one("workspace_id", "The workspace; null when refused.")


@strawberry.input(description="The new client.")
class CreateOrganizationInput(Input):
    name: str = input_field("Its name: Apex Digital Ltd.", inputs.TITLE)
    currency: str = input_field("The one currency of its money, ISO 4217: USD.", inputs.CURRENCY)


@strawberry.input(description="The new part of an organization.")
class CreateWorkspaceInput(Input):
    organization_id: strawberry.ID = input_field("The organization: ORG-26-090500.", inputs.ID)
    name: str = input_field("Its name: Platform Engineering.", inputs.TITLE)


@strawberry.type
class AccountsMutation:
    create_organization: OrganizationPayload = mutation(
        service.create_organization,
        CreateOrganizationInput,
        OrganizationPayload,
        lifecycle.CREATE_ORGANIZATION,
        "Open an organization for a new client.",
        events=("organization.created",),
    )
    create_workspace: WorkspacePayload = mutation(
        service.create_workspace,
        CreateWorkspaceInput,
        WorkspacePayload,
        lifecycle.CREATE_WORKSPACE,
        "Open a workspace in an organization.",
        events=("workspace.created",),
    )
