"""The mutations of the platform itself: its clock, its organizations and workspaces."""

import strawberry

from podgraph.accounts.types import Organization, Workspace
from podgraph.api import inputs
from podgraph.api.inputs import given
from podgraph.api.mutations import Input, Payload, mutation
from podgraph.execution.edges import one
from podgraph.platform import lifecycle, service


@strawberry.type(description="What became of an organization.")
class OrganizationPayload(Payload):
    organization: Organization | None = one("organization_id", "The organization; null when refused.")


@strawberry.type(description="What became of a workspace.")
class WorkspacePayload(Payload):
    workspace: Workspace | None = one("workspace_id", "The workspace; null when refused.")


@strawberry.type(description="What it was time for: the events tell what was done.")
class TickPayload(Payload):
    pass


@strawberry.input(description="The new client.")
class CreateOrganizationInput(Input):
    name: str = given("Its name: Apex Digital Ltd.", inputs.TITLE)
    currency: str = given("The one currency of its money, ISO 4217: USD.", inputs.CURRENCY)


@strawberry.input(description="The new part of an organization.")
class CreateWorkspaceInput(Input):
    organization_id: strawberry.ID = given("The organization: ORG-26-090500.", inputs.ID)
    name: str = given("Its name: Platform Engineering.", inputs.TITLE)


@strawberry.input(description="A look at the clock.")
class TickInput(Input):
    pass


@strawberry.type
class PlatformMutation:
    tick: TickPayload = mutation(
        service.tick,
        TickInput,
        TickPayload,
        lifecycle.TICK,
        f"Do what it is time for, at most {service.AT_ONCE} records of a kind, all in one transaction. The"
        " server does the same every minute, each record in a transaction of its own.",
        events=(
            "ticket.response_at_risk",
            "ticket.response_breached",
            "ticket.closed",
            "sla_report.published",
            "sla.breached",
            "incident.opened",
            "payment.overdue",
            "ods.cycle.started",
            "ods.deliverable.started",
            "pod.completed",
            "service_line.closed",
            "allocation.updated",
            "allocation.closed",
        ),
    )
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
