"""Observability: traces, spans, metrics and logs."""
