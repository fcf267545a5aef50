"""Authentication: tokens, key sets, and who a request is made by."""
