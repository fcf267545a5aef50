"""Alembic environment: runs the migrations on the given connection."""

from alembic import context

from podgraph.tables import metadata

# SQLite cannot alter a constraint: batch mode copies the table instead.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)

with context.begin_transaction():
    context.run_migrations()
