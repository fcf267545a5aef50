"""The life of an API token, and which roles may be granted with one."""

from collections.abc import Collection, Mapping

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.roles import ADMINISTRATORS, Role
from podgraph.kernel.transitions import CREATES, Transition


class TokenStatus(DescribedEnum):
    """Whether an API token still opens anything."""

    ACTIVE = "ACTIVE", "It opens its organization."
    EXPIRED = "EXPIRED", "Its time is over."
    REVOKED = "REVOKED", "Somebody took it back."


CREATE = Transition("createToken", CREATES, TokenStatus.ACTIVE, ADMINISTRATORS)
REVOKE = Transition("revokeToken", frozenset({TokenStatus.ACTIVE}), TokenStatus.REVOKED, ADMINISTRATORS)
TOKEN = (CREATE, REVOKE)

_CLIENTS = frozenset(Role) - {Role.OPERATOR, Role.DELIVERY, Role.SYSTEM}

GRANTS: Mapping[Role, frozenset[Role]] = {
    Role.ORG_OWNER: _CLIENTS,
    Role.ORG_ADMIN: _CLIENTS - {Role.ORG_OWNER},
    Role.OPERATOR: _CLIENTS | {Role.OPERATOR, Role.DELIVERY},
}
"""The roles that somebody with a role may give to a token: never more than they can do themselves."""


def beyond(roles: Collection[Role], creator: Collection[Role]) -> list[Role]:
    """Those of `roles` that somebody with the roles of `creator` may not grant."""
    granted = frozenset[Role]().union(*(GRANTS.get(role, frozenset()) for role in creator))
    return sorted(set(roles) - granted)
