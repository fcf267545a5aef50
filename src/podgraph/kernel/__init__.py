"""Values and errors that all packages share: no I/O, no database, no GraphQL."""
