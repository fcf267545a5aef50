"""Mutations of users, memberships and invitations."""

import strawberry

from podgraph.accounts import lifecycle
from podgraph.accounts.rules import EMAIL
from podgraph.accounts.service import invitations, memberships, people
from podgraph.accounts.types import Invitation, Membership, User
from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.descriptions import field
from podgraph.graphql.inputs import ListOf, Text, input_field
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode
from podgraph.kernel.roles import SYSTEM, Role

SECRET = Text(100)


@strawberry.type(description="Result of a user mutation.")
class UserPayload(Payload):
    user: User | None = one("user_id", "The user after the mutation; unchanged if `userErrors` is not empty.")


@strawberry.type(description="Result of a membership mutation.")
class MembershipPayload(Payload):
    membership: Membership | None = one(
        "membership_id", "The membership after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.type(description="Result of `inviteUser`.")
class InviteUserPayload(Payload):
    invitation: Invitation | None = one(
        "invitation_id", "The invitation; after EMAIL_EXISTS, the pending one if there is one."
    )
    secret: str | None = field(
        "Secret with which the person accepts the invitation: pass it on, because no message is sent. It is returned"
        " only once, not in an idempotent replay."
    )


@strawberry.type(description="Result of `revokeInvitation`.")
class RevokeInvitationPayload(Payload):
    invitation: Invitation | None = one(
        "invitation_id", "The invitation after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.type(description="Result of `acceptInvitation`.")
class AcceptInvitationPayload(Payload):
    user: User | None = one("user_id", "The caller; null if `userErrors` is not empty.")
    organization_id: strawberry.ID | None = field(
        "Id of the organization, which is visible to the caller's next request; null if `userErrors` is not empty."
    )


@strawberry.input(description="A role that an invitation grants.")
class InvitationGrantInput:
    role: Role = input_field("Role, within the caller's own permissions.")
    workspace_id: strawberry.ID | None = input_field(
        "Workspace id, e.g. WS-26-000021. Required for WORKSPACE_ADMIN, MEMBER and VIEWER; omitted for other roles.",
        inputs.ID,
        default=None,
    )


@strawberry.input(description="Input for `inviteUser`.")
class InviteUserInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)
    email: str = input_field("Email address of the person, e.g. ana@acme.example.", EMAIL)
    name: str | None = input_field("Suggested name of the person.", inputs.TITLE, default=None)
    grants: list[InvitationGrantInput] = input_field("Roles of the person.", ListOf(20, least=1))


@strawberry.input(description="Input for `revokeInvitation`.")
class RevokeInvitationInput(Input):
    invitation_id: strawberry.ID = input_field("Invitation id, e.g. IVT-26-000001.", inputs.ID)


@strawberry.input(description="Input for `acceptInvitation`.")
class AcceptInvitationInput(Input):
    secret: str = input_field("Secret of the invitation.", SECRET)


@strawberry.input(description="Input for `renameUser`.")
class RenameUserInput(Input):
    user_id: strawberry.ID = input_field("User id, e.g. USR-26-000044.", inputs.ID)
    name: str = input_field("New name.", inputs.TITLE)


@strawberry.input(description="Input for `deactivateUser`.")
class DeactivateUserInput(Input):
    user_id: strawberry.ID = input_field("User id, e.g. USR-26-000044.", inputs.ID)


@strawberry.input(description="Input for `reactivateUser`.")
class ReactivateUserInput(Input):
    user_id: strawberry.ID = input_field("User id, e.g. USR-26-000044.", inputs.ID)


@strawberry.input(description="Input for `eraseUser`.")
class EraseUserInput(Input):
    user_id: strawberry.ID = input_field("User id, e.g. USR-26-000044.", inputs.ID)
    confirm: str = input_field("The user id again, as a confirmation: the erasure is irreversible.", inputs.ID)


@strawberry.input(description="Input for `grantRole`.")
class GrantRoleInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)
    user_id: strawberry.ID = input_field("User id, e.g. USR-26-000044.", inputs.ID)
    role: Role = input_field("Role, within the caller's own permissions.")
    workspace_id: strawberry.ID | None = input_field(
        "Workspace id, e.g. WS-26-000021. Required for WORKSPACE_ADMIN, MEMBER and VIEWER; omitted for other roles.",
        inputs.ID,
        default=None,
    )


