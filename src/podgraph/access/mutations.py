"""The mutations of API tokens."""

from datetime import datetime

import strawberry

from podgraph.access import lifecycle, service
from podgraph.access.types import ApiToken
from podgraph.accounts.lifecycle import Role
from podgraph.api import inputs
from podgraph.api.describe import field
from podgraph.api.inputs import Listed, given
from podgraph.api.mutations import Input, Payload, mutation
from podgraph.execution.edges import one


@strawberry.type(description="The token that was created, and its secret.")
class CreateTokenPayload(Payload):
    token: ApiToken | None = one("token_id", "The token; null when it was refused.")
    secret: str | None = field(
        "Send it as Authorization: Bearer <secret>. It is shown this once, and not in a replay."
    )


@strawberry.type(description="The token that was revoked.")
class RevokeTokenPayload(Payload):
    token: ApiToken | None = one("token_id", "The token as it is now; null when it was refused.")


@strawberry.input(description="A token for a program.")
class CreateTokenInput(Input):
    organization_id: strawberry.ID = given("The organization that it opens: ORG-26-090500.", inputs.ID)
    name: str = given("What it is for: Nightly import.", inputs.TITLE)
    roles: list[Role] = given("What it may do there; nothing beyond your own roles.", Listed(10, least=1))
    expires_at: datetime | None = given("Until when, at most 366 days ahead; 90 unless told.", default=None)


@strawberry.input(description="Which token to take back.")
class RevokeTokenInput(Input):
    token_id: strawberry.ID = given("The token: TOK-26-000001.", inputs.ID)


@strawberry.type
class AccessMutation:
    create_token: CreateTokenPayload = mutation(
        service.create_token,
        CreateTokenInput,
        CreateTokenPayload,
        lifecycle.CREATE,
        "Create a token with which a program acts in an organization.",
        events=("token.created",),
    )
    revoke_token: RevokeTokenPayload = mutation(
        service.revoke_token,
        RevokeTokenInput,
        RevokeTokenPayload,
        lifecycle.REVOKE,
        "Take a token back, at once everywhere; what it follows ends.",
        events=("token.revoked",),
    )
