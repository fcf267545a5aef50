"""The viewer of a read, and the caller and actor of a write."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from podgraph.database.read_model import Tenancy
from podgraph.kernel.roles import OPERATOR, SYSTEM, ActorType, Role


class Actor(NamedTuple):
    """The cause of an event; `user_id` is set if the cause is a person."""

    type: str
    id: str
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a write: the actor of its events, the roles, and the visible records."""

    actor: Actor
    roles: frozenset[Role]
    tenancy: Tenancy


ALL_ORGANIZATIONS = OPERATOR | SYSTEM


@dataclass(frozen=True)
class Viewer:
    """The caller as described by the token: a user (None for the platform), organizations and roles.

    `token_id` is the id of a program's API token. From `expires_at` on the token is invalid, also for
    connections that were opened before.
    """

    user_id: str | None
    organizations: frozenset[str]
    roles: frozenset[Role]
    token_id: str | None = None
    expires_at: datetime | None = field(default=None, compare=False)

    @cached_property
    def tenancy(self) -> Tenancy:
        """The rows that the viewer sees: the account team and the platform see every organization's.

        A program sees those of its token, whatever its roles. An organization's viewer, and a user
        without a role, sees it without its workspaces' content.
        """
        if self.roles & ALL_ORGANIZATIONS and self.token_id is None:
            return Tenancy(None)
        return Tenancy(self.organizations, sees_work=bool(self.roles - {Role.ORG_VIEWER}))

    @cached_property
    def caller(self) -> Caller:
        """The viewer as the caller of a write: a token without a user is the platform's own."""
        kind, name = (ActorType.USER, self.user_id) if self.user_id else (ActorType.SYSTEM, "SYSTEM")
        if self.token_id:
            kind, name = ActorType.API_KEY, self.token_id
        return Caller(Actor(kind, name, self.user_id), self.roles, self.tenancy)


ANONYMOUS = Viewer(user_id=None, organizations=frozenset(), roles=frozenset())
"""A caller without a token, with access to the schema only."""


PLATFORM = Viewer(user_id=None, organizations=frozenset(), roles=frozenset({Role.SYSTEM}))
"""The platform itself, as which the command line reads."""
