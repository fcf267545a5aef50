"""Service functions of users: renamed, deactivated, reactivated and erased."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, update

from podgraph.accounts import lifecycle, models
from podgraph.accounts.lifecycle import InvitationStatus
from podgraph.accounts.repository import INVITATIONS, USERS
from podgraph.accounts.service.checks import select_everywhere
from podgraph.accounts.service.memberships import active_memberships, ensure_other_owners
from podgraph.auth.viewer import PLATFORM_ROLES
from podgraph.database.model import table_of
from podgraph.database.read_model import KEYS, READ_MODELS, among
from podgraph.kernel.errors import ErrorCode, WarningCode, rejected
from podgraph.kernel.notation import plural
from podgraph.kernel.roles import DELIVERY, Role
from podgraph.kernel.transitions import Transition
from podgraph.writes.audit_models import AuditEntry
from podgraph.writes.event_models import Event
from podgraph.writes.transaction import WriteTransaction

ERASED_NAME = "Erased user"
"""Name of erased users, also in their events."""

_EVENT = table_of(Event)
_AUDIT = table_of(AuditEntry)
_INVITATION = table_of(models.Invitation)

_ABOUT = select(_EVENT.c.id, _EVENT.c.payload, _EVENT.c.changes).where(among(_EVENT.c.subject_id, KEYS))
_INVITED = or_(_INVITATION.c.user_id == bindparam("user_id"), _INVITATION.c.email_key == bindparam("email_key"))
_PERSONAL: Mapping[str, str | None] = {"name": ERASED_NAME, "email": None, "email_key": None}
"""What the personal data of an erased user are replaced with."""

_OPEN_WORK = (
    ("ticket", "submitted_by", ("OPEN", "IN_PROGRESS", "RESOLVED"), "ticket"),
    ("incident", "raised_by", ("OPEN", "ACKNOWLEDGED"), "incident"),
    ("outcome_request", "submitted_by", ("SCOPING", "REQUIRES_NEGOTIATION"), "outcome request"),
    ("api_token", "created_by", ("ACTIVE",), "API token"),
)
"""Records that a user is responsible for: table, column of the user, open statuses and name."""


async def rename_user(write: WriteTransaction, *, user_id: str, name: str) -> None:
    """Change the name of a user."""
    user = await write.lock_for(USERS, user_id, lifecycle.RENAME_USER, "userId")
    await write.change(user, "user.renamed", name=name)
    write.return_ids(user_id=user_id)


async def deactivate_user(write: WriteTransaction, *, user_id: str) -> None:
    """Deactivate a user, with a warning that counts the user's open work."""
    user = await _lock_replaceable(write, user_id, lifecycle.DEACTIVATE_USER)
    await write.transition(user, lifecycle.DEACTIVATE_USER, "user.deactivated")
    await _warn_of_open_work(write, user_id)
    write.return_ids(user_id=user_id)


async def reactivate_user(write: WriteTransaction, *, user_id: str) -> None:
    """Let a deactivated user sign in again."""
    user = await write.lock_for(USERS, user_id, lifecycle.REACTIVATE_USER, "userId")
    await _check_rank(write, user, await active_memberships(write, user_id))
    await write.transition(user, lifecycle.REACTIVATE_USER, "user.reactivated")
    write.return_ids(user_id=user_id)


async def erase_user(write: WriteTransaction, *, user_id: str, confirm: str) -> None:
    """Remove name and email address of a user everywhere, and revoke all roles. Irreversible."""
    if confirm != user_id:
        raise rejected(ErrorCode.INVALID, "confirm must repeat userId.", "confirm", hint="An erasure is irreversible.")
    user = await _lock_replaceable(write, user_id, lifecycle.ERASE_USER)
    for membership in await active_memberships(write, user_id):
        await write.transition(membership, lifecycle.REVOKE_ROLE, "membership.revoked", revoked_at=write.now)
    given = {"user_id": user_id, "email_key": user.email_key}
    invitations = await select_everywhere(write, INVITATIONS, _INVITED, given, lock=True)
    for one in invitations:
        await _anonymize(write, one)
    values = {**_PERSONAL, "issuer": None, "subject": None}
    await write.transition(user, lifecycle.ERASE_USER, None, **values)
    write.emit("user.erased", user)
    await _rewrite_events(write, [user_id, *(one.id for one in invitations)])
    await _rewrite_audit(write, {user.name, user.email, user.email_key})
    write.return_ids(user_id=user_id)


