"""Checks that other slices share: subscriptions, currencies, and on whose behalf a caller acts."""

from typing import Any

from podgraph.accounts.repository import MEMBERSHIPS, ORGANIZATIONS, SUBSCRIPTIONS, USERS
from podgraph.accounts.rules import carries_new_work
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.roles import OPERATOR, ActorType
from podgraph.writes.transaction import WriteTransaction


async def require_active_subscription(
    write: WriteTransaction, subscription_id: str, organization_id: str, *path: str
) -> Any:
    """The organization's subscription; rejected if its status does not allow new work."""
    subscription = await write.get_owned(SUBSCRIPTIONS, subscription_id, organization_id, *path)
    if not carries_new_work(subscription.status):
        raise rejected(
            ErrorCode.SUBSCRIPTION_INACTIVE,
            f"{subscription_id} is {subscription.status}.",
            *path,
            hint="Activate the subscription first.",
        )
    return subscription


async def currency_of(write: WriteTransaction, organization_id: str, named: str | None, *path: str) -> str:
    """The organization's currency; rejected if the input names a different one."""
    own: str = (await write.get(ORGANIZATIONS, organization_id)).currency
    if named not in (None, own):
        raise rejected(ErrorCode.CURRENCY_MISMATCH, f"The currency of {organization_id} is {own}.", *path)
    return own


async def acting_user(write: WriteTransaction, user_id: str | None, organization_id: str, *path: str) -> str | None:
    """The user on whose behalf the caller acts: the caller by default.

    The account team and programs may act on behalf of members of the organization.
    """
    if user_id is None or user_id == write.user_id:
        return write.user_id
    caller = write.caller
    acts_for_others = caller.roles & OPERATOR or caller.actor.type == ActorType.API_KEY
    if acts_for_others and await _is_member(write, user_id, organization_id):
        return user_id
    raise rejected(
        ErrorCode.ACTOR_MISMATCH, f"You cannot act for {user_id}.", *path, hint="Omit it to act as yourself."
    )


async def _is_member(write: WriteTransaction, user_id: str, organization_id: str) -> bool:
    employed = await write.select(USERS, id=user_id, organization_id=organization_id)
    return bool(employed) or bool(await write.select(MEMBERSHIPS, user_id=user_id, organization_id=organization_id))
