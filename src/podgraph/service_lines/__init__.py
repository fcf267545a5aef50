"""Service lines: the execution contracts, their usage, health and incidents."""
