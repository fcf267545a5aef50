"""Names in alphabetical order, and other text compared byte by byte, whatever the locale of the database."""

import sqlalchemy as sa
from alembic import op

from podgraph.database.alphabet import create_sort_key_triggers
from podgraph.database.columns import Plain

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAMES = [("pod", "name"), ("project", "name"), ("talent", "title")]
INDEXED = ["pod", "talent"]


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        compare_byte_by_byte(connection)
    for table, column in NAMES:
        key = f"{column}_order"
        op.add_column(table, sa.Column(key, Plain, nullable=True))
        create_sort_key_triggers(connection, table, column, key)
        op.execute(f"UPDATE {table} SET {key} = alphabetical({column})")
        if table in INDEXED:
            op.create_index(None, table, ["organization_id", key])


def compare_byte_by_byte(connection: sa.Connection) -> None:
    """All text columns by table, so that the indexes of each table are rebuilt once."""
    found = sa.inspect(connection)
    for table in found.get_table_names():
        columns = [each["name"] for each in found.get_columns(table) if isinstance(each["type"], sa.Text)]
        if columns:
            changes = ", ".join(f'ALTER "{column}" TYPE text COLLATE "C"' for column in columns)
            op.execute(f'ALTER TABLE "{table}" {changes}')
