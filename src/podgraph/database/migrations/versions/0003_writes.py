"""Tables for writes: idempotency keys, versioned SLA terms, and indexes for due records."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.columns import Exact

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = UTCDateTime()
QUANTITY = Exact(18, 4)
PERCENT = Exact(7, 1)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")

NEW_INDEXES = [
    ("allocation", "ends_at", "status <> 'CLOSED'"),
    ("cycle", "planned_start", "status = 'PLANNED'"),
    ("payment", "due_at", "status = 'DUE' AND overdue_notified_at IS NULL"),
    ("pod", "renews_at", "auto_complete AND ended_at IS NULL"),
    ("sla_report", "period", "status = 'DRAFT'"),
    ("ticket", "at_risk_at", "at_risk_at IS NOT NULL"),
    ("ticket", "resolved_at", "status = 'RESOLVED'"),
]
"""Indexes for due records: table, column and condition."""


def where(rule: str) -> dict[str, Any]:
    """Condition of a partial index, for both databases."""
    return {"sqlite_where": sa.text(rule), "postgresql_where": sa.text(rule)}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # A table that is copied is empty for a moment, so foreign keys are checked at the end.
        op.execute("PRAGMA defer_foreign_keys = ON")
    op.create_table(
        "idempotency_key",
        sa.Column("actor_id", sa.Text, primary_key=True),
        sa.Column("mutation", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("result", DOCUMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Index(None, "created_at"),
    )
    change_event_counter()
    change_allocation_change()
    change_ticket()
    change_sla_terms()
    change_sla_report()
    change_deliverable_review()
    for table, column, rule in NEW_INDEXES:
        op.create_index(None, table, [column], **where(rule))


def change_event_counter() -> None:
    """Add the time of the last event of an organization."""
    op.add_column("event_counter", sa.Column("told_at", MOMENT, nullable=True))
    op.execute(
        "UPDATE event_counter SET told_at = (SELECT max(occurred_at) FROM event"
        " WHERE event.organization_id = event_counter.organization_id)"
    )


def change_allocation_change() -> None:
    """At most one change of an allocation is pending."""
    op.add_column("allocation_change", sa.Column("previous_per_week", QUANTITY, nullable=True))
    op.create_index(
        "uq_allocation_change_to_come",
        "allocation_change",
        ["allocation_id"],
        unique=True,
        **where("applied_at IS NULL AND cancelled_at IS NULL"),
    )


def change_ticket() -> None:
    """A response is at risk after four fifths of its time."""
    op.add_column("ticket", sa.Column("reopened_at", MOMENT, nullable=True))
    # SQLite accepts a new constraint on an existing table only together with a new column.
    kind = MOMENT.compile(dialect=op.get_bind().dialect)
    rule = "at_risk_at IS NULL OR (response_sla = 'PENDING' AND status = 'OPEN')"
    op.execute(f"ALTER TABLE ticket ADD COLUMN at_risk_at {kind} CONSTRAINT ck_ticket_at_risk_at CHECK ({rule})")
    ticket = sa.table(
        "ticket",
        sa.column("id", sa.Text),
        sa.column("created_at", MOMENT),
        sa.column("response_due_at", MOMENT),
        sa.column("at_risk_at", MOMENT),
        sa.column("response_sla", sa.Text),
        sa.column("status", sa.Text),
    )
    waiting = sa.select(ticket.c.id, ticket.c.created_at, ticket.c.response_due_at).where(
        ticket.c.response_sla == "PENDING", ticket.c.status == "OPEN"
    )
    for ticket_id, created_at, due_at in op.get_bind().execute(waiting).all():
        at_risk_at = created_at + (due_at - created_at) * 4 / 5
        op.execute(ticket.update().where(ticket.c.id == ticket_id).values(at_risk_at=at_risk_at))


def change_sla_terms() -> None:
    """SLA terms are valid from a month until later terms replace them."""
    with altered_table("sla_terms") as terms:
        terms.drop_constraint("uq_sla_terms_pod_id", type_="unique")
        terms.create_unique_constraint("uq_sla_terms_pod_id_effective_from", ["pod_id", "effective_from"])


def change_sla_report() -> None:
    """Reports become entities, created when they were published or, as drafts, at the start of their month."""
    op.add_column("sla_report", sa.Column("version", sa.Integer, nullable=True))
    op.add_column("sla_report", sa.Column("created_at", MOMENT, nullable=True))
    op.add_column("sla_report", sa.Column("updated_at", MOMENT, nullable=True))
    op.add_column("sla_report", sa.Column("defect_rate_percent", PERCENT, nullable=True))
    report = sa.table(
        "sla_report",
        sa.column("version", sa.Integer),
        sa.column("created_at", MOMENT),
        sa.column("updated_at", MOMENT),
        sa.column("published_at", MOMENT),
        sa.column("period", sa.Text),
    )
    for period in op.get_bind().scalars(sa.select(report.c.period).distinct()).all():
        began = datetime.strptime(period, "%Y-%m").replace(tzinfo=UTC)
        since = sa.func.coalesce(report.c.published_at, sa.literal(began, MOMENT))
        op.execute(
            report.update().where(report.c.period == period).values(version=1, created_at=since, updated_at=since)
        )
    with altered_table("sla_report") as reports:
        reports.alter_column("version", existing_type=sa.Integer(), nullable=False)
        reports.alter_column("created_at", existing_type=MOMENT, nullable=False)
        reports.alter_column("updated_at", existing_type=MOMENT, nullable=False)
        reports.create_check_constraint(op.f("ck_sla_report_defect_rate_percent"), "defect_rate_percent >= 0")


def change_deliverable_review() -> None:
    """Reviews have evidence; existing reviews have none."""
    op.add_column("deliverable_review", sa.Column("evidence", DOCUMENT, nullable=True))
    op.execute("UPDATE deliverable_review SET evidence = '[]'")
    with altered_table("deliverable_review") as reviews:
        reviews.alter_column("evidence", existing_type=DOCUMENT, nullable=False)


@contextmanager
def altered_table(table: str) -> Iterator[Any]:
    """Change constraints of a table, which SQLite cannot alter: there the table is copied.

    The rows are moved to a temporary table first. SQLite counts deferred foreign key violations by deleted and
    inserted rows; renaming a table with its rows would leave the count wrong.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        with op.batch_alter_table(table) as batch:
            yield batch
        return
    columns = ", ".join(f'"{column["name"]}"' for column in sa.inspect(connection).get_columns(table))
    op.execute(f"CREATE TEMPORARY TABLE set_aside AS SELECT {columns} FROM {table}")
    op.execute(f"DELETE FROM {table}")
    with op.batch_alter_table(table) as batch:
        yield batch
    op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM set_aside")
    op.execute("DROP TABLE set_aside")
