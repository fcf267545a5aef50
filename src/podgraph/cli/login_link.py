"""`podgraph login-link`: a one-time link with which a user signs in."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.engine import STATEMENT_SECONDS, check_tables, own_database, run_on
from podgraph.cli.output import fail

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from podgraph.writes.transaction import WriteTransaction

URL = "http://127.0.0.1:8000"

UrlOption = Annotated[str, typer.Option(help="Address of the server.")]


def login_link(
    user: Annotated[str, typer.Option(help="User id or email address, e.g. USR-26-000044.")],
    url: UrlOption = URL,
) -> None:
    """Print a link that signs a user in once, within 10 minutes.

    Example: podgraph login-link --user ana@acme.example
    """
    from podgraph.access.login_links import create_link, find_active_user
    from podgraph.writes.standalone import write_as
    from podgraph.writes.transaction import PLATFORM

    async def link(write: "WriteTransaction") -> str | None:
        user_id = await find_active_user(write, user)
        return user_id and await create_link(write, user_id, url)

    async def work(engine: "AsyncEngine") -> str | None:
        await check_tables(engine)
        return await write_as(PLATFORM, engine, datetime.now(UTC), link, STATEMENT_SECONDS)

    created = run_on(own_database(), work)
    if created is None:
        raise fail(f"there is no active user {user!r}: name a user id or the email address of a user")
    typer.echo(created)
