"""API tokens and the audit trail in the graph. They are no nodes: only an organization leads to them."""

from datetime import datetime
from typing import Any, ClassVar

import strawberry

from podgraph.access import repository
from podgraph.access.lifecycle import TokenStatus
from podgraph.database.read_model import ReadModel
from podgraph.events.types import Actor
from podgraph.graphql.descriptions import computed, field, register_enums
from podgraph.graphql.filters import DateTimeFilter, StringFilter, by
from podgraph.graphql.pagination import Connection
from podgraph.kernel.roles import Role
from podgraph.writes import event_log as events

register_enums(TokenStatus)


@strawberry.type(description="A program's token. Its secret was shown once, when it was created.")
class ApiToken:
    relation: ClassVar[ReadModel] = repository.API_TOKENS

    id: strawberry.ID = field("The id: TOK-26-000001.")
    name: str = field("What it is for: Nightly import.")
    status: TokenStatus = field("Whether it still opens anything.")
    created_by: strawberry.ID = field("Who created it: USR-26-000044.")
    created_at: datetime = field("When.")
    expires_at: datetime = field("Until when it is valid.")
    revoked_at: datetime | None = field("When it was revoked.")

    @computed("What it may do, in its organization.", "roles")
    def roles(self) -> list[Role]:
        return [Role[role] for role in self.roles]


@strawberry.type(description="A write that was refused or failed.")
class AuditEntry:
    relation: ClassVar[ReadModel] = repository.AUDIT

    id: strawberry.ID = field("What tells it from others.")
    occurred_at: datetime = field("When.")
    action: str = field("The mutation: pausePod.")
    resource: str | None = field("The id that it named, as it was written: POD-26-000008.")
    outcome: str = field("The code that it was refused with: FORBIDDEN; INTERNAL or CANCELLED where it failed.")
    address: str | None = field("The address that it came from: 192.0.2.7.")
    trace_id: str | None = field("The X-Request-Id of its answer.")

    @computed("Who wanted it.", "actor_type", "actor_id")
    def actor(self) -> Actor:
        caused: Any = events.actor(self)
        return caused  # type: ignore[no-any-return]


@strawberry.input(description="Which entries of the audit trail.")
class AuditFilter:
    occurred_at: DateTimeFilter | None = by("When.")
    actor_id: StringFilter | None = by("The caller's id.")
    action: StringFilter | None = by("The mutation: pausePod.")
    resource: StringFilter | None = by("The id that it named.")
    outcome: StringFilter | None = by("The code: FORBIDDEN.")


@strawberry.type(description="A page of API tokens.")
class ApiTokenConnection(Connection[ApiToken]):
    relation = repository.API_TOKENS
    default_order = (("created_at", True),)


@strawberry.type(description="A page of the audit trail.")
class AuditConnection(Connection[AuditEntry]):
    relation = repository.AUDIT
    filters = AuditFilter
    default_order = (("occurred_at", True),)
