"""Statuses and transitions of API tokens."""

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.roles import ADMINISTRATORS
from podgraph.kernel.transitions import CREATES, Transition


class TokenStatus(DescribedEnum):
    """Status of an API token."""

    ACTIVE = "ACTIVE", "The token is valid."
    EXPIRED = "EXPIRED", "The token has expired."
    REVOKED = "REVOKED", "The token was revoked."


CREATE = Transition("createToken", CREATES, TokenStatus.ACTIVE, ADMINISTRATORS)
REVOKE = Transition("revokeToken", frozenset({TokenStatus.ACTIVE}), TokenStatus.REVOKED, ADMINISTRATORS)
TOKEN = (CREATE, REVOKE)
