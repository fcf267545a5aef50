"""Capacity pools, the allocations drawn from them, and the demand that is still to come."""
