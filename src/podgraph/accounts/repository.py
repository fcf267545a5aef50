"""Read models of accounts."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from podgraph.accounts import models
from podgraph.database.read_model import ORGANIZATIONS as VISIBLE
from podgraph.database.read_model import READ_MODELS, ReadModel, ReadModelAlias, among
from podgraph.records import (
    CommercialSubscriptionRecord,
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


ORGANIZATIONS = ReadModel[OrganizationRecord](models.Organization, "ORG", guard=_itself, work=False)
WORKSPACES = ReadModel[WorkspaceRecord](models.Workspace, "WS", work=False)
MEMBERSHIPS = ReadModel[MembershipRecord](models.Membership, work=False)
USERS = ReadModel[UserRecord](models.User, "USR", guard=_colleague, work=False)
SUBSCRIPTIONS = ReadModel[CommercialSubscriptionRecord](models.CommercialSubscription, "SUB", work=False)
PROJECTS = ReadModel[ProjectRecord](models.Project, "PROJ", work=False)
TALENT = ReadModel[TalentRecord](
    models.Talent,
    "SCR",
    work=False,
    computed={
        "committed_hours_per_week": _committed_hours,
        "overcommitted": lambda source: source["committed_hours_per_week"] > source["weekly_hours_limit"],
    },
)
