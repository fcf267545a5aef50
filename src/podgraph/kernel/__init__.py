"""Pure values that every slice speaks in: no clock, no database, no GraphQL."""
