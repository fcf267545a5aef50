"""Who gets in: tokens for programs, and the audit trail of what was refused."""
