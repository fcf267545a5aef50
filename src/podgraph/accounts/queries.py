"""Root fields of accounts."""

from typing import Any

import strawberry

from podgraph.accounts.types import (
    CommercialSubscription,
    CommercialSubscriptionConnection,
    Invitation,
    InvitationConnection,
    Membership,
    MembershipConnection,
    Organization,
    OrganizationConnection,
    Project,
    ProjectConnection,
    Talent,
    TalentConnection,
    User,
    UserConnection,
    Viewer,
    Workspace,
    WorkspaceConnection,
)
from podgraph.graphql.relationships import ById, connection, edge


@strawberry.type
class AccountsQuery:
    @strawberry.field(description="The caller, with roles, organizations and rate limit.", graphql_type=Viewer)
    def viewer(self, info: strawberry.Info) -> Any:
        return info.context.viewer

    organization: Organization | None = edge(ById(), "An organization by id.")
    workspace: Workspace | None = edge(ById(), "A workspace by id.")
    project: Project | None = edge(ById(), "A project by id.")
    talent: Talent | None = edge(ById(), "A talent by id.")
    subscription: CommercialSubscription | None = edge(ById(), "A commercial subscription by id.")
    organizations: OrganizationConnection = connection(None, "Organizations visible to the caller.")
    workspaces: WorkspaceConnection = connection(None, "Workspaces in all organizations of the caller.")
    projects: ProjectConnection = connection(None, "Projects in all organizations of the caller.")
    talents: TalentConnection = connection(None, "Talent of all organizations of the caller.")
    subscriptions: CommercialSubscriptionConnection = connection(
        None, "Commercial subscriptions of all organizations of the caller."
    )
    user: User | None = edge(ById(), "A user by id.")
    membership: Membership | None = edge(ById(), "A membership by id.")
    invitation: Invitation | None = edge(ById(), "An invitation by id.")
    users: UserConnection = connection(None, "Users in all organizations of the caller.")
    memberships: MembershipConnection = connection(None, "Memberships in all organizations of the caller.")
    invitations: InvitationConnection = connection(
        None, "Invitations of the organizations in which the caller is an administrator, latest first."
    )
