"""Execution: operations run level by level, with one load per relationship and level."""