async def _lock_replaceable(write: WriteTransaction, user_id: str, transition: Transition) -> Any:
    """A user locked for a transition that ends the user's rights; an organization's last owner is rejected."""
    user = await write.lock_for(USERS, user_id, transition, "userId")
    memberships = await active_memberships(write, user_id)
    await _check_rank(write, user, memberships)
    owned = {one.organization_id for one in memberships if one.role == Role.ORG_OWNER}
    await ensure_other_owners(write, user_id, owned, "userId")
    return user


async def _check_rank(write: WriteTransaction, user: Any, memberships: Iterable[Any]) -> None:
    """Reject callers who could not grant the user's roles in the organization that employs the user."""
    if user.id == write.user_id:
        return
    platform = PLATFORM_ROLES | DELIVERY
    roles = {one.role for one in memberships if one.organization_id == user.organization_id or one.role in platform}
    if too_much := lifecycle.beyond(roles, write.roles_for(user)):
        raise rejected(ErrorCode.FORBIDDEN, f"{user.id} has roles that you cannot revoke: {', '.join(too_much)}.")


async def _warn_of_open_work(write: WriteTransaction, user_id: str) -> None:
    counts = {}
    for table, column, statuses, noun in _OPEN_WORK:
        source = READ_MODELS[table].source()
        mine = source[column] == bindparam("user_id"), source["status"].in_(statuses)
        counting = select(func.count()).where(*mine, *source.tenant_filter(write.tenancy))
        [[counts[noun]]] = await write.rows(counting.select_from(source.table), user_id=user_id)
    if found := [plural(count, noun) for noun, count in counts.items() if count]:
        write.warn(WarningCode.OPEN_WORK, f"{user_id} has open work: {', '.join(found)}.", "userId")


async def _anonymize(write: WriteTransaction, invitation: Any) -> None:
    """Remove the address of an invitation, which is revoked if it is pending."""
    personal = {"name": None, "email": None, "email_key": None}
    if invitation.status == InvitationStatus.PENDING:
        await write.transition(invitation, lifecycle.REVOKE_INVITATION, None, revoked_at=write.now, **personal)
        write.emit("invitation.revoked", invitation)
    else:
        await write.change(invitation, None, **personal)


async def _rewrite_events(write: WriteTransaction, subject_ids: list[str]) -> None:
    """Replace names and addresses in the events of the erased user and of the user's invitations."""
    for event in await write.rows(_ABOUT, keys=subject_ids):
        payload = {key: _PERSONAL.get(key, value) for key, value in event.payload.items()}
        changes = [_without_personal_data(change) for change in event.changes]
        if (payload, changes) != (event.payload, event.changes):
            rewritten = {"payload": payload, "changes": changes}
            await write.run(update(_EVENT).where(_EVENT.c.id == event.id).values(rewritten))


def _without_personal_data(change: Mapping[str, Any]) -> Mapping[str, Any]:
    if change["path"] not in _PERSONAL:
        return change
    kept = _PERSONAL[change["path"]]
    return {name: kept if name != "path" and value is not None else value for name, value in change.items()}


async def _rewrite_audit(write: WriteTransaction, personal: Iterable[str | None]) -> None:
    """Remove inputs of rejected mutations that are the user's name or address."""
    texts = sorted(filter(None, personal))
    named = and_(_AUDIT.c.resource.is_not(None), among(_AUDIT.c.resource, KEYS))
    await write.run(update(_AUDIT).where(named).values(resource=None), {"keys": texts})
