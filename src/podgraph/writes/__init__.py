"""Writes: unit of work, ids, idempotency and the event log."""
