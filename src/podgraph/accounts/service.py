"""Writes of accounts: organizations, workspaces, and the checks that depend on them."""

import re
from typing import Any

from podgraph.accounts import lifecycle
from podgraph.accounts.repository import MEMBERSHIPS, ORGANIZATIONS, SUBSCRIPTIONS, USERS, WORKSPACES
from podgraph.accounts.rules import carries_new_work
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.roles import OPERATOR, ActorType
from podgraph.writes.transaction import WriteTransaction

_CURRENCY = re.compile(r"[A-Z]{3}")


async def create_organization(write: WriteTransaction, *, name: str, currency: str) -> None:
    """A new client, with the one currency of its money."""
    write.authorize(lifecycle.CREATE_ORGANIZATION)
    if not _CURRENCY.fullmatch(currency):
        raise rejected(ErrorCode.INVALID, "A currency is three capital letters: USD.", "currency")
    organization_id = (await write.issue(ORG=1))["ORG"][0]
    told = {"id": organization_id, "name": name, "currency": currency}
    await write.create(ORGANIZATIONS, "organization.created", **told)
    # The counter of its events, which comes before all that waits, refers to it.
    await write.flush()
    write.return_ids(organization_id=organization_id)


async def create_workspace(write: WriteTransaction, *, organization_id: str, name: str) -> None:
    """A new part of an organization that work is ordered in."""
    organization = await write.get(ORGANIZATIONS, organization_id, "organizationId")
    write.authorize(lifecycle.CREATE_WORKSPACE)
    workspace_id = (await write.issue(WS=1))["WS"][0]
    told = {"id": workspace_id, "organization_id": organization.id, "name": name}
    await write.create(WORKSPACES, "workspace.created", **told)
    write.return_ids(workspace_id=workspace_id)


async def require_active_subscription(
    write: WriteTransaction, subscription_id: str, organization_id: str, *path: str
) -> Any:
    """A subscription of this organization that new work may begin under."""
    subscription = await write.get_owned(SUBSCRIPTIONS, subscription_id, organization_id, *path)
    if not carries_new_work(subscription.status):
        raise rejected(
            ErrorCode.SUBSCRIPTION_INACTIVE,
            f"{subscription_id} is {subscription.status}.",
            *path,
            hint="Have the subscription settled first.",
        )
    return subscription


async def currency_of(write: WriteTransaction, organization_id: str, named: str | None, *path: str) -> str:
    """The one currency of an organization, which an input may name and must not contradict."""
    own: str = (await write.get(ORGANIZATIONS, organization_id)).currency
    if named not in (None, own):
        raise rejected(ErrorCode.CURRENCY_MISMATCH, f"Amounts of {organization_id} are in {own}.", *path)
    return own


async def acting_user(write: WriteTransaction, user_id: str | None, organization_id: str, *path: str) -> str | None:
    """The person that a record names as the one who acted.

    It is the caller, unless the account team or a program acts for a member of the organization.
    """
    if user_id is None or user_id == write.user_id:
        return write.user_id
    caller = write.caller
    acts_for_others = caller.roles & OPERATOR or caller.actor.type == ActorType.API_KEY
    if acts_for_others and await _is_member(write, user_id, organization_id):
        return user_id
    raise rejected(ErrorCode.ACTOR_MISMATCH, f"You are not {user_id}.", *path, hint="Leave it out: it is you.")


async def _is_member(write: WriteTransaction, user_id: str, organization_id: str) -> bool:
    employed = await write.select(USERS, id=user_id, organization_id=organization_id)
    return bool(employed) or bool(await write.select(MEMBERSHIPS, user_id=user_id, organization_id=organization_id))
