"""The database: columns, engine, snapshots, relations, identities and migrations."""
