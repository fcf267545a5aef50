"""The mutations of capacity pools and allocations."""

import strawberry


@strawberry.type
class CapacityMutation:
    pass
