"""GraphQL types of people, their roles and their invitations."""

from datetime import datetime
from typing import Any

import strawberry

from podgraph.accounts import lifecycle, repository
from podgraph.accounts.lifecycle import InvitationStatus, MembershipStatus, UserStatus
from podgraph.accounts.types.organizations import Organization, Workspace
from podgraph.auth.viewer import Grant
from podgraph.graphql.descriptions import computed, field, register_enums
from podgraph.graphql.entities import Entity, Versioned
from podgraph.graphql.filters import AND, NOT, OR, DateTimeFilter, Filter, IdFilter, StringFilter, by, related
from podgraph.graphql.nodes import record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import connection, one
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.roles import Role

register_enums(UserStatus, MembershipStatus, InvitationStatus)


@record(repository.USERS, "A person who signs in.")
class User(Versioned):
    transitions = lifecycle.USER

    name: str = field("Name.")
    email: str | None = field("Email address, if known.")
    status: UserStatus = field("Current status.")
    organization: Organization | None = one(
        "organization_id", "The organization that employs the user; null if it is not visible to the caller."
    )
    memberships: "MembershipConnection" = connection(
        "user_id", "Roles of the user, also revoked ones, in organizations that are visible to the caller."
    )


@record(repository.MEMBERSHIPS, "A role of a user in an organization or in one of its workspaces.")
class Membership(Versioned):
    transitions = lifecycle.MEMBERSHIP

    user: User = one("user_id", "The user.")
    organization: Organization = one("organization_id", "The organization.")
    workspace: Workspace | None = one(
        "workspace_id",
        "The workspace to which the role is limited; null for a role in the organization, or if the workspace is not"
        " visible to the caller.",
    )
    role: Role = field("The role.")
    status: MembershipStatus = field("Current status.")
    granted_at: datetime | None = field("Time at which the role was last granted, if known.")
    revoked_at: datetime | None = field("Time at which the role was revoked; null while it is granted.")


@strawberry.type(description="A role that an invitation grants.")
class InvitationGrant:
    role: Role = field("The role.")
    workspace: Workspace | None = one(
        "workspace_id", "The workspace to which the role is limited; null for a role in the organization."
    )


@record(repository.INVITATIONS, "An invitation of a person to an organization. Visible to administrators.")
class Invitation(Entity):
    transitions = lifecycle.INVITATION

    organization: Organization = one("organization_id", "The organization.")
    name: str | None = field("Suggested name of the person.")
    email: str | None = field("Email address; null if the user was erased.")
    status: InvitationStatus = field("Current status.")
    invited_by: User | None = one("invited_by", "The user who sent the invitation; null if a program did.")
    user: User | None = one("user_id", "The user who accepted the invitation; null until then.")
    expires_at: datetime = field("Time until which the invitation can be accepted.")
    accepted_at: datetime | None = field("Time of the acceptance.")
    revoked_at: datetime | None = field("Time of the revocation.")

    @computed("Roles that the invitation grants.", "organization_id", "grants", items=20)
    def grants(self: Any) -> list[InvitationGrant]:
        granted: Any = [Grant(Role[one["role"]], self.organization_id, one["workspace_id"]) for one in self.grants]
        return granted  # type: ignore[no-any-return]


class UserOrderField(DescribedEnum):
    """Fields by which users can be ordered."""

    NAME = "name_order", "Name."
    EMAIL = "email_key", "Email address."
    STATUS = "status", "Status, alphabetically."


class MembershipOrderField(DescribedEnum):
    """Fields by which memberships can be ordered."""

    ROLE = "role", "Role, alphabetically."
    GRANTED_AT = "granted_at", "Time at which the role was last granted."


class InvitationOrderField(DescribedEnum):
    """Fields by which invitations can be ordered."""

    CREATED_AT = "created_at", "Time of the invitation."
    EXPIRES_AT = "expires_at", "Time until which the invitation can be accepted."


register_enums(UserOrderField, MembershipOrderField, InvitationOrderField)


@strawberry.input(description="Filter for users.")
class UserFilter:
    and_: list["UserFilter"] | None = by(AND, name="and")
    or_: list["UserFilter"] | None = by(OR, name="or")
    not_: "UserFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("Id of the user.")
    organization_id: IdFilter | None = by("Id of the organization that employs the user.")
    name: StringFilter | None = by("Name.")
    email: StringFilter | None = by("Email address.")
    status: Filter[UserStatus] | None = by("Status.")


@strawberry.input(description="Filter for memberships.")
class MembershipFilter:
    and_: list["MembershipFilter"] | None = by(AND, name="and")
    or_: list["MembershipFilter"] | None = by(OR, name="or")
    not_: "MembershipFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("Id of the organization.")
    workspace_id: IdFilter | None = by("Id of the workspace.")
    user_id: IdFilter | None = by("Id of the user.")
    user: UserFilter | None = by("Filter for the user.", related("user", "user_id"))
    role: Filter[Role] | None = by("Role.")
    status: Filter[MembershipStatus] | None = by("Status.")


@strawberry.input(description="Filter for invitations.")
class InvitationFilter:
    organization_id: IdFilter | None = by("Id of the organization.")
    email: StringFilter | None = by("Email address.")
    status: Filter[InvitationStatus] | None = by("Status.")
    expires_at: DateTimeFilter | None = by("Time until which the invitation can be accepted.")


@strawberry.type(description="A page of users.")
class UserConnection(Connection[User]):
    relation = repository.USERS
    filters = UserFilter
    orders = UserOrderField


@strawberry.type(description="A page of memberships.")
class MembershipConnection(Connection[Membership]):
    relation = repository.MEMBERSHIPS
    filters = MembershipFilter
    orders = MembershipOrderField


@strawberry.type(description="A page of invitations, latest first.")
class InvitationConnection(Connection[Invitation]):
    relation = repository.INVITATIONS
    filters = InvitationFilter
    orders = InvitationOrderField
    default_order = (("created_at", True),)
