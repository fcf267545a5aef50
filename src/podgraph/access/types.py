"""GraphQL types of API tokens and the audit log. They are not nodes: only `Organization` has fields for them."""

from datetime import datetime
from typing import Any, ClassVar

import strawberry

from podgraph.access import repository
from podgraph.access.lifecycle import TokenStatus
from podgraph.accounts.types import Workspace
from podgraph.database.read_model import ReadModel
from podgraph.events.types import Actor
from podgraph.graphql.descriptions import computed, field, register_enums
from podgraph.graphql.filters import DateTimeFilter, StringFilter, by
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import one
from podgraph.kernel.roles import Role
from podgraph.writes import event_log as events

register_enums(TokenStatus)


@strawberry.type(description="An API token of a program. Its secret is returned only by `createToken`.")
class ApiToken:
    relation: ClassVar[ReadModel] = repository.API_TOKENS

    id: strawberry.ID = field("Id, e.g. TOK-26-000001.")
    name: str = field("Name, e.g. Nightly import.")
    status: TokenStatus = field("Current status.")
    created_by: strawberry.ID = field("Id of the user who created the token, e.g. USR-26-000044.")
    created_at: datetime = field("Time of creation.")
    workspace: Workspace | None = one("workspace_id", "Workspace to which the token is limited; null if to none.")
    read_only: bool = field("Whether every mutation is rejected.")
    expires_at: datetime = field("Expiry.")
    revoked_at: datetime | None = field("Time of the revocation.")

    @computed("Roles of the token in its organization.", "roles")
    def roles(self) -> list[Role]:
        return [Role[role] for role in self.roles]


@strawberry.type(description="A rejected or failed mutation.")
class AuditEntry:
    relation: ClassVar[ReadModel] = repository.AUDIT

    id: strawberry.ID = field("Unique id of the entry.")
    occurred_at: datetime = field("Time of the call.")
    action: str = field("Name of the mutation, e.g. pausePod.")
    resource: str | None = field("Id in the mutation's input, unchanged, e.g. POD-26-000008.")
    outcome: str = field("Code of the first user error, e.g. FORBIDDEN; INTERNAL or CANCELLED if the mutation failed.")
    address: str | None = field("IP address of the client, e.g. 192.0.2.7.")
    trace_id: str | None = field("X-Request-Id of the response.")

    @computed("The caller.", "actor_type", "actor_id")
    def actor(self) -> Actor:
        caused: Any = events.actor(self)
        return caused  # type: ignore[no-any-return]


@strawberry.input(description="Filter for entries of the audit log.")
class AuditFilter:
    occurred_at: DateTimeFilter | None = by("Time of the call.")
    actor_id: StringFilter | None = by("Id of the caller.")
    action: StringFilter | None = by("Name of the mutation, e.g. pausePod.")
    resource: StringFilter | None = by("Id in the mutation's input.")
    outcome: StringFilter | None = by("Error code, e.g. FORBIDDEN.")


@strawberry.type(description="A page of API tokens.")
class ApiTokenConnection(Connection[ApiToken]):
    relation = repository.API_TOKENS
    default_order = (("created_at", True),)


@strawberry.type(description="A page of the audit log.")
class AuditConnection(Connection[AuditEntry]):
    relation = repository.AUDIT
    filters = AuditFilter
    default_order = (("occurred_at", True),)
