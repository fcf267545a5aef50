"""Managed services: pods, their living scopes, SLAs and tickets."""
