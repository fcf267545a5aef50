"""The mutations of outcome requests, scopes, cycles, deliverables and payments."""

import strawberry


@strawberry.type
class OdsMutation:
    pass
