"""API tokens, and the audit log of rejected and failed mutations."""
