"""People, their invitations and sign-in links; statuses and versions of what accounts consist of."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.alphabet import create_sort_key_triggers
from podgraph.database.columns import Plain

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = UTCDateTime()
STATUSES = {
    "organization": ("ACTIVE", "ARCHIVED"),
    "workspace": ("ACTIVE", "ARCHIVED"),
    "user": ("ACTIVE", "DEACTIVATED", "ERASED"),
    "membership": ("ACTIVE", "REVOKED"),
    "project": ("ACTIVE", "ARCHIVED"),
    "talent": ("ACTIVE", "ENDED"),
}
VERSIONED = (*STATUSES, "commercial_subscription")


def upgrade() -> None:
    for table, statuses in STATUSES.items():
        listed = ", ".join(f"'{status}'" for status in statuses)
        # The rule is part of the column: SQLite cannot add one to a table.
        rule = sa.CheckConstraint(f"status IN ({listed})", name=op.f(f"ck_{table}_status"))
        op.add_column(table, sa.Column("status", Plain, rule, nullable=False, server_default="ACTIVE"))
    for table in VERSIONED:
        op.add_column(table, sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    create_sort_key_triggers(op.get_bind(), "user", "name", "name_order")
    op.execute('UPDATE "user" SET name_order = alphabetical(name)')
    op.execute(FIRST_EMAIL_KEYS)
    op.add_column("event", sa.Column("workspace_id", Plain, nullable=True))
    found = ", ".join(f"({each.format(subject='event.subject_id')})" for each in WORKSPACES)
    op.execute(f"UPDATE event SET workspace_id = coalesce({found})")
    op.create_index("uq_user_email_key", "user", ["email_key"], unique=True, **where("email_key IS NOT NULL"))
    op.create_index("uq_user_subject", "user", ["issuer", "subject"], unique=True, **where("subject IS NOT NULL"))
    create_invitation()
    op.create_table(
        "login_link",
        sa.Column("sha256", Plain, primary_key=True),
        sa.Column("user_id", Plain, sa.ForeignKey("user.id"), nullable=False, index=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
    )


FIRST_EMAIL_KEYS = """
    UPDATE "user" SET email_key = lower(email)
    WHERE id IN (SELECT min(id) FROM "user" WHERE email IS NOT NULL GROUP BY lower(email))
"""
"""Of several users with one email address, the first keeps it as the key to sign in with."""


_OF_POD = "SELECT pod.workspace_id FROM {table} AS part JOIN pod ON pod.id = part.pod_id WHERE part.id = {{subject}}"
_OF_SCOPE = (
    "SELECT scope.workspace_id FROM {table} AS part JOIN scope ON scope.id = part.scope_id WHERE part.id = {{subject}}"
)
WORKSPACES = [
    "SELECT id FROM workspace WHERE id = {subject}",
    *(
        f"SELECT workspace_id FROM {table} WHERE id = {{subject}}"
        for table in ("pod", "outcome_request", "scope", "service_line", "allocation", "capacity_pool")
    ),
    *(_OF_POD.format(table=table) for table in ("pod_scope", "sla_terms", "sla_report", "ticket")),
    *(_OF_SCOPE.format(table=table) for table in ("cycle", "deliverable", "payment")),
    "SELECT line.workspace_id FROM incident JOIN service_line AS line ON line.id = incident.service_line_id"
    " WHERE incident.id = {subject}",
]
"""The workspace of an event's subject, by each kind of subject."""


def added() -> dict[str, list[sa.Column[Any]]]:
    """Columns that are added to a table, in order."""
    return {
        "organization": [
            sa.Column("time_zone", Plain, nullable=False, server_default="UTC"),
            sa.Column("working_days", DOCUMENT, nullable=True),
        ],
        "user": [sa.Column(name, Plain, nullable=True) for name in ("name_order", "email_key", "issuer", "subject")],
        "api_token": [
            sa.Column("workspace_id", Plain, nullable=True),
            sa.Column("read_only", sa.Boolean, nullable=False, server_default=sa.false()),
        ],
        "membership": [sa.Column(name, MOMENT, nullable=True) for name in ("granted_at", "revoked_at")],
        "commercial_subscription": [
            sa.Column("name", Plain, nullable=True),
            sa.Column("trial_ends_at", MOMENT, nullable=True),
            sa.Column("cancelled_at", MOMENT, nullable=True),
        ],
        "talent": [
            sa.Column("name", Plain, nullable=True),
            sa.Column("skills", DOCUMENT, nullable=True),
            sa.Column("part_time", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("ended_at", MOMENT, nullable=True),
        ],
    }


def create_invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("organization_id", Plain, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", Plain, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("name", Plain, nullable=True),
        sa.Column("email", Plain, nullable=True),
        sa.Column("email_key", Plain, nullable=True),
        sa.Column("grants", DOCUMENT, nullable=False),
        sa.Column("status", Plain, nullable=False),
        sa.Column("sha256", Plain, nullable=False, unique=True),
        sa.Column("invited_by", Plain, sa.ForeignKey("user.id"), nullable=True, index=True),
        sa.Column("user_id", Plain, sa.ForeignKey("user.id"), nullable=True, index=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint("status IN ('PENDING', 'ACCEPTED', 'REVOKED', 'EXPIRED')", name="status"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "organization_id", "created_at"),
    )
    op.create_index(
        "uq_pending_invitation",
        "invitation",
        ["organization_id", "email_key"],
        unique=True,
        **where("status = 'PENDING'"),
    )


def where(rule: str) -> dict[str, Any]:
    """The rows that an index contains, in the words of both databases."""
    return {"sqlite_where": sa.text(rule), "postgresql_where": sa.text(rule)}
