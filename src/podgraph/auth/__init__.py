"""Authentication: tokens, key sets and viewers."""
