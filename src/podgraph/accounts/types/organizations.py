"""GraphQL types of organizations, workspaces, talent, projects and commercial subscriptions."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from podgraph.accounts import lifecycle, repository
from podgraph.accounts.lifecycle import ArchivableStatus, SubscriptionStatus, TalentStatus
from podgraph.graphql.descriptions import Items, computed, field, register_enums, requires_roles
from podgraph.graphql.entities import Versioned
from podgraph.graphql.filters import (
    AND,
    NOT,
    OR,
    DateTimeFilter,
    DecimalFilter,
    Filter,
    IdFilter,
    StringFilter,
    by,
    flag,
    listed,
)
from podgraph.graphql.nodes import record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import JoinTable, argument, batch, connection, many, one
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.periods import Period
from podgraph.kernel.roles import ADMINISTRATORS, AUDITORS, Role

if TYPE_CHECKING:
    from podgraph.access.types import ApiTokenConnection, AuditConnection
    from podgraph.accounts.types.people import InvitationConnection, MembershipConnection, UserConnection
    from podgraph.capacity.lifecycle import AllocationStatus, ResourceType
    from podgraph.capacity.types import (
        AllocationConnection,
        AllocationResource,
        CapacityDemand,
        CapacityPoolConnection,
    )
    from podgraph.events.types import EventConnection
    from podgraph.outcomes.types import OutcomeRequestConnection, PaymentConnection
    from podgraph.pods.types import PodConnection, PodMember
    from podgraph.reports.types import SpendSummary
    from podgraph.service_lines.lifecycle import RiskLevel
    from podgraph.service_lines.types import ServiceLineConnection

register_enums(Role, SubscriptionStatus, ArchivableStatus, TalentStatus)

# Edges lead to slices further right as lazy types: by name, looked up when the schema is made.
PEOPLE = strawberry.lazy("podgraph.accounts.types.people")
ACCESS = strawberry.lazy("podgraph.access.types")
EVENTS = strawberry.lazy("podgraph.events.types")
LINES = strawberry.lazy("podgraph.service_lines.types")
CAPACITY = strawberry.lazy("podgraph.capacity.types")
PODS = strawberry.lazy("podgraph.pods.types")
OUTCOMES = strawberry.lazy("podgraph.outcomes.types")
REPORTS = strawberry.lazy("podgraph.reports.types")
RISK = strawberry.lazy("podgraph.service_lines.lifecycle")
CAPACITY_TERMS = strawberry.lazy("podgraph.capacity.lifecycle")


@record(repository.ORGANIZATIONS, "A client organization (tenant).")
class Organization(Versioned):
    transitions = lifecycle.ORGANIZATION

    name: str = field("Name, e.g. Apex Digital Ltd.")
    currency: str = field("Currency of all amounts of the organization (ISO 4217), e.g. USD.")
    status: ArchivableStatus = field("Current status.")
    time_zone: str = field("Time zone in which times are displayed, a name of the tz database, e.g. Europe/Oslo.")
    workspaces: "WorkspaceConnection" = connection("organization_id", "Workspaces of the organization.")
    pods: Annotated["PodConnection", PODS] = connection("organization_id", "Pods of all workspaces.")
    service_lines: Annotated["ServiceLineConnection", LINES] = connection(
        "organization_id", "Service lines of all workspaces."
    )
    allocations: Annotated["AllocationConnection", CAPACITY] = connection(
        "organization_id", "Capacity held by the service lines."
    )
    capacity_pools: Annotated["CapacityPoolConnection", CAPACITY] = connection(
        "organization_id", "Capacity pools of the organization and of its workspaces."
    )
    payments: Annotated["PaymentConnection", OUTCOMES] = connection("organization_id", "Payments of the scopes.")
    talent: "TalentConnection" = connection("organization_id", "Talent that works for the organization.")
    projects: "ProjectConnection" = connection("organization_id", "Projects of the organization.")
    subscriptions: list["CommercialSubscription"] = many(
        "organization_id", "Commercial subscriptions of the organization, under which work is ordered.", length=10
    )
    commercial_subscriptions: "CommercialSubscriptionConnection" = connection(
        "organization_id", "Commercial subscriptions of the organization, in pages."
    )
    users: Annotated["UserConnection", PEOPLE] = connection(
        None,
        "Users with a current or revoked role in the organization.",
        through=JoinTable("membership", "organization_id", "user_id", repeats=True),
    )
    memberships: Annotated["MembershipConnection", PEOPLE] = connection(
        "organization_id", "Roles of users in the organization and in its workspaces."
    )
    invitations: Annotated["InvitationConnection", PEOPLE] | None = connection(
        "organization_id",
        "Invitations, latest first; null unless the caller is an administrator or on the account team.",
        roles=ADMINISTRATORS,
    )
    events: Annotated["EventConnection", EVENTS] = connection(
        "organization_id", "Event log of the organization, earliest first. Sequence numbers have no gaps."
    )
    api_tokens: Annotated["ApiTokenConnection", ACCESS] | None = connection(
        "organization_id",
        "API tokens, latest first; null unless the caller is an administrator or on the account team.",
        roles=ADMINISTRATORS,
    )
    audit_log: Annotated["AuditConnection", ACCESS] | None = connection(
        "organization_id",
        "Rejected and failed mutations, latest first; null unless the caller is the organization's owner.",
        roles=AUDITORS,
    )
    spend: Annotated["SpendSummary", REPORTS] = batch(
        "podgraph.reports.repository:spend",
        "Charges, payments and outstanding amounts over a range of months.",
        argument("from_", Period, "First month, e.g. 2026-01.", default=strawberry.UNSET, graphql_name="from"),
        argument("to", Period, "Last month, inclusive, e.g. 2026-06.", default=strawberry.UNSET),
    )

    @computed("Days of the week on which work is done; 1 is Monday. Default: 1 to 5.", "working_days")
    def working_days(self: Any) -> list[int]:
        return self.working_days or WORKING_DAYS


WORKING_DAYS = [1, 2, 3, 4, 5]
"""Working days of an organization that has not set its own."""


@record(repository.WORKSPACES, "A part of an organization in which work is ordered and read.")
class Workspace(Versioned):
    transitions = lifecycle.WORKSPACE

    name: str = field("Name, e.g. Platform Engineering.")
    status: ArchivableStatus = field("Current status.")
    organization: Organization = one("organization_id", "The organization of the workspace.")
    pods: Annotated["PodConnection", PODS] = connection("workspace_id", "Pods of the workspace.")
    service_lines: Annotated["ServiceLineConnection", LINES] = connection(
        "workspace_id", "Service lines of the workspace."
    )
    capacity_pools: Annotated["CapacityPoolConnection", CAPACITY] = connection(
        "workspace_id", "Capacity pools of the workspace, without the organization-wide pools."
    )
    allocations: Annotated["AllocationConnection", CAPACITY] = connection(
        "workspace_id", "Capacity held by the service lines."
    )
    demand: Annotated["CapacityDemand", CAPACITY] = batch(
        "podgraph.capacity.repository:demand",
        "Demand for a resource in a period, compared with the available capacity.",
        argument(
            "resource_type",
            Annotated["ResourceType", CAPACITY_TERMS],
            "Resource type.",
            default=strawberry.UNSET,
        ),
        argument("period", Period, "Month or quarter, e.g. 2026-Q3.", default=strawberry.UNSET),
    )
    risk: Annotated["RiskLevel", RISK] = batch(
        "podgraph.service_lines.repository:workspace_risk",
        "Highest risk of the active and paused service lines; null if there are none.",
    )


@record(repository.TALENT, "A person who works for clients.")
class Talent(Versioned):
    transitions = lifecycle.TALENT

    organization: Organization = one("organization_id", "The organization that the talent works for.")
    status: TalentStatus = field("Current status.")
    ended_at: datetime | None = field("Time of the end; null until then.")
    part_time: bool = field("Whether the talent works part time.")
    title: str | None = field("Job title, e.g. Senior Backend Engineer.")
    committed_hours_per_week: Decimal = field("Hours per week committed to allocations that are not closed.")
    weekly_hours_limit: Decimal = field("Maximum hours per week that may be committed.")
    overcommitted: bool = field("Whether the committed hours exceed `weeklyHoursLimit`.")
    assignments: list[Annotated["AllocationResource", CAPACITY]] = batch(
        "podgraph.capacity.repository:assignments",
        "Allocations to which the talent is assigned.",
        argument("status", Annotated["AllocationStatus", CAPACITY_TERMS] | None, "Only allocations in this status."),
        default=list,
        length=Items(20),
    )
    pod_memberships: list[Annotated["PodMember", PODS]] = many(
        "talent_id",
        "Current and former pod memberships, latest first.",
        order=(("joined_at", True),),
        length=20,
    )

    @computed("Skills, e.g. Python.", "skills")
    def skills(self: Any) -> list[str]:
        return self.skills or []

    @strawberry.field(
        description="Name of the person, if known; null for callers without one of the roles.",
        metadata={"needs": ("name", "organization_id")},
        directives=requires_roles(lifecycle.SEES_TALENT_NAMES),
    )
    def name(self: Any, info: strawberry.Info) -> str | None:
        roles = info.context.viewer.grants.roles_within(self.organization_id)
        return None if lifecycle.SEES_TALENT_NAMES.isdisjoint(roles) else self.name


@record(repository.PROJECTS, "A label of pods, outcome requests and service lines. It does not affect permissions.")
class Project(Versioned):
    transitions = lifecycle.PROJECT

    name: str = field("Name, e.g. Payments Platform Rebuild.")
    status: ArchivableStatus = field("Current status.")
    organization: Organization = one("organization_id", "The organization of the project.")
    pods: Annotated["PodConnection", PODS] = connection(
        None, "Pods with this label.", through=JoinTable("pod_project", "project_id", "pod_id")
    )
    outcome_requests: Annotated["OutcomeRequestConnection", OUTCOMES] = connection(
        None,
        "Outcome requests with this label.",
        through=JoinTable("outcome_request_project", "project_id", "outcome_request_id"),
    )
    service_lines: Annotated["ServiceLineConnection", LINES] = connection(
        None,
        "Service lines with this label.",
        through=JoinTable("service_line_project", "project_id", "service_line_id"),
    )


@record(repository.SUBSCRIPTIONS, "A commercial contract. Service lines require an active one.")
class CommercialSubscription(Versioned):
    transitions = lifecycle.SUBSCRIPTION

    organization: Organization = one("organization_id", "The organization that holds the subscription.")
    name: str | None = field("Name, if any, e.g. Growth plan.")
    status: SubscriptionStatus = field("Current status.")
    trial_ends_at: datetime | None = field(
        "End of the trial, from which the subscription is past due; null without one."
    )
    cancelled_at: datetime | None = field("Time of the cancellation; null until then.")


class OrganizationOrderField(DescribedEnum):
    """Fields by which organizations can be ordered."""

    NAME = "name", "Name, by character code."


class WorkspaceOrderField(DescribedEnum):
    """Fields by which workspaces can be ordered."""

    NAME = "name", "Name, by character code."


class ProjectOrderField(DescribedEnum):
    """Fields by which projects can be ordered."""

    NAME = "name_order", "Name."


class CommercialSubscriptionOrderField(DescribedEnum):
    """Fields by which commercial subscriptions can be ordered."""

    NAME = "name", "Name, by character code."
    STATUS = "status", "Status, alphabetically."
    TRIAL_ENDS_AT = "trial_ends_at", "End of the trial."


class TalentOrderField(DescribedEnum):
    """Fields by which talent can be ordered."""

    COMMITTED_HOURS = "committed_hours_per_week", "Committed hours per week."
    NAME = "title_order", "Job title."


register_enums(
    TalentOrderField,
    OrganizationOrderField,
    WorkspaceOrderField,
    ProjectOrderField,
    CommercialSubscriptionOrderField,
)

_HIDDEN = ("status", str(ArchivableStatus.ARCHIVED))
_STATUS = "Status. Archived records are left out unless the filter has a status."


@strawberry.input(description="Filter for organizations.")
class OrganizationFilter:
    and_: list["OrganizationFilter"] | None = by(AND, name="and")
    or_: list["OrganizationFilter"] | None = by(OR, name="or")
    not_: "OrganizationFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("Organization id.")
    name: StringFilter | None = by("Name.")
    status: Filter[ArchivableStatus] | None = by(_STATUS)


@strawberry.input(description="Filter for workspaces.")
class WorkspaceFilter:
    and_: list["WorkspaceFilter"] | None = by(AND, name="and")
    or_: list["WorkspaceFilter"] | None = by(OR, name="or")
    not_: "WorkspaceFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("Workspace id.")
    organization_id: IdFilter | None = by("Organization id.")
    name: StringFilter | None = by("Name.")
    status: Filter[ArchivableStatus] | None = by(_STATUS)


@strawberry.input(description="Filter for projects.")
class ProjectFilter:
    and_: list["ProjectFilter"] | None = by(AND, name="and")
    or_: list["ProjectFilter"] | None = by(OR, name="or")
    not_: "ProjectFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("Project id.")
    organization_id: IdFilter | None = by("Organization id.")
    name: StringFilter | None = by("Name.")
    status: Filter[ArchivableStatus] | None = by(_STATUS)


@strawberry.input(description="Filter for commercial subscriptions.")
class CommercialSubscriptionFilter:
    and_: list["CommercialSubscriptionFilter"] | None = by(AND, name="and")
    or_: list["CommercialSubscriptionFilter"] | None = by(OR, name="or")
    not_: "CommercialSubscriptionFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("Commercial subscription id.")
    organization_id: IdFilter | None = by("Organization id.")
    name: StringFilter | None = by("Name.")
    status: Filter[SubscriptionStatus] | None = by("Status.")
    trial_ends_at: DateTimeFilter | None = by("End of the trial.")


@strawberry.input(description="Filter for talent.")
class TalentFilter:
    and_: list["TalentFilter"] | None = by(AND, name="and")
    or_: list["TalentFilter"] | None = by(OR, name="or")
    not_: "TalentFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("Talent id.")
    organization_id: IdFilter | None = by("Organization id.")
    status: Filter[TalentStatus] | None = by("Status.")
    title: StringFilter | None = by("Job title.")
    skill: str | None = by("A skill that the talent has, case-sensitive, e.g. Python.", listed("skills"))
    overcommitted: bool | None = by("Whether the committed hours exceed `weeklyHoursLimit`.", flag("overcommitted"))
    committed_hours_per_week: DecimalFilter | None = by("Committed hours per week.")


@strawberry.type(description="A page of organizations.")
class OrganizationConnection(Connection[Organization]):
    relation = repository.ORGANIZATIONS
    filters = OrganizationFilter
    orders = OrganizationOrderField
    hidden = _HIDDEN


@strawberry.type(description="A page of workspaces.")
class WorkspaceConnection(Connection[Workspace]):
    relation = repository.WORKSPACES
    filters = WorkspaceFilter
    orders = WorkspaceOrderField
    hidden = _HIDDEN


@strawberry.type(description="A page of projects.")
class ProjectConnection(Connection[Project]):
    relation = repository.PROJECTS
    filters = ProjectFilter
    orders = ProjectOrderField
    hidden = _HIDDEN


@strawberry.type(description="A page of talent.")
class TalentConnection(Connection[Talent]):
    relation = repository.TALENT
    filters = TalentFilter
    orders = TalentOrderField


@strawberry.type(description="A page of commercial subscriptions.")
class CommercialSubscriptionConnection(Connection[CommercialSubscription]):
    relation = repository.SUBSCRIPTIONS
    filters = CommercialSubscriptionFilter
    orders = CommercialSubscriptionOrderField
