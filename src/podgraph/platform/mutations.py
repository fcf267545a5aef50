"""The mutations of the platform itself: its clock, its organizations and workspaces."""

import strawberry


@strawberry.type
class PlatformMutation:
    pass
