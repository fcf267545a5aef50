"""Service functions and jobs of outcome requests, scopes, cycles, deliverables and payments."""

from podgraph.outcomes.service import delivery, payments

JOBS = (*delivery.JOBS, *payments.JOBS)
"""Scheduled jobs of outcomes."""
