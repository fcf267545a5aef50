"""Who keeps the time of the platform, and who opens organizations and workspaces."""

from podgraph.accounts.lifecycle import OPERATOR, SYSTEM, Role
from podgraph.kernel.transitions import NOWHERE, Transition

CREATE_ORGANIZATION = Transition("createOrganization", NOWHERE, None, OPERATOR | SYSTEM)
CREATE_WORKSPACE = Transition(
    "createWorkspace", NOWHERE, None, frozenset({Role.ORG_OWNER, Role.ORG_ADMIN}) | OPERATOR
)
TICK = Transition("tick", NOWHERE, None, SYSTEM)
