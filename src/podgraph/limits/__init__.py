"""Limits of requests: cost, values, rates, persisted documents."""
