"""The viewer of a read, and the caller and actor of a write."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from podgraph.database.read_model import organization_of
from podgraph.database.tenancy import Reach, Tenancy
from podgraph.kernel.roles import OPERATOR, SEES, SYSTEM, ActorType, Area, Role

PLATFORM_ROLES = OPERATOR | SYSTEM
"""Roles of the delivery partner, which hold in every organization."""
WORKSPACE_ROLES = frozenset({Role.WORKSPACE_ADMIN, Role.MEMBER, Role.VIEWER})
"""Roles that can be granted in a single workspace."""

NO_ROLES: frozenset[Role] = frozenset()


class Actor(NamedTuple):
    """The cause of an event; `user_id` is set if the cause is a person."""

    type: str
    id: str
    user_id: str | None


class Grant(NamedTuple):
    """A role in an organization, or in one of its workspaces."""

    role: Role
    organization_id: str
    workspace_id: str | None = None


@dataclass(frozen=True)
class Grants:
    """Roles of a caller: on the platform, in organizations, and in workspaces (by their organization and id)."""

    platform: frozenset[Role] = NO_ROLES
    organizations: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    workspaces: Mapping[tuple[str, str], frozenset[Role]] = field(default_factory=dict)

    @classmethod
    def of(cls, grants: Iterable[Grant]) -> "Grants":
        """Grants of a user; the account team's role holds in every organization, wherever it was granted."""
        platform: set[Role] = set()
        organizations: dict[str, set[Role]] = {}
        workspaces: dict[tuple[str, str], set[Role]] = {}
        for role, organization_id, workspace_id in grants:
            if role in PLATFORM_ROLES:
                platform.add(role)
            if workspace_id is None:
                organizations.setdefault(organization_id, set()).add(role)
            else:
                workspaces.setdefault((organization_id, workspace_id), set()).add(role)
        return cls(
            frozenset(platform),
            {key: frozenset(roles) for key, roles in organizations.items()},
            {key: frozenset(roles) for key, roles in workspaces.items()},
        )

    def narrowed(self, organizations: Collection[str] | None, roles: Collection[Role] | None) -> "Grants":
        """The part of the grants in these organizations and of these roles; None stands for all of them.

        Roles of the platform hold in every organization, so only `roles` narrow them.
        """

        def kept(granted: frozenset[Role]) -> frozenset[Role]:
            return granted if roles is None else granted.intersection(roles)

        def here(organization_id: str) -> bool:
            return organizations is None or organization_id in organizations

        return Grants(
            kept(self.platform),
            {key: kept(granted) for key, granted in self.organizations.items() if here(key)},
            {key: kept(granted) for key, granted in self.workspaces.items() if here(key[0])},
        )

    def roles_in(self, organization_id: str, workspace_id: str | None = None) -> frozenset[Role]:
        """Roles that hold for a record of this organization and workspace."""
        roles = self.platform | self.organizations.get(organization_id, NO_ROLES)
        return roles | self.workspaces.get((organization_id, workspace_id or ""), NO_ROLES)

    def roles_within(self, organization_id: str) -> frozenset[Role]:
        """Roles that hold anywhere in an organization."""
        here = (roles for (owner, _), roles in self.workspaces.items() if owner == organization_id)
        return self.roles_in(organization_id).union(*here)

    def roles_for(self, record: Any, workspace_id: str | None) -> frozenset[Role]:
        """Roles that hold for a record; records that all workspaces share need a role in any of them."""
        if record.relation.area == Area.ORGANIZATION:
            return self.roles_within(organization_of(record))
        return self.roles_in(organization_of(record), workspace_id)

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Roles that the caller has anywhere."""
        return self.platform.union(*self.organizations.values(), *self.workspaces.values())

    @cached_property
    def tenancy(self) -> Tenancy:
        """Whose records the caller sees."""
        if self.platform:
            return Tenancy(None)
        visible = frozenset(self.organizations) | {organization_id for organization_id, _ in self.workspaces}
        return Tenancy(visible, tuple((area, self._reach(area)) for area in Area if area != Area.ORGANIZATION))

    def _reach(self, area: Area) -> Reach:
        sees = SEES[area]
        whole = frozenset(key for key, roles in self.organizations.items() if roles & sees)
        parts = frozenset(
            workspace_id
            for (organization_id, workspace_id), roles in self.workspaces.items()
            if roles & sees and organization_id not in whole
        )
        return Reach(whole, parts)


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a write: the actor of its events, the roles, and the visible records."""

    actor: Actor
    grants: Grants

    @property
    def roles(self) -> frozenset[Role]:
        """Roles that the caller has anywhere."""
        return self.grants.roles

    @property
    def tenancy(self) -> Tenancy:
        return self.grants.tenancy


@dataclass(frozen=True)
class Viewer:
    """The caller: a user (None for the platform or a program), with roles.

    `roles` hold in all `organizations`, unless `granted` lists the roles of each organization and workspace.
    `token_id` is the id of a program's API token, whose roles hold in its organization only. The token is invalid
    from `expires_at` on. A `read_only` viewer calls no mutations.
    """

    user_id: str | None
    organizations: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    token_id: str | None = None
    expires_at: datetime | None = field(default=None, compare=False)
    granted: Grants | None = None
    read_only: bool = False

    @cached_property
    def grants(self) -> Grants:
        """The viewer's roles by organization and workspace."""
        if self.granted is not None:
            return self.granted
        platform = NO_ROLES if self.token_id else self.roles & PLATFORM_ROLES
        return Grants(platform, dict.fromkeys(self.organizations, self.roles))

    @property
    def tenancy(self) -> Tenancy:
        """Whose records the viewer sees."""
        return self.grants.tenancy

    @cached_property
    def caller(self) -> Caller:
        """The viewer as the caller of a write: a token without a user is the platform's own."""
        kind, name = (ActorType.USER, self.user_id) if self.user_id else (ActorType.SYSTEM, "SYSTEM")
        if self.token_id:
            kind, name = ActorType.API_KEY, self.token_id
        return Caller(Actor(kind, name, self.user_id), self.grants)


ANONYMOUS = Viewer(user_id=None)
"""A caller without a token, who may read the schema at most."""


PLATFORM = Viewer(user_id=None, roles=SYSTEM)
"""The platform itself, as which the command line reads."""
