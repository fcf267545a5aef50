"""GraphQL types of the caller."""

from datetime import datetime, timedelta
from typing import Any

import strawberry

from podgraph.accounts.lifecycle import MembershipStatus
from podgraph.accounts.types.organizations import OrganizationConnection
from podgraph.accounts.types.people import Membership, User
from podgraph.graphql.descriptions import field
from podgraph.graphql.relationships import connection, many, one
from podgraph.kernel.roles import Role
from podgraph.limits.limits import Limits
from podgraph.limits.rate_limiter import MAX_INT, RateLimitStatus


@strawberry.type(description="The caller's rate limit, in points of query cost.")
class RateLimit:
    limit: int = field("Maximum number of points (capacity of the token bucket).")
    remaining: int = field("Remaining points, after the cost of this operation.")
    restore_rate_per_second: float = field("Points restored per second.")
    reset_at: datetime = field("Time at which all points are restored.")
    max_query_cost: int = field("Maximum cost of one operation in points.")
    max_depth: int = field("Maximum depth of one operation in levels of fields.")

    @classmethod
    def of(cls, level: RateLimitStatus, limits: Limits, now: datetime) -> "RateLimit":
        """Convert the state of a caller's token bucket."""
        return cls(
            limit=min(level.limit, MAX_INT),
            remaining=min(level.remaining, MAX_INT),
            restore_rate_per_second=level.rate.refill_rate,
            reset_at=now + timedelta(seconds=level.full_in),
            max_query_cost=min(limits.cost, MAX_INT),
            max_depth=limits.depth,
        )


@strawberry.type(description="The caller, as identified by the token.")
class Viewer:
    user: User | None = one("user_id", "The user; null if the caller is the platform.")

    @strawberry.field(description="The caller's roles.")
    def roles(self: Any) -> list[Role]:
        return sorted(self.roles)

    memberships: list[Membership] = many(
        "user_id",
        "Granted roles of the user, by organization; empty if the caller is not a user.",
        key="caller.actor.id",
        order=(("organization_id", False),),
        where=lambda source: source["status"] == str(MembershipStatus.ACTIVE),
        length=20,
    )

    organizations: OrganizationConnection = connection(None, "Organizations visible to the caller.")

    @strawberry.field(description="The caller's rate limit; null if there is none.")
    def rate_limit(self: Any, info: strawberry.Info) -> RateLimit | None:
        context = info.context
        return context.rate and RateLimit.of(context.rate, context.policy.limits, context.now)
