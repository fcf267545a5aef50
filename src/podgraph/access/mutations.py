"""The mutations of API tokens."""

from datetime import datetime

import strawberry

from podgraph.access import lifecycle, service
from podgraph.access.types import ApiToken
from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.descriptions import field
from podgraph.graphql.inputs import ListOf, input_field
from podgraph.graphql.relationships import one
from podgraph.kernel.roles import Role


@strawberry.type(description="The token that was created, and its secret.")
class CreateTokenPayload(Payload):
    token: ApiToken | None = one("token_id", "The token; null when it was refused.")
    secret: str | None = field("Send it as Authorization: Bearer <secret>. It is shown this once, and not in a replay.")


@strawberry.type(description="The token that was revoked.")
class RevokeTokenPayload(Payload):
    token: ApiToken | None = one("token_id", "The token as it is now; null when it was refused.")


@strawberry.input(description="A token for a program.")
class CreateTokenInput(Input):
    organization_id: strawberry.ID = input_field("The organization that it opens: ORG-26-090500.", inputs.ID)
    name: str = input_field("What it is for: Nightly import.", inputs.TITLE)
    roles: list[Role] = input_field("What it may do there; nothing beyond your own roles.", ListOf(10, least=1))
    expires_at: datetime | None = input_field("Until when, at most 366 days ahead; 90 unless told.", default=None)


@strawberry.input(description="Which token to take back.")
class RevokeTokenInput(Input):
    token_id: strawberry.ID = input_field("The token: TOK-26-000001.", inputs.ID)


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
