"""Writes on pods, their scopes, SLAs and tickets."""
