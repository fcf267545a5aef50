"""Mutations of API tokens."""

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


@strawberry.type(description="Result of `createToken`.")
class CreateTokenPayload(Payload):
    token: ApiToken | None = one("token_id", "The token; null if `userErrors` is not empty.")
    secret: str | None = field(
        "Secret, to be sent as `Authorization: Bearer <secret>`. It is returned only once, not in an idempotent replay."
    )


@strawberry.type(description="Result of `revokeToken`.")
class RevokeTokenPayload(Payload):
    token: ApiToken | None = one("token_id", "The token after the mutation; null if `userErrors` is not empty.")


@strawberry.input(description="Input for `createToken`.")
class CreateTokenInput(Input):
    organization_id: strawberry.ID = input_field(
        "Id of the organization to which the token grants access, e.g. ORG-26-090500.", inputs.ID
    )
    name: str = input_field("Name, e.g. Nightly import.", inputs.TITLE)
    roles: list[Role] = input_field(
        "Roles of the token; they must not exceed the caller's own permissions.", ListOf(10, least=1)
    )
    workspace_id: strawberry.ID | None = input_field(
        "Limits the token to a workspace, e.g. WS-26-000021; its roles must be WORKSPACE_ADMIN, MEMBER or VIEWER.",
        inputs.ID,
        default=None,
    )
    read_only: bool = input_field("Whether the token can only read: every mutation is rejected.", default=False)
    expires_at: datetime | None = input_field("Expiry, at most 366 days ahead. Default: 90 days.", default=None)


@strawberry.input(description="Input for `revokeToken`.")
class RevokeTokenInput(Input):
    token_id: strawberry.ID = input_field("API token id, e.g. TOK-26-000001.", inputs.ID)


@strawberry.type
class AccessMutation:
    create_token: CreateTokenPayload = mutation(
        service.create_token,
        CreateTokenInput,
        CreateTokenPayload,
        lifecycle.CREATE,
        "Create an API token with which a program accesses an organization.",
        events=("token.created",),
    )
    revoke_token: RevokeTokenPayload = mutation(
        service.revoke_token,
        RevokeTokenInput,
        RevokeTokenPayload,
        lifecycle.REVOKE,
        "Revoke an API token. It becomes invalid immediately, and its subscriptions end.",
        events=("token.revoked",),
    )
