"""Writes on outcome requests, scopes, cycles, deliverables and payments."""
