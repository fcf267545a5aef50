"""Checks that other slices share: what is archived or ended, subscriptions, currencies, and who a caller acts for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, bindparam, select

from podgraph.accounts.lifecycle import ArchivableStatus, TalentStatus
from podgraph.accounts.repository import (
    MEMBERSHIPS,
    ORGANIZATIONS,
    PROJECTS,
    SUBSCRIPTIONS,
    TALENT,
    USERS,
    WORKSPACES,
)
from podgraph.accounts.rules import carries_new_work
from podgraph.database.read_model import KEYS, R, ReadModel, among
from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.roles import OPERATOR, ActorType
from podgraph.writes.transaction import WriteTransaction


def _statuses(relation: ReadModel) -> Select[Any]:
    # A shared lock: the records cannot be archived or ended until this transaction ends.
    table = relation.table
    owner = table.c.get("organization_id", table.c.id)
    here = owner == bindparam("owner", type_=Text())
    return select(table.c.id, table.c.status).where(here, among(table.c.id, KEYS)).with_for_update(read=True)


_ORGANIZATION_STATUS, _WORKSPACE_STATUS = _statuses(ORGANIZATIONS), _statuses(WORKSPACES)
_PROJECT_STATUS, _TALENT_STATUS = _statuses(PROJECTS).order_by("id"), _statuses(TALENT).order_by("id")


async def _with_status(
    write: WriteTransaction, statement: Select[Any], organization_id: str, ids: list[str], status: str
) -> list[str]:
    """Those of an organization's records that have a status."""
    rows = await write.rows(statement, owner=organization_id, keys=ids) if ids else []
    return [row.id for row in rows if row.status == status]


async def require_open(
    write: WriteTransaction, organization_id: str, workspace_id: str | None = None, *path: str
) -> None:
    """Reject new work in an organization or workspace that is archived, which is read-only."""
    archived = await _with_status(
        write, _ORGANIZATION_STATUS, organization_id, [organization_id], ArchivableStatus.ARCHIVED
    )
    if workspace_id is not None:
        archived += await _with_status(
            write, _WORKSPACE_STATUS, organization_id, [workspace_id], ArchivableStatus.ARCHIVED
        )
    for identity in archived:
        kind = "Workspace" if identity == workspace_id else "Organization"
        raise rejected(
            ErrorCode.INVALID_TRANSITION,
            f"{identity} is archived and read-only.",
            *path,
            hint=f"Call `unarchive{kind}` first.",
        )


async def require_open_projects(
    write: WriteTransaction, organization_id: str, project_ids: Sequence[str], *path: str
) -> list[str]:
    """The ids without duplicates; rejected if a project is archived or of another organization."""
    wanted = list(dict.fromkeys(project_ids))
    for place, project_id in enumerate(wanted):
        await write.get_owned(PROJECTS, project_id, organization_id, *path, str(place))
    for identity in await _with_status(write, _PROJECT_STATUS, organization_id, wanted, ArchivableStatus.ARCHIVED):
        raise rejected(
            ErrorCode.INVALID,
            f"{identity} is archived; choose a project in use, or call `unarchiveProject` first.",
            *path,
            str(wanted.index(identity)),
        )
    return wanted


async def require_active_talent(
    write: WriteTransaction, organization_id: str, paths: Mapping[str, tuple[str, ...]]
) -> None:
    """Reject talent that has ended; `paths` are the input's paths by talent id."""
    for identity in await _with_status(write, _TALENT_STATUS, organization_id, list(paths), TalentStatus.ENDED):
        raise rejected(ErrorCode.INVALID, f"{identity} has ended; choose other talent.", *paths[identity])


def changed_values(record: Any, values: Mapping[str, Any], names: Iterable[str] = ()) -> dict[str, Any]:
    """The `values` that differ from the record's; rejected if none does."""
    changed = {name: value for name, value in values.items() if getattr(record, name) != value}
    if not changed:
        raise rejected(ErrorCode.ALREADY_DONE, f"{record.id} already has these values; change at least one.", *names)
    return changed


async def require_active_subscription(
    write: WriteTransaction, subscription_id: str, organization_id: str, *path: str
) -> Any:
    """The organization's subscription; rejected if its status does not allow new work."""
    subscription = await write.get_owned(SUBSCRIPTIONS, subscription_id, organization_id, *path)
    if not carries_new_work(subscription.current_status):
        raise rejected(
            ErrorCode.SUBSCRIPTION_INACTIVE,
            f"{subscription_id} is {subscription.current_status}.",
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


def require_person(write: WriteTransaction) -> None:
    """Reject API tokens: a leaked one must not be able to give access to others."""
    if write.caller.actor.type == ActorType.API_KEY:
        raise rejected(ErrorCode.FORBIDDEN, "API tokens cannot grant access. Sign in as a user.")


async def select_everywhere(
    write: WriteTransaction,
    relation: ReadModel[R],
    where: ColumnElement[bool],
    given: Mapping[str, str | None],
    *,
    lock: bool = False,
) -> list[R]:
    """Records of all organizations, also of those that the caller does not see.

    `where` is a condition on the columns of the relation's table, with the parameters `given`.
    """
    statement = select(*relation.table.c).where(where).order_by(*relation.table.primary_key)
    rows = await write.rows(statement.with_for_update(key_share=True) if lock else statement, **given)
    make = relation.record_of(tuple(relation.table.c.keys()))
    return [make(*row) for row in rows]
