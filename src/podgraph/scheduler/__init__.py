"""The scheduler: runs due jobs."""
