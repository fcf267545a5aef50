"""GraphQL types of accounts."""

from podgraph.accounts.types.organizations import (
    CommercialSubscription,
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
from podgraph.accounts.types.people import User
from podgraph.accounts.types.viewer import RateLimit, Viewer

__all__ = [
    "CommercialSubscription",
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
    "Viewer",
    "Workspace",
    "WorkspaceConnection",
]
