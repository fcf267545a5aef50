"""Service functions of accounts."""
