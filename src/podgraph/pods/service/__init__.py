"""Services of pods, their scopes, SLAs and tickets."""
