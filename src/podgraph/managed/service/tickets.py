"""Writes on tickets, whose first response has a clock."""
