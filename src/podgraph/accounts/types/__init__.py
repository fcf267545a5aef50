"""GraphQL types of accounts."""

from podgraph.accounts.types.organizations import (
    CommercialSubscription,
    CommercialSubscriptionConnection,
    Organization,
    OrganizationConnection,
    Project,
    ProjectConnection,
    Talent,
    TalentConnection,
    TalentFilter,
    TalentOrderField,
    Workspace,
    WorkspaceConnection,
)
from podgraph.accounts.types.people import (
    Invitation,
    InvitationConnection,
    Membership,
    MembershipConnection,
    User,
    UserConnection,
)
from podgraph.accounts.types.viewer import RateLimit, Viewer

__all__ = [
    "CommercialSubscription",
    "CommercialSubscriptionConnection",
    "Invitation",
    "InvitationConnection",
    "Membership",
    "MembershipConnection",
    "Organization",
    "OrganizationConnection",
    "Project",
    "ProjectConnection",
    "RateLimit",
    "Talent",
    "TalentConnection",
    "TalentFilter",
    "TalentOrderField",
    "User",
    "UserConnection",
    "Viewer",
    "Workspace",
    "WorkspaceConnection",
]
