"""The database: columns, engine, connections, snapshots, read models and migrations."""
