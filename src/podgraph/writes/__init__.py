"""Writes: the unit of work, ids, idempotency, and the event log that they append to."""
