"""Writes on pods: SLA terms and reports."""
