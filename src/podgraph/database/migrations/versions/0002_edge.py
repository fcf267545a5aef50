"""Tables shared by all processes: rate limit buckets and persisted documents."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_limit",
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("points", sa.Float, nullable=False),
        sa.Column("filled_at", UTCDateTime(), nullable=False),
        sa.Column("given", sa.Boolean, nullable=False),
    )
    op.create_table(
        "trusted_document",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
    )
