"""What alembic runs: the migrations, on the connection that it is handed."""

from alembic import context

from podgraph.tables import metadata

# SQLite can not alter a constraint: there, a later revision copies the table instead.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)

with context.begin_transaction():
    context.run_migrations()
