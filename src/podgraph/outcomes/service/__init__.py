"""Writes on outcome requests, scopes, cycles, deliverables and payments, and what the clock does to them."""

from podgraph.outcomes.service import delivery, payments

JOBS = (*delivery.JOBS, *payments.JOBS)
"""What the clock does to scopes."""
