"""Tables of organizations, workspaces, users, talent, projects and commercial subscriptions."""

from datetime import datetime
from decimal import Decimal

from podgraph.accounts.lifecycle import (
    ArchivableStatus,
    InvitationStatus,
    MembershipStatus,
    SubscriptionStatus,
    TalentStatus,
    UserStatus,
)
from podgraph.database.columns import (
    alphabetical,
    check,
    document,
    flag,
    index,
    key,
    one_of,
    person,
    quantity,
    tenant_foreign_key,
    text,
    unique,
    unique_where,
    version,
)
from podgraph.database.model import Entity, Model, Record
from podgraph.kernel.roles import Role


class Organization(Model, table=True):
    """A client, which is the tenant; all its amounts are in one currency (ISO 4217).

    `time_zone` is that of the tz database in which times are displayed, `working_days` the ISO weekdays
    (1 is Monday) on which work is done.
    """

    __tablename__ = "organization"
    __table_args__ = (one_of("status", ArchivableStatus),)

    id: str = key()
    name: str = text()
    currency: str = text()
    status: str = text(default=ArchivableStatus.ACTIVE)
    time_zone: str = text(default="UTC")
    working_days: list[int] | None = document(optional=True)
    version: int = version()


class Workspace(Record, table=True):
    """A part of an organization in which work is ordered and read."""

    __tablename__ = "workspace"
    __table_args__ = (one_of("status", ArchivableStatus),)

    name: str = text()
    status: str = text(default=ArchivableStatus.ACTIVE)
    version: int = version()


class User(Record, table=True):
    """A person who signs in; `organization_id` is the employer.

    `email_key` is the email address in lower case, of which there is one user. `issuer` and `subject` identify
    the user at an identity provider.
    """

    __tablename__ = "user"
    __table_args__ = (
        one_of("status", UserStatus),
        unique_where("user_email_key", "email_key", where="email_key IS NOT NULL"),
        unique_where("user_subject", "issuer", "subject", where="subject IS NOT NULL"),
    )

    name: str = text()
    name_order: str | None = alphabetical("name")
    email: str | None = text(optional=True)
    email_key: str | None = text(optional=True)
    status: str = text(default=UserStatus.ACTIVE)
    issuer: str | None = text(optional=True)
    subject: str | None = text(optional=True)
    version: int = version()


class Membership(Record, table=True):
    """A user's role in an organization or in one of its workspaces.

    It makes the user visible to the organization, which need not be the employer. A role that was revoked and
    is granted again is the same membership.
    """

    __tablename__ = "membership"
    __table_args__ = (
        tenant_foreign_key("workspace"),
        one_of("role", Role),
        one_of("status", MembershipStatus),
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
    status: str = text(default=MembershipStatus.ACTIVE)
    granted_at: datetime | None = None
    revoked_at: datetime | None = None
    version: int = version()


class Invitation(Entity, table=True):
    """An invitation by email address; only the SHA-256 hash of its secret is stored.

    `grants` is a list of `{"role": ..., "workspace_id": ...}`; `user_id` is who accepted it.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        one_of("status", InvitationStatus),
        unique_where("pending_invitation", "organization_id", "email_key", where="status = 'PENDING'"),
        index("organization_id", "created_at"),
    )

    name: str | None = text(optional=True)
    email: str | None = text(optional=True)
    email_key: str | None = text(optional=True)
    grants: list[dict[str, str | None]] = document()
    status: str = text()
    sha256: str = text(unique=True)
    invited_by: str | None = person(optional=True)
    user_id: str | None = person(optional=True)
    expires_at: datetime
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None


class LoginLink(Model, table=True):
    """A link that signs a user in once; only the SHA-256 hash of its secret is stored."""

    __tablename__ = "login_link"

    sha256: str = key()
    user_id: str = person()
    expires_at: datetime
    used_at: datetime | None = None


class CommercialSubscription(Record, table=True):
    """A commercial contract, required by service lines."""

    __tablename__ = "commercial_subscription"
    __table_args__ = (one_of("status", SubscriptionStatus),)

    name: str | None = text(optional=True)
    status: str = text()
    trial_ends_at: datetime | None = None
    cancelled_at: datetime | None = None
    version: int = version()


class Project(Record, table=True):
    """A label of pods, outcome requests and service lines, without effect on permissions."""

    __tablename__ = "project"
    __table_args__ = (one_of("status", ArchivableStatus),)

    name: str = text()
    name_order: str | None = alphabetical("name")
    status: str = text(default=ArchivableStatus.ACTIVE)
    version: int = version()


class Talent(Record, table=True):
    """A person who works for clients; the limit is in hours per week."""

    __tablename__ = "talent"
    __table_args__ = (
        check("weekly_hours_limit", "weekly_hours_limit > 0"),
        one_of("status", TalentStatus),
        index("organization_id", "title"),
        index("organization_id", "title_order"),
    )

    name: str | None = text(optional=True)
    title: str | None = text(optional=True)
    title_order: str | None = alphabetical("title")
    skills: list[str] | None = document(optional=True)
    weekly_hours_limit: Decimal = quantity(default=Decimal(40))
    part_time: bool = flag()
    status: str = text(default=TalentStatus.ACTIVE)
    ended_at: datetime | None = None
    version: int = version()
