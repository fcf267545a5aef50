"""Tables of organizations, workspaces, users, talent, projects and commercial subscriptions."""

from decimal import Decimal

from podgraph.accounts.lifecycle import SubscriptionStatus
from podgraph.database.columns import (
    alphabetical,
    check,
    index,
    key,
    one_of,
    person,
    quantity,
    tenant_foreign_key,
    text,
    unique,
    unique_where,
)
from podgraph.database.model import Model, Record
from podgraph.kernel.roles import Role


class Organization(Model, table=True):
    """A client, which is the tenant; all its amounts are in one currency (ISO 4217)."""

    __tablename__ = "organization"

    id: str = key()
    name: str = text()
    currency: str = text()


class Workspace(Record, table=True):
    """A part of an organization in which work is ordered and read."""

    __tablename__ = "workspace"

    name: str = text()


class User(Record, table=True):
    """A person who signs in; `organization_id` is the employer."""

    __tablename__ = "user"

    name: str = text()
    email: str | None = text(optional=True)


class Membership(Record, table=True):
    """A user's role in an organization or in one of its workspaces.

    It makes the user visible to the organization, which need not be the employer.
    """

    __tablename__ = "membership"
    __table_args__ = (
        tenant_foreign_key("workspace"),
        one_of("role", Role),
        unique("workspace_id", "user_id", "role"),
        unique_where(
            "membership_in_organization",
            "organization_id",
            "user_id",
            "role",
            where="workspace_id IS NULL",
        ),
        index("organization_id", "user_id"),
    )

    user_id: str = person()
    workspace_id: str | None = text(optional=True)
    role: str = text()


class CommercialSubscription(Record, table=True):
    """A commercial contract, required by service lines."""

    __tablename__ = "commercial_subscription"
    __table_args__ = (one_of("status", SubscriptionStatus),)

    status: str = text()


class Project(Record, table=True):
    """A label of pods, outcome requests and service lines, without effect on permissions."""

    __tablename__ = "project"

    name: str = text()
    name_order: str | None = alphabetical("name")


class Talent(Record, table=True):
    """A person who works for clients; the limit is in hours per week."""

    __tablename__ = "talent"
    __table_args__ = (
        check("weekly_hours_limit", "weekly_hours_limit > 0"),
        index("organization_id", "title"),
        index("organization_id", "title_order"),
    )

    title: str | None = text(optional=True)
    title_order: str | None = alphabetical("title")
    weekly_hours_limit: Decimal = quantity(default=Decimal(40))
