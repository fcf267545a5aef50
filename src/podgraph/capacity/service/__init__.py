"""Services of capacity pools and allocations."""
