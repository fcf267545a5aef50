"""Roles, the sets of roles that permissions are declared with, and the types of actors."""

from podgraph.kernel.enums import DescribedEnum


class Role(DescribedEnum):
    """What somebody is in an organization or to the platform; a token carries one or more."""

    ORG_OWNER = "ORG_OWNER", "Decides everything in all workspaces of the organization."
    ORG_ADMIN = "ORG_ADMIN", "Decides everything in all workspaces of the organization, as its owner does."
    BILLING = "BILLING", "Reads spend, payments, lines and usage, and records payments."
    ORG_VIEWER = "ORG_VIEWER", "Reads the organization, but not the content of its workspaces."
    WORKSPACE_ADMIN = "WORKSPACE_ADMIN", "Decides everything in one workspace, commitments of money included."
    MEMBER = "MEMBER", "Asks for work and follows it in one workspace, but commits no money."
    VIEWER = "VIEWER", "Reads one workspace."
    OPERATOR = "OPERATOR", "The account team: proposes, keeps pools and terms, and acts on a client's behalf."
    DELIVERY = "DELIVERY", "The delivering team: responds, starts and submits work, and records actuals."
    SYSTEM = "SYSTEM", "The platform itself: the clock and the import of measurements."


CLIENT = frozenset({Role.ORG_OWNER, Role.ORG_ADMIN, Role.WORKSPACE_ADMIN})
"""Those who may commit the client's money."""


MEMBERS = CLIENT | {Role.MEMBER}
"""Those who may ask for work and follow it."""


OPERATOR = frozenset({Role.OPERATOR})
"""The account team."""


DELIVERY = frozenset({Role.DELIVERY})
"""The delivering team."""


SYSTEM = frozenset({Role.SYSTEM})
"""The platform itself."""


ADMINISTRATORS = frozenset({Role.ORG_OWNER, Role.ORG_ADMIN, Role.OPERATOR})
"""Those who decide which programs get in."""


AUDITORS = frozenset({Role.ORG_OWNER})
"""Those who read what was refused."""


PAYERS = frozenset({Role.BILLING, Role.OPERATOR})
"""Those who may record that a payment arrived."""


class ActorType(DescribedEnum):
    """What kind of caller caused an event."""

    USER = "USER", "A person, signed in."
    API_KEY = "API_KEY", "A program that acts for an organization with a key."
    AGENT = "AGENT", "A software agent that acts on its own within the rights it was given."
    SYSTEM = "SYSTEM", "The platform itself: its clock or an import."
