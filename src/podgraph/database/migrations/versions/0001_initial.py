"""The tables of every slice.

Revision 0001, the first. Names that are not given come from the naming convention.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.columns import Exact

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = UTCDateTime()
MONEY = Exact(14, 2)
QUANTITY = Exact(18, 4)
PERCENT = Exact(7, 1)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def where(rule: str) -> dict[str, Any]:
    """The rows that an index is about, for both databases."""
    return {"sqlite_where": sa.text(rule), "postgresql_where": sa.text(rule)}


def upgrade() -> None:
    op.create_table(
        "id_counter",
        sa.Column("prefix", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
    )
    op.create_table(
        "commercial_subscription",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.CheckConstraint("status IN ('TRIALING', 'ACTIVE', 'PAST_DUE', 'CANCELLED')", name="status"),
        sa.UniqueConstraint("organization_id", "id"),
    )
    op.create_table(
        "event",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("actor_type", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("changes", DOCUMENT, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.CheckConstraint("actor_type IN ('USER', 'API_KEY', 'AGENT', 'SYSTEM')", name="actor_type"),
        sa.UniqueConstraint("organization_id", "sequence"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "organization_id", "occurred_at"),
        sa.Index(None, "organization_id", "type"),
        sa.Index(None, "subject_id", "sequence"),
    )
    op.create_table(
        "event_counter",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "project",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.UniqueConstraint("organization_id", "id"),
    )
    op.create_table(
        "talent",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=True),
        sa.Column("weekly_hours_limit", QUANTITY, nullable=False),
        sa.CheckConstraint("weekly_hours_limit > 0", name="weekly_hours_limit"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "organization_id", "title"),
    )
    op.create_table(
        "user",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=True),
        sa.UniqueConstraint("organization_id", "id"),
    )
    op.create_table(
        "workspace",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.UniqueConstraint("organization_id", "id"),
    )
    op.create_table(
        "capacity_pool",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("workspace_id", sa.Text, nullable=True),
        sa.Column("resource_type", sa.Text, nullable=False),
        sa.Column("total", QUANTITY, nullable=False),
        sa.Column("allocated", QUANTITY, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspace.organization_id", "workspace.id"]
        ),
        sa.CheckConstraint(
            "resource_type IN ('TALENT_HOURS', 'COMPUTE', 'STORAGE_GB', 'AGENT_CREDITS', 'INTELLIGENCE_UNITS')",
            name="resource_type",
        ),
        sa.CheckConstraint("period IN ('HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY')", name="period"),
        sa.CheckConstraint("0 <= allocated AND allocated <= total", name="allocated"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "organization_id", "resource_type"),
        sa.Index(None, "workspace_id"),
    )
    op.create_table(
        "capacity_request",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source_type", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("resource_type", sa.Text, nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.Column("needed_from", sa.Date, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspace.organization_id", "workspace.id"]
        ),
        sa.CheckConstraint("source_type IN ('POD', 'SCOPE', 'OUTCOME_REQUEST')", name="source_type"),
        sa.CheckConstraint(
            "resource_type IN ('TALENT_HOURS', 'COMPUTE', 'STORAGE_GB', 'AGENT_CREDITS', 'INTELLIGENCE_UNITS')",
            name="resource_type",
        ),
        sa.CheckConstraint("confidence IN ('requested', 'proposed', 'expected')", name="confidence"),
        sa.CheckConstraint("quantity >= 0", name="quantity"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(
            "uq_capacity_request_open", "source_type", "source_id", unique=True, **where("closed_at IS NULL")
        ),
        sa.Index(None, "workspace_id", "resource_type", "needed_from"),
    )
    op.create_table(
        "membership",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("user.id"), nullable=False),
        sa.Column("workspace_id", sa.Text, nullable=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspace.organization_id", "workspace.id"]
        ),
        sa.CheckConstraint(
            "role IN ('ORG_OWNER', 'ORG_ADMIN', 'BILLING', 'ORG_VIEWER', 'WORKSPACE_ADMIN', 'MEMBER', 'VIEWER', 'OPERATOR', 'DELIVERY', 'SYSTEM')",
            name="role",
        ),
        sa.UniqueConstraint("workspace_id", "user_id", "role"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(
            "uq_membership_in_organization",
            "organization_id",
            "user_id",
            "role",
            unique=True,
            **where("workspace_id IS NULL"),
        ),
        sa.Index(None, "organization_id", "user_id"),
        sa.Index(None, "user_id"),
    )
    op.create_table(
        "outcome_request",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("subscription_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("desired_outcome", sa.Text, nullable=False),
        sa.Column("acceptance_criteria", DOCUMENT, nullable=False),
        sa.Column("timeline_weeks", sa.Integer, nullable=True),
        sa.Column("budget_max", MONEY, nullable=True),
        sa.Column("currency", sa.Text, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("negotiation_reason", sa.Text, nullable=True),
        sa.Column("submitted_by", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspace.organization_id", "workspace.id"]
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subscription_id"],
            ["commercial_subscription.organization_id", "commercial_subscription.id"],
        ),
        sa.CheckConstraint(
            "status IN ('SCOPING', 'SCOPED', 'REQUIRES_NEGOTIATION', 'CANCELLED')", name="status"
        ),
        sa.CheckConstraint("(budget_max IS NULL) = (currency IS NULL)", name="budget_max_currency"),
        sa.CheckConstraint("budget_max > 0", name="budget_max"),
        sa.CheckConstraint("timeline_weeks BETWEEN 1 AND 52", name="timeline_weeks"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "organization_id", "status"),
        sa.Index(None, "submitted_by"),
        sa.Index(None, "subscription_id"),
        sa.Index(None, "workspace_id"),
    )
    op.create_table(
        "service_line",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("subscription_id", sa.Text, nullable=True),
        sa.Column("source_type", sa.Text, nullable=True),
        sa.Column("source_id", sa.Text, nullable=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("product_line", sa.Text, nullable=False),
        sa.Column("execution_model", sa.Text, nullable=False),
        sa.Column("billing_model", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("monthly_price", MONEY, nullable=True),
        sa.Column("currency", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspace.organization_id", "workspace.id"]
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subscription_id"],
            ["commercial_subscription.organization_id", "commercial_subscription.id"],
        ),
        sa.CheckConstraint(
            "product_line IN ('TALENT', 'MANAGED_SERVICES', 'ODS', 'INFRASTRUCTURE', 'INTELLIGENCE', 'AGENT_GATEWAY')",
            name="product_line",
        ),
        sa.CheckConstraint(
            "execution_model IN ('CAPACITY', 'ONGOING_SLA', 'TIMEBOXED_OUTCOME', 'INFRA_MANAGED', 'OBSERVABILITY', 'AGENT_RUNTIME')",
            name="execution_model",
        ),
        sa.CheckConstraint(
            "billing_model IN ('TIME_AND_MATERIALS', 'SUBSCRIPTION', 'FIXED_SCOPE', 'USAGE_PLUS_SUBSCRIPTION', 'USAGE')",
            name="billing_model",
        ),
        sa.CheckConstraint("status IN ('DRAFT', 'ACTIVE', 'PAUSED', 'CLOSED', 'TERMINATED')", name="status"),
        sa.CheckConstraint("(source_type IS NULL) = (source_id IS NULL)", name="source_type_source_id"),
        sa.CheckConstraint("(monthly_price IS NULL) = (currency IS NULL)", name="monthly_price_currency"),
        sa.CheckConstraint("monthly_price >= 0", name="monthly_price"),
        sa.CheckConstraint("ended_at >= started_at", name="ended_at"),
        sa.UniqueConstraint("source_type", "source_id"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "organization_id", "ended_at"),
        sa.Index(None, "organization_id", "execution_model"),
        sa.Index(None, "organization_id", "status"),
        sa.Index(None, "subscription_id"),
        sa.Index(None, "workspace_id"),
    )
    op.create_table(
        "allocation",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("capacity_pool_id", sa.Text, nullable=False),
        sa.Column("service_line_id", sa.Text, nullable=False),
        sa.Column("resource_type", sa.Text, nullable=False),
        sa.Column("committed_per_period", QUANTITY, nullable=False),
        sa.Column("committed_per_week", QUANTITY, nullable=False),
        sa.Column("charge", QUANTITY, nullable=False),
        sa.Column("actual_last_week", QUANTITY, nullable=True),
        sa.Column("utilisation_percent", PERCENT, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspace.organization_id", "workspace.id"]
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "capacity_pool_id"], ["capacity_pool.organization_id", "capacity_pool.id"]
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_line_id"], ["service_line.organization_id", "service_line.id"]
        ),
        sa.CheckConstraint(
            "resource_type IN ('TALENT_HOURS', 'COMPUTE', 'STORAGE_GB', 'AGENT_CREDITS', 'INTELLIGENCE_UNITS')",
            name="resource_type",
        ),
        sa.CheckConstraint("status IN ('ACTIVE', 'PAUSED', 'CLOSED')", name="status"),
        sa.CheckConstraint("origin IN ('activation', 'extra')", name="origin"),
        sa.CheckConstraint("committed_per_period >= 0 AND committed_per_week >= 0", name="committed"),
        sa.CheckConstraint("charge >= 0", name="charge"),
        sa.CheckConstraint(
            "status = 'CLOSED' OR (charge > 0 AND charge >= committed_per_period)", name="charge_while_open"
        ),
        sa.CheckConstraint("actual_last_week >= 0", name="actual_last_week"),
        sa.CheckConstraint("ended_at >= started_at", name="ended_at"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(
            "uq_allocation_activation", "service_line_id", unique=True, **where("origin = 'activation'")
        ),
        sa.Index(None, "capacity_pool_id", "status"),
        sa.Index(None, "organization_id", "committed_per_week"),
        sa.Index(None, "organization_id", "created_at"),
        sa.Index(None, "organization_id", "ends_at"),
        sa.Index(None, "organization_id", "resource_type"),
        sa.Index(None, "organization_id", "status"),
        sa.Index(None, "organization_id", "utilisation_percent"),
        sa.Index(None, "service_line_id", "status"),
        sa.Index(None, "workspace_id", "status"),
    )
    op.create_table(
        "outcome_request_project",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("outcome_request_id", sa.Text, primary_key=True),
        sa.Column("project_id", sa.Text, primary_key=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "outcome_request_id"],
            ["outcome_request.organization_id", "outcome_request.id"],
        ),
        sa.ForeignKeyConstraint(["organization_id", "project_id"], ["project.organization_id", "project.id"]),
        sa.Index(None, "project_id"),
    )
    op.create_table(
        "pod",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("subscription_id", sa.Text, nullable=False),
        sa.Column("service_line_id", sa.Text, nullable=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("delivery_model", sa.Text, nullable=False),
        sa.Column("required_capabilities", DOCUMENT, nullable=False),
        sa.Column("requested_team_size", sa.Integer, nullable=False),
        sa.Column("team_size", sa.Integer, nullable=False),
        sa.Column("start_date", sa.Date, nullable=True),
        sa.Column("duration_months", sa.Integer, nullable=False),
        sa.Column("auto_complete", sa.Boolean, nullable=False),
        sa.Column("cost_per_month", MONEY, nullable=True),
        sa.Column("currency", sa.Text, nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("renews_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspace.organization_id", "workspace.id"]
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "subscription_id"],
            ["commercial_subscription.organization_id", "commercial_subscription.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_line_id"], ["service_line.organization_id", "service_line.id"]
        ),
        sa.CheckConstraint(
            "status IN ('SCOPING', 'ACTIVE', 'PAUSED', 'COMPLETED', 'CANCELLED')", name="status"
        ),
        sa.CheckConstraint(
            "delivery_model IN ('MANAGED_DELIVERY', 'DEDICATED_TEAM', 'STAFF_AUGMENTATION')",
            name="delivery_model",
        ),
        sa.CheckConstraint("(cost_per_month IS NULL) = (currency IS NULL)", name="cost_per_month_currency"),
        sa.CheckConstraint("requested_team_size BETWEEN 1 AND 100", name="requested_team_size"),
        sa.CheckConstraint("team_size >= 0", name="team_size"),
        sa.CheckConstraint("duration_months BETWEEN 1 AND 60", name="duration_months"),
        sa.CheckConstraint("cost_per_month > 0", name="cost_per_month"),
        sa.CheckConstraint("renews_at > started_at", name="renews_at"),
        sa.CheckConstraint("ended_at >= started_at", name="ended_at"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.UniqueConstraint("service_line_id"),
        sa.Index(None, "organization_id", "cost_per_month"),
        sa.Index(None, "organization_id", "created_at"),
        sa.Index(None, "organization_id", "delivery_model"),
        sa.Index(None, "organization_id", "name"),
        sa.Index(None, "organization_id", "renews_at"),
        sa.Index(None, "organization_id", "status"),
        sa.Index(None, "subscription_id"),
        sa.Index(None, "workspace_id", "status"),
    )
    op.create_table(
        "scope",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("workspace_id", sa.Text, nullable=False),
        sa.Column("service_line_id", sa.Text, nullable=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("decline_reason", sa.Text, nullable=True),
        sa.Column("timeline_weeks", sa.Integer, nullable=False),
        sa.Column("fixed_price", MONEY, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("payment_schedule", DOCUMENT, nullable=False),
        sa.Column("capacity_pool_id", sa.Text, nullable=False),
        sa.Column("committed_per_week", QUANTITY, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("accepted_by", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.Column("open_count", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "request_id"], ["outcome_request.organization_id", "outcome_request.id"]
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspace.organization_id", "workspace.id"]
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_line_id"], ["service_line.organization_id", "service_line.id"]
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "capacity_pool_id"], ["capacity_pool.organization_id", "capacity_pool.id"]
        ),
        sa.CheckConstraint(
            "status IN ('PENDING_CONFIRMATION', 'ACTIVE', 'COMPLETED', 'CANCELLED')", name="status"
        ),
        sa.CheckConstraint("timeline_weeks > 0", name="timeline_weeks"),
        sa.CheckConstraint("fixed_price > 0", name="fixed_price"),
        sa.CheckConstraint("committed_per_week > 0", name="committed_per_week"),
        sa.CheckConstraint("open_count >= 0", name="open_count"),
        sa.CheckConstraint("completed_at >= confirmed_at", name="completed_at"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.UniqueConstraint("service_line_id"),
        sa.Index("uq_scope_not_cancelled", "request_id", unique=True, **where("status <> 'CANCELLED'")),
        sa.Index(None, "accepted_by"),
        sa.Index(None, "capacity_pool_id"),
        sa.Index(None, "organization_id", "status"),
        sa.Index(None, "request_id"),
        sa.Index(None, "workspace_id"),
    )
    op.create_table(
        "service_line_project",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("service_line_id", sa.Text, primary_key=True),
        sa.Column("project_id", sa.Text, primary_key=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_line_id"], ["service_line.organization_id", "service_line.id"]
        ),
        sa.ForeignKeyConstraint(["organization_id", "project_id"], ["project.organization_id", "project.id"]),
        sa.Index(None, "project_id"),
    )
    op.create_table(
        "usage_record",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("service_line_id", sa.Text, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("cost", MONEY, nullable=True),
        sa.Column("currency", sa.Text, nullable=True),
        sa.Column("occurred_on", sa.Date, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_line_id"], ["service_line.organization_id", "service_line.id"]
        ),
        sa.CheckConstraint("(cost IS NULL) = (currency IS NULL)", name="cost_currency"),
        sa.CheckConstraint("quantity >= 0", name="quantity"),
        sa.CheckConstraint("cost >= 0", name="cost"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "service_line_id", "occurred_on"),
    )
    op.create_table(
        "allocation_actual",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("allocation_id", sa.Text, primary_key=True),
        sa.Column("week_start", sa.Date, primary_key=True),
        sa.Column("actual", QUANTITY, nullable=False),
        sa.Column("committed", QUANTITY, nullable=False),
        sa.Column("utilisation_percent", PERCENT, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "allocation_id"], ["allocation.organization_id", "allocation.id"]
        ),
        sa.CheckConstraint("actual >= 0", name="actual"),
        sa.CheckConstraint("committed >= 0", name="committed"),
    )
    op.create_table(
        "allocation_change",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("allocation_id", sa.Text, nullable=False),
        sa.Column("committed_per_period", QUANTITY, nullable=True),
        sa.Column("committed_per_week", QUANTITY, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("resources", DOCUMENT, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("effective_at", MOMENT, nullable=False),
        sa.Column("requested_by", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "allocation_id"], ["allocation.organization_id", "allocation.id"]
        ),
        sa.CheckConstraint(
            "(committed_per_period IS NULL) = (committed_per_week IS NULL)",
            name="committed_per_period_committed_per_week",
        ),
        sa.CheckConstraint("committed_per_period > 0 AND committed_per_week > 0", name="committed"),
        sa.CheckConstraint("applied_at IS NULL OR cancelled_at IS NULL", name="settled_once"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "allocation_id", "effective_at"),
        sa.Index(None, "effective_at", **where("applied_at IS NULL AND cancelled_at IS NULL")),
        sa.Index(None, "requested_by"),
    )
    op.create_table(
        "allocation_resource",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("allocation_id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("talent_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("committed_hours_per_week", QUANTITY, nullable=False),
        sa.Column("replaced_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "allocation_id"], ["allocation.organization_id", "allocation.id"]
        ),
        sa.ForeignKeyConstraint(["organization_id", "talent_id"], ["talent.organization_id", "talent.id"]),
        sa.CheckConstraint("type IN ('talent')", name="type"),
        sa.CheckConstraint("committed_hours_per_week >= 0", name="committed_hours_per_week"),
        sa.Index(None, "talent_id"),
    )
    op.create_table(
        "cycle",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("scope_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Text, nullable=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("planned_start", sa.Date, nullable=False),
        sa.Column("planned_end", sa.Date, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.Column("extra_cost", MONEY, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["organization_id", "scope_id"], ["scope.organization_id", "scope.id"]),
        sa.ForeignKeyConstraint(["organization_id", "parent_id"], ["cycle.organization_id", "cycle.id"]),
        sa.CheckConstraint("kind IN ('DELIVERY', 'REMEDIATION')", name="kind"),
        sa.CheckConstraint(
            "status IN ('PLANNED', 'IN_PROGRESS', 'IN_REVIEW', 'COMPLETED', 'CANCELLED')", name="status"
        ),
        sa.CheckConstraint("(kind = 'REMEDIATION') = (parent_id IS NOT NULL)", name="parent_id"),
        sa.CheckConstraint("sequence >= 1", name="sequence"),
        sa.CheckConstraint("planned_end >= planned_start", name="planned_end"),
        sa.CheckConstraint("completed_at >= started_at", name="completed_at"),
        sa.CheckConstraint("extra_cost >= 0", name="extra_cost"),
        sa.UniqueConstraint("scope_id", "sequence"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(
            "uq_cycle_remediation_open",
            "parent_id",
            unique=True,
            **where("kind = 'REMEDIATION' AND status = 'PLANNED'"),
        ),
        sa.Index(None, "parent_id"),
    )
    op.create_table(
        "payment",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("scope_id", sa.Text, nullable=False),
        sa.Column("service_line_id", sa.Text, nullable=True),
        sa.Column("milestone", sa.Text, nullable=False),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("percent", PERCENT, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("reference", sa.Text, nullable=True),
        sa.Column("overdue_notified_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["organization_id", "scope_id"], ["scope.organization_id", "scope.id"]),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_line_id"], ["service_line.organization_id", "service_line.id"]
        ),
        sa.CheckConstraint(
            "trigger IN ('SCOPE_CONFIRMED', 'CYCLE_ACCEPTED', 'FINAL_ACCEPTANCE')", name="trigger"
        ),
        sa.CheckConstraint("status IN ('SCHEDULED', 'DUE', 'PAID', 'VOID')", name="status"),
        sa.CheckConstraint("amount >= 0", name="amount"),
        sa.CheckConstraint("percent >= 0", name="percent"),
        sa.CheckConstraint("status NOT IN ('DUE', 'PAID') OR due_at IS NOT NULL", name="due_at"),
        sa.CheckConstraint("(status = 'PAID') = (paid_at IS NOT NULL)", name="paid_at"),
        sa.UniqueConstraint("scope_id", "milestone"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "organization_id", "due_at"),
        sa.Index(None, "organization_id", "paid_at"),
        sa.Index(None, "organization_id", "status"),
        sa.Index(None, "service_line_id"),
    )
    op.create_table(
        "pod_member",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("pod_id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("talent_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["organization_id", "pod_id"], ["pod.organization_id", "pod.id"]),
        sa.ForeignKeyConstraint(["organization_id", "talent_id"], ["talent.organization_id", "talent.id"]),
        sa.CheckConstraint("left_at >= joined_at", name="left_at"),
        sa.Index("uq_pod_member_active", "pod_id", "talent_id", unique=True, **where("left_at IS NULL")),
        sa.Index(None, "talent_id"),
    )
    op.create_table(
        "pod_project",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("pod_id", sa.Text, primary_key=True),
        sa.Column("project_id", sa.Text, primary_key=True),
        sa.ForeignKeyConstraint(["organization_id", "pod_id"], ["pod.organization_id", "pod.id"]),
        sa.ForeignKeyConstraint(["organization_id", "project_id"], ["project.organization_id", "project.id"]),
        sa.Index(None, "project_id"),
    )
    op.create_table(
        "pod_proposal",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("pod_id", sa.Text, primary_key=True),
        sa.Column("team", DOCUMENT, nullable=False),
        sa.Column("sla", DOCUMENT, nullable=False),
        sa.Column("cost_per_month", MONEY, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("committed_per_week", QUANTITY, nullable=False),
        sa.Column("capacity_pool_id", sa.Text, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("proposed_by", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["organization_id", "pod_id"], ["pod.organization_id", "pod.id"]),
        sa.ForeignKeyConstraint(
            ["organization_id", "capacity_pool_id"], ["capacity_pool.organization_id", "capacity_pool.id"]
        ),
        sa.CheckConstraint("cost_per_month > 0", name="cost_per_month"),
        sa.CheckConstraint("committed_per_week > 0", name="committed_per_week"),
        sa.CheckConstraint("expires_at > proposed_at", name="expires_at"),
        sa.Index(None, "capacity_pool_id"),
        sa.Index(None, "proposed_by"),
    )
    op.create_table(
        "pod_scope",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("pod_id", sa.Text, nullable=False),
        sa.Column("current_number", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["organization_id", "pod_id"], ["pod.organization_id", "pod.id"]),
        sa.CheckConstraint("current_number >= 1", name="current_number"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.UniqueConstraint("pod_id"),
    )
    op.create_table(
        "sla_terms",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("pod_id", sa.Text, nullable=False),
        sa.Column("throughput_tasks_per_sprint", sa.Integer, nullable=False),
        sa.Column("sprint_length_days", sa.Integer, nullable=False),
        sa.Column("response_time_hours", QUANTITY, nullable=False),
        sa.Column("availability_hours_per_week", QUANTITY, nullable=False),
        sa.Column("quality_gate_percent", PERCENT, nullable=False),
        sa.Column("max_defect_rate_percent", PERCENT, nullable=True),
        sa.Column("tolerances", DOCUMENT, nullable=False),
        sa.Column("weights", DOCUMENT, nullable=False),
        sa.Column("effective_from", sa.Text, nullable=False),
        sa.Column("current_compliance", PERCENT, nullable=True),
        sa.ForeignKeyConstraint(["organization_id", "pod_id"], ["pod.organization_id", "pod.id"]),
        sa.CheckConstraint("throughput_tasks_per_sprint > 0", name="throughput_tasks_per_sprint"),
        sa.CheckConstraint("sprint_length_days > 0", name="sprint_length_days"),
        sa.CheckConstraint("response_time_hours > 0", name="response_time_hours"),
        sa.CheckConstraint("availability_hours_per_week > 0", name="availability_hours_per_week"),
        sa.CheckConstraint("quality_gate_percent > 0", name="quality_gate_percent"),
        sa.CheckConstraint("max_defect_rate_percent >= 0", name="max_defect_rate_percent"),
        sa.CheckConstraint("effective_from LIKE '____-__'", name="effective_from"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.UniqueConstraint("pod_id"),
    )
    op.create_table(
        "ticket",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("pod_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("submitted_by", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.Column("response_due_at", MOMENT, nullable=False),
        sa.Column("responded_at", MOMENT, nullable=True),
        sa.Column("response_seconds", sa.Integer, nullable=True),
        sa.Column("response_sla", sa.Text, nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("escalated_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["organization_id", "pod_id"], ["pod.organization_id", "pod.id"]),
        sa.CheckConstraint("type IN ('PRIORITY_ITEM', 'REQUEST', 'ISSUE', 'ESCALATION')", name="type"),
        sa.CheckConstraint("priority IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT')", name="priority"),
        sa.CheckConstraint("status IN ('OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED')", name="status"),
        sa.CheckConstraint("response_sla IN ('PENDING', 'MET', 'BREACHED')", name="response_sla"),
        sa.CheckConstraint(
            "(responded_at IS NULL) = (response_seconds IS NULL)", name="responded_at_response_seconds"
        ),
        sa.CheckConstraint("response_seconds >= 0", name="response_seconds"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "organization_id", "created_at"),
        sa.Index(None, "organization_id", "priority"),
        sa.Index(None, "organization_id", "response_sla"),
        sa.Index(None, "organization_id", "status"),
        sa.Index(None, "organization_id", "type"),
        sa.Index(None, "pod_id", "created_at"),
        sa.Index(None, "pod_id", "response_due_at"),
        sa.Index(None, "response_due_at", **where("response_sla = 'PENDING'")),
        sa.Index(None, "submitted_by"),
    )
    op.create_table(
        "deliverable",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("scope_id", sa.Text, nullable=False),
        sa.Column("cycle_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("acceptance_criteria", DOCUMENT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("ready_at", MOMENT, nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["organization_id", "scope_id"], ["scope.organization_id", "scope.id"]),
        sa.ForeignKeyConstraint(["organization_id", "cycle_id"], ["cycle.organization_id", "cycle.id"]),
        sa.CheckConstraint(
            "status IN ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'READY_FOR_ACCEPTANCE', 'ACCEPTED', 'REJECTED', 'CANCELLED')",
            name="status",
        ),
        sa.CheckConstraint("attempt >= 1", name="attempt"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "cycle_id"),
        sa.Index(None, "organization_id", "created_at"),
        sa.Index(None, "organization_id", "ready_at"),
        sa.Index(None, "organization_id", "status", "ready_at"),
        sa.Index(None, "organization_id", "submitted_at"),
        sa.Index(None, "scope_id", "status"),
    )
    op.create_table(
        "pod_scope_revision",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("pod_scope_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("items", DOCUMENT, nullable=False),
        sa.Column("change_note", sa.Text, nullable=True),
        sa.Column("author_id", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "pod_scope_id"], ["pod_scope.organization_id", "pod_scope.id"]
        ),
        sa.CheckConstraint("number >= 1", name="number"),
        sa.Index(None, "author_id"),
    )
    op.create_table(
        "sla_report",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("pod_id", sa.Text, nullable=False),
        sa.Column("sla_terms_id", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("compliance_percent", PERCENT, nullable=True),
        sa.Column("compliance_formula", sa.Text, nullable=True),
        sa.Column("breached", DOCUMENT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["organization_id", "pod_id"], ["pod.organization_id", "pod.id"]),
        sa.ForeignKeyConstraint(
            ["organization_id", "sla_terms_id"], ["sla_terms.organization_id", "sla_terms.id"]
        ),
        sa.CheckConstraint("status IN ('DRAFT', 'PUBLISHED')", name="status"),
        sa.CheckConstraint("period LIKE '____-__'", name="period"),
        sa.CheckConstraint("(status = 'PUBLISHED') = (published_at IS NOT NULL)", name="published_at"),
        sa.UniqueConstraint("pod_id", "period"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "organization_id", "period"),
        sa.Index(None, "sla_terms_id"),
    )
    op.create_table(
        "ticket_comment",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ticket_id", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["organization_id", "ticket_id"], ["ticket.organization_id", "ticket.id"]),
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index(None, "author_id"),
        sa.Index(None, "ticket_id", "created_at"),
    )
    op.create_table(
        "deliverable_cycle",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("deliverable_id", sa.Text, primary_key=True),
        sa.Column("cycle_id", sa.Text, primary_key=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "deliverable_id"], ["deliverable.organization_id", "deliverable.id"]
        ),
        sa.ForeignKeyConstraint(["organization_id", "cycle_id"], ["cycle.organization_id", "cycle.id"]),
        sa.Index(None, "cycle_id"),
    )
    op.create_table(
        "deliverable_review",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("deliverable_id", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("reviewer_id", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.Column("notes", sa.Text, nullable=True),
        sa.Column("rejection_reason", sa.Text, nullable=True),
        sa.Column("unmet_criteria", DOCUMENT, nullable=False),
        sa.Column("reviewed_at", MOMENT, nullable=False),
        sa.Column("remediation_cycle_id", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "deliverable_id"], ["deliverable.organization_id", "deliverable.id"]
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "remediation_cycle_id"], ["cycle.organization_id", "cycle.id"]
        ),
        sa.CheckConstraint("attempt >= 1", name="attempt"),
        sa.CheckConstraint("accepted = (rejection_reason IS NULL)", name="rejection_reason"),
        sa.Index(None, "remediation_cycle_id"),
        sa.Index(None, "reviewer_id"),
    )
    op.create_table(
        "deliverable_submission",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("deliverable_id", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("submitted_by", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.Column("evidence", DOCUMENT, nullable=False),
        sa.Column("notes", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "deliverable_id"], ["deliverable.organization_id", "deliverable.id"]
        ),
        sa.CheckConstraint("attempt >= 1", name="attempt"),
        sa.Index(None, "submitted_by"),
    )
    op.create_table(
        "incident",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("service_line_id", sa.Text, nullable=False),
        sa.Column("pod_id", sa.Text, nullable=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("suspected", sa.Boolean, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("raised_by", sa.Text, sa.ForeignKey("user.id"), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("resolution", sa.Text, nullable=True),
        sa.Column("sla_report_id", sa.Text, nullable=True),
        sa.Column("sla_metric", sa.Text, nullable=True),
        sa.Column("ticket_id", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "service_line_id"], ["service_line.organization_id", "service_line.id"]
        ),
        sa.ForeignKeyConstraint(["organization_id", "pod_id"], ["pod.organization_id", "pod.id"]),
        sa.ForeignKeyConstraint(
            ["organization_id", "sla_report_id"], ["sla_report.organization_id", "sla_report.id"]
        ),
        sa.ForeignKeyConstraint(["organization_id", "ticket_id"], ["ticket.organization_id", "ticket.id"]),
        sa.CheckConstraint(
            "type IN ('SLA_BREACH', 'DELIVERY_FAILURE', 'DELIVERY_BLOCKER', 'CAPACITY_GAP')", name="type"
        ),
        sa.CheckConstraint("severity IN ('P1', 'P2', 'P3', 'P4')", name="severity"),
        sa.CheckConstraint("status IN ('OPEN', 'ACKNOWLEDGED', 'RESOLVED')", name="status"),
        sa.CheckConstraint("(sla_report_id IS NULL) = (sla_metric IS NULL)", name="sla_report_id_sla_metric"),
        sa.CheckConstraint("acknowledged_at >= opened_at", name="acknowledged_at"),
        sa.CheckConstraint("resolved_at >= opened_at", name="resolved_at"),
        sa.UniqueConstraint("sla_report_id", "sla_metric"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.UniqueConstraint("ticket_id"),
        sa.Index(None, "organization_id", "opened_at"),
        sa.Index(None, "organization_id", "severity"),
        sa.Index(None, "organization_id", "status"),
        sa.Index(None, "organization_id", "type"),
        sa.Index(None, "pod_id", "opened_at"),
        sa.Index(None, "raised_by"),
        sa.Index(None, "service_line_id", "opened_at"),
    )
    op.create_table(
        "sla_metric_result",
        sa.Column("organization_id", sa.Text, sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("sla_report_id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("target", QUANTITY, nullable=False),
        sa.Column("actual", QUANTITY, nullable=True),
        sa.Column("attainment_percent", PERCENT, nullable=True),
        sa.Column("tolerance_percent", PERCENT, nullable=False),
        sa.Column("weight_percent", PERCENT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "sla_report_id"], ["sla_report.organization_id", "sla_report.id"]
        ),
        sa.CheckConstraint(
            "metric IN ('THROUGHPUT', 'RESPONSE_TIME', 'QUALITY_GATE', 'AVAILABILITY')", name="metric"
        ),
        sa.CheckConstraint("status IN ('MET', 'BREACHED', 'NOT_MEASURED')", name="status"),
        sa.UniqueConstraint("sla_report_id", "metric"),
    )
