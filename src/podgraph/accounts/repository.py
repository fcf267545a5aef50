"""Read models of accounts."""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Dialect, Select, and_, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.accounts import models
from podgraph.accounts.lifecycle import MembershipStatus, SubscriptionStatus
from podgraph.auth.viewer import Grant, Grants
from podgraph.database.compiled import CompiledStatement
from podgraph.database.engine import fetch_autocommit
from podgraph.database.read_model import NOW, READ_MODELS, ReadModel, ReadModelAlias, among
from podgraph.database.read_model import ORGANIZATIONS as VISIBLE
from podgraph.kernel.roles import Area, Role
from podgraph.records import (
    CommercialSubscriptionRecord,
    InvitationRecord,
    MembershipRecord,
    OrganizationRecord,
    ProjectRecord,
    TalentRecord,
    UserRecord,
    WorkspaceRecord,
)


def _itself(source: ReadModelAlias) -> ColumnElement[bool]:
    """An organization is visible to its members."""
    return among(source["id"], VISIBLE)


def _colleague(source: ReadModelAlias) -> ColumnElement[bool]:
    """A user is visible to the organizations of their memberships."""
    member = MEMBERSHIPS.source()
    here = among(member["organization_id"], VISIBLE)
    return select(1).where(member["user_id"] == source["id"], here).exists()


def _committed_hours(source: ReadModelAlias) -> ColumnElement[Any]:
    """Hours per week for which a talent is committed to allocations that are not closed."""
    resource = READ_MODELS["allocation_resource"].source()
    allocation = READ_MODELS["allocation"].source()
    here = and_(
        resource["talent_id"] == source["id"],
        resource["organization_id"] == source["organization_id"],
        resource["replaced_at"].is_(None),
    )
    hours = resource["committed_hours_per_week"]
    return (
        select(func.coalesce(func.sum(hours), 0, type_=hours.type))
        .select_from(resource.table.join(allocation.table, allocation["id"] == resource["allocation_id"]))
        .where(here, allocation["status"] != "CLOSED")
        .scalar_subquery()
    )


def _current_status(source: ReadModelAlias) -> ColumnElement[Any]:
    """The status of a subscription: a trial that has ended is past due, even before the scheduler records it."""
    ended = and_(source["status"] == SubscriptionStatus.TRIALING, source["trial_ends_at"] <= NOW)
    return case((ended, str(SubscriptionStatus.PAST_DUE)), else_=source["status"])


ORGANIZATIONS = ReadModel[OrganizationRecord](models.Organization, "ORG", guard=_itself, area=Area.ORGANIZATION)
WORKSPACES = ReadModel[WorkspaceRecord](models.Workspace, "WS", area=Area.WORKSPACES, workspace="id")
MEMBERSHIPS = ReadModel[MembershipRecord](models.Membership, "MEMB", area=Area.ORGANIZATION)
USERS = ReadModel[UserRecord](models.User, "USR", guard=_colleague, area=Area.ORGANIZATION)
INVITATIONS = ReadModel[InvitationRecord](models.Invitation, "IVT", area=Area.ADMINISTRATION)
SUBSCRIPTIONS = ReadModel[CommercialSubscriptionRecord](
    models.CommercialSubscription,
    "SUB",
    area=Area.ORGANIZATION,
    computed={"current_status": _current_status},
)
PROJECTS = ReadModel[ProjectRecord](models.Project, "PROJ", area=Area.ORGANIZATION)
TALENT = ReadModel[TalentRecord](
    models.Talent,
    "SCR",
    area=Area.ORGANIZATION,
    computed={
        "committed_hours_per_week": _committed_hours,
        "overcommitted": lambda source: source["committed_hours_per_week"] > source["weekly_hours_limit"],
    },
)


class SignedIn(NamedTuple):
    """A user who signs in: the status, and the roles of active memberships."""

    status: str
    grants: Grants


def _select_sign_in() -> Select[Any]:
    user, membership = USERS.table, MEMBERSHIPS.table
    active = and_(membership.c.user_id == user.c.id, membership.c.status == str(MembershipStatus.ACTIVE))
    columns = user.c.status, membership.c.role, membership.c.organization_id, membership.c.workspace_id
    return select(*columns).select_from(user.outerjoin(membership, active)).where(user.c.id == bindparam("user_id"))


@lru_cache(maxsize=4)
def _sign_in(dialect: Dialect) -> CompiledStatement:
    return CompiledStatement(_select_sign_in(), dialect)


async def find_sign_in(engine: AsyncEngine, user_id: str) -> SignedIn | None:
    """The status and roles of a user, or None if there is no such user."""
    prepared = _sign_in(engine.dialect)
    rows = prepared.rows(await fetch_autocommit(engine, prepared, {"user_id": user_id}))
    if not rows:
        return None
    grants = [Grant(Role[role], *place) for _, role, *place in rows if role is not None]
    return SignedIn(rows[0][0], Grants.of(grants))
