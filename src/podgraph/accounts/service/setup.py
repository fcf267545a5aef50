"""Setting up an organization in which people can work: with its first workspace, owner and subscription."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, bindparam

from podgraph.accounts import models
from podgraph.accounts.lifecycle import MembershipStatus
from podgraph.accounts.repository import MEMBERSHIPS, USERS
from podgraph.accounts.rules import email_key
from podgraph.accounts.service import organizations, subscriptions
from podgraph.accounts.service.checks import select_everywhere
from podgraph.accounts.service.invitations import create_user
from podgraph.accounts.service.memberships import grant
from podgraph.auth.viewer import Actor, Caller, Grants
from podgraph.database.model import table_of
from podgraph.kernel.roles import OPERATOR, SYSTEM, ActorType, Role
from podgraph.writes.transaction import WriteTransaction

INSTALLER = Caller(Actor(ActorType.SYSTEM, "SYSTEM", None), Grants(SYSTEM | OPERATOR))
"""The command line of the server's administrator."""

_USER = table_of(models.User)
_MEMBERSHIP = table_of(models.Membership)
_OPERATES = and_(_MEMBERSHIP.c.role == bindparam("role"), _MEMBERSHIP.c.status == str(MembershipStatus.ACTIVE))


async def set_up(
    write: WriteTransaction,
    *,
    name: str,
    currency: str,
    workspace: str,
    owner: str,
    owner_name: str,
    operator: str | None = None,
) -> Mapping[str, str]:
    """Create an organization that is ready to order work; returns the ids by what they are of.

    `owner` and `operator` are email addresses. Without an operator, the owner is the operator of a server that
    has none.
    """
    await organizations.create_organization(write, name=name, currency=currency)
    organization_id = str(write.result.ids["organization_id"])
    await organizations.create_workspace(write, organization_id=organization_id, name=workspace)
    await subscriptions.open_subscription(write, organization_id=organization_id, name=None, trial_ends_at=None)
    ids = {"organization": organization_id}
    ids |= {kind: str(write.result.ids[f"{kind}_id"]) for kind in ("workspace", "subscription")}
    ids["owner"] = await _user(write, organization_id, owner, owner_name)
    await grant(write, organization_id, ids["owner"], Role.ORG_OWNER, None)
    if operator is not None:
        ids["operator"] = await _user(write, organization_id, operator, operator.partition("@")[0])
    elif not await select_everywhere(write, MEMBERSHIPS, _OPERATES, {"role": str(Role.OPERATOR)}):
        ids["operator"] = ids["owner"]
    if "operator" in ids:
        await grant(write, organization_id, ids["operator"], Role.OPERATOR, None)
    return ids


async def _user(write: WriteTransaction, organization_id: str, email: str, name: str) -> str:
    """The user with an email address, who is created if there is none."""
    by_address = _USER.c.email_key == bindparam("email_key")
    users: list[Any] = await select_everywhere(write, USERS, by_address, {"email_key": email_key(email)})
    user = users[0] if users else await create_user(write, organization_id, email, name)
    return str(user.id)
