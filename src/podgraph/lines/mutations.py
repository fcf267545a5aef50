"""The mutations of incidents and usage."""

import strawberry


@strawberry.type
class LinesMutation:
    pass