@strawberry.input(description="Input for `revokeRole`.")
class RevokeRoleInput(Input):
    membership_id: strawberry.ID = input_field("Membership id, e.g. MEMB-26-000001.", inputs.ID)


@strawberry.type
class PeopleMutation:
    invite_user: InviteUserPayload = mutation(
        invitations.invite_user,
        InviteUserInput,
        InviteUserPayload,
        lifecycle.INVITE_USER,
        "Invite a person to an organization by email address. The invitation is valid for 14 days.",
        codes=(ErrorCode.EMAIL_EXISTS, ErrorCode.REQUIRED, ErrorCode.CROSS_TENANT_REFERENCE),
        events=("invitation.created", "invitation.expired"),
    )
    revoke_invitation: RevokeInvitationPayload = mutation(
        invitations.revoke_invitation,
        RevokeInvitationInput,
        RevokeInvitationPayload,
        lifecycle.REVOKE_INVITATION,
        "Revoke a pending invitation.",
        shows="invitation_id",
        events=("invitation.revoked",),
    )
    accept_invitation: AcceptInvitationPayload = mutation(
        invitations.accept_invitation,
        AcceptInvitationInput,
        AcceptInvitationPayload,
        frozenset(Role) - SYSTEM,
        "Accept an invitation as the signed-in user. New users send the secret and their name to"
        " `POST /invitations/accept`, without a token.",
        name="acceptInvitation",
        codes=(ErrorCode.INVITATION_INVALID,),
        events=("invitation.accepted", "membership.granted"),
    )
    rename_user: UserPayload = mutation(
        people.rename_user,
        RenameUserInput,
        UserPayload,
        lifecycle.RENAME_USER,
        "Change the name of a user: the caller's own, or that of another user as an administrator.",
        shows="user_id",
        events=("user.renamed",),
    )
    deactivate_user: UserPayload = mutation(
        people.deactivate_user,
        DeactivateUserInput,
        UserPayload,
        lifecycle.DEACTIVATE_USER,
        "Deactivate a user, who can no longer sign in. A warning counts the user's open work.",
        shows="user_id",
        codes=(ErrorCode.LAST_OWNER,),
        events=("user.deactivated",),
    )
    reactivate_user: UserPayload = mutation(
        people.reactivate_user,
        ReactivateUserInput,
        UserPayload,
        lifecycle.REACTIVATE_USER,
        "Reactivate a user, with the same roles as before.",
        shows="user_id",
        events=("user.reactivated",),
    )
    erase_user: UserPayload = mutation(
        people.erase_user,
        EraseUserInput,
        UserPayload,
        lifecycle.ERASE_USER,
        "Remove the name and email address of a user from the user, invitations, events and the audit log, and revoke"
        " all roles. Ids and figures stay. Irreversible.",
        shows="user_id",
        codes=(ErrorCode.LAST_OWNER,),
        events=("user.erased", "membership.revoked", "invitation.revoked"),
    )
    grant_role: MembershipPayload = mutation(
        memberships.grant_role,
        GrantRoleInput,
        MembershipPayload,
        lifecycle.GRANT_ROLE,
        "Grant a role in an organization or workspace to an existing user.",
        codes=(ErrorCode.REQUIRED, ErrorCode.CROSS_TENANT_REFERENCE, *lifecycle.GRANT_AGAIN.codes),
        events=("membership.granted",),
    )
    revoke_role: MembershipPayload = mutation(
        memberships.revoke_role,
        RevokeRoleInput,
        MembershipPayload,
        lifecycle.REVOKE_ROLE,
        "Revoke a role. The last owner of an organization cannot be removed.",
        shows="membership_id",
        codes=(ErrorCode.LAST_OWNER,),
        events=("membership.revoked",),
    )
