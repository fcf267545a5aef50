"""Roles, the sets of roles that permissions are declared with, and the types of actors."""

from collections.abc import Mapping
from enum import StrEnum

from podgraph.kernel.enums import DescribedEnum


class Role(DescribedEnum):
    """Role of a caller; a token has one or more."""

    ORG_OWNER = "ORG_OWNER", "Full control of the organization and all its workspaces."
    ORG_ADMIN = "ORG_ADMIN", "Full control of all workspaces of the organization, except for the audit log."
    BILLING = "BILLING", "Reads spend, payments, service lines and usage, and records payments."
    ORG_VIEWER = "ORG_VIEWER", "Reads the organization, but not the contents of its workspaces."
    WORKSPACE_ADMIN = "WORKSPACE_ADMIN", "Full control of one workspace, including financial commitments."
    MEMBER = "MEMBER", "Requests and follows work in one workspace, without financial commitments."
    VIEWER = "VIEWER", "Reads one workspace."
    OPERATOR = "OPERATOR", "The account team: makes proposals, manages pools and terms, and acts on behalf of clients."
    DELIVERY = "DELIVERY", "The delivery team: responds to tickets, starts and submits work, and records actuals."
    SYSTEM = "SYSTEM", "The platform: the scheduler and imports of measurements."


CLIENT = frozenset({Role.ORG_OWNER, Role.ORG_ADMIN, Role.WORKSPACE_ADMIN})
"""Roles that may commit the client's money."""


MEMBERS = CLIENT | {Role.MEMBER}
"""Roles that may request and follow work."""


OPERATOR = frozenset({Role.OPERATOR})
"""The account team."""


DELIVERY = frozenset({Role.DELIVERY})
"""The delivery team."""


SYSTEM = frozenset({Role.SYSTEM})
"""The platform."""


ADMINISTRATORS = frozenset({Role.ORG_OWNER, Role.ORG_ADMIN, Role.OPERATOR})
"""Roles that manage API tokens."""


AUDITORS = frozenset({Role.ORG_OWNER})
"""Roles that read the audit log."""


PAYERS = frozenset({Role.BILLING, Role.OPERATOR})
"""Roles that may record payments."""


class Area(StrEnum):
    """Part of an organization's records; `SEES` lists the roles that may read it."""

    ORGANIZATION = "organization"
    """Names, people, talent, projects and subscriptions: any role."""
    WORKSPACES = "workspaces"
    """The workspaces: organization-wide roles see all, roles in a workspace see that workspace."""
    CONTRACTS = "contracts"
    """Pods, outcome requests, scopes, service lines and capacity pools, without their contents."""
    MONEY = "money"
    """Proposals, payments and charges."""
    WORK = "work"
    """The contents of pods and scopes, allocations and events."""
    ADMINISTRATION = "administration"
    """API tokens and invitations."""
    AUDIT = "audit"
    """Rejected and failed mutations."""


_STAFF = OPERATOR | SYSTEM
_WORKERS = MEMBERS | _STAFF | {Role.VIEWER, Role.DELIVERY}

SEES: Mapping[Area, frozenset[Role]] = {
    Area.ORGANIZATION: frozenset(Role),
    Area.WORKSPACES: frozenset(Role),
    Area.CONTRACTS: _WORKERS | {Role.BILLING},
    Area.MONEY: (_WORKERS | {Role.BILLING}) - DELIVERY,
    Area.WORK: _WORKERS,
    Area.ADMINISTRATION: ADMINISTRATORS | SYSTEM,
    Area.AUDIT: AUDITORS | SYSTEM,
}
"""The roles that see the records of an area, in the organization or workspace in which they are granted."""


class ActorType(DescribedEnum):
    """Type of actor."""

    USER = "USER", "A signed-in user."
    API_KEY = "API_KEY", "A program with an API token of an organization."
    AGENT = "AGENT", "An autonomous software agent, within the permissions granted to it."
    SYSTEM = "SYSTEM", "The platform: its scheduler or an import."
