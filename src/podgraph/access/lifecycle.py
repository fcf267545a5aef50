"""Statuses and transitions of API tokens, and the roles that a caller may grant."""

from collections.abc import Collection, Mapping

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.roles import ADMINISTRATORS, Role
from podgraph.kernel.transitions import CREATES, Transition


class TokenStatus(DescribedEnum):
    """Status of an API token."""

    ACTIVE = "ACTIVE", "The token is valid."
    EXPIRED = "EXPIRED", "The token has expired."
    REVOKED = "REVOKED", "The token was revoked."


CREATE = Transition("createToken", CREATES, TokenStatus.ACTIVE, ADMINISTRATORS)
REVOKE = Transition("revokeToken", frozenset({TokenStatus.ACTIVE}), TokenStatus.REVOKED, ADMINISTRATORS)
TOKEN = (CREATE, REVOKE)

_CLIENTS = frozenset(Role) - {Role.OPERATOR, Role.DELIVERY, Role.SYSTEM}

GRANTS: Mapping[Role, frozenset[Role]] = {
    Role.ORG_OWNER: _CLIENTS,
    Role.ORG_ADMIN: _CLIENTS - {Role.ORG_OWNER},
    Role.OPERATOR: _CLIENTS | {Role.OPERATOR, Role.DELIVERY},
}
"""The roles that each role may grant to an API token: never more than its own permissions."""


def beyond(roles: Collection[Role], creator: Collection[Role]) -> list[Role]:
    """The subset of `roles` that a caller with the roles `creator` must not grant."""
    granted = frozenset[Role]().union(*(GRANTS.get(role, frozenset()) for role in creator))
    return sorted(set(roles) - granted)
