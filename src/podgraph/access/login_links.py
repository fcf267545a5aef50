"""Sign-in links: each signs a user in once. Only the hash of its code is stored."""

from datetime import timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.accounts.lifecycle import UserStatus
from podgraph.accounts.models import LoginLink, User
from podgraph.accounts.rules import email_key
from podgraph.database.model import table_of
from podgraph.database.read_model import NOW
from podgraph.kernel.secrets import new_secret, secret_hash
from podgraph.writes.transaction import WriteTransaction

PREFIX = "pgl_"
"""Prefix of the codes of sign-in links."""
VALID_FOR = timedelta(minutes=10)
"""Time within which a link can be used."""
PATH = "/sign-in"
"""Page of the console that exchanges a code for a token."""

_LINK = table_of(LoginLink)
_USER = table_of(User)
_ACTIVE = select(_USER.c.id).where(_USER.c.status == str(UserStatus.ACTIVE))
_NAMED = _ACTIVE.where((_USER.c.id == bindparam("name")) | (_USER.c.email_key == bindparam("email_key")))
_USE = (
    update(_LINK)
    .where(
        _LINK.c.sha256 == bindparam("hash"),
        _LINK.c.used_at.is_(None),
        _LINK.c.expires_at > bindparam("since", type_=UTCDateTime()),
        _LINK.c.user_id.in_(_ACTIVE),
    )
    .values(used_at=bindparam("since", type_=UTCDateTime()))
    .returning(_LINK.c.user_id)
)


async def find_active_user(write: WriteTransaction, name: str) -> str | None:
    """The id of the active user with this id or email address, or None."""
    found = await write.rows(_NAMED, name=name, email_key=email_key(name))
    return found[0].id if found else None


async def create_link(write: WriteTransaction, user_id: str, url: str) -> str:
    """A link with which the user signs in to the server at `url`. Expired links are deleted."""
    await write.run(delete(_LINK).where(_LINK.c.expires_at <= NOW), {"now": write.now})
    code = new_secret(PREFIX)
    values = {"sha256": secret_hash(code), "user_id": user_id, "expires_at": write.now + VALID_FOR}
    await write.insert(LoginLink, values)
    # In the fragment, the code is neither sent to servers nor written to their logs.
    return f"{url.rstrip('/')}{PATH}#code={code}"


async def use_link(write: WriteTransaction, code: str) -> str | None:
    """The id of the user whom the code signs in; None if it is unknown, expired or used, or the user inactive."""
    found = (await write.run(_USE, {"hash": secret_hash(code), "since": write.now})).all()
    return found[0].user_id if found else None
