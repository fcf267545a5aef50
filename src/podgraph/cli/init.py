"""`podgraph init`: an organization with its owner in an empty database."""

import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.engine import STATEMENT_SECONDS, own_database, run_on, upgrade_tables, without_password
from podgraph.cli.login_link import URL, UrlOption
from podgraph.cli.output import fail, out

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from podgraph.writes.transaction import WriteTransaction

_CURRENCY = re.compile(r"[A-Z]{3}")


def init(
    organization: Annotated[str | None, typer.Option(help="Name of the organization.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of its amounts (ISO 4217), e.g. EUR.")] = None,
    owner: Annotated[str | None, typer.Option(help="Email address of the owner.")] = None,
    owner_name: Annotated[str | None, typer.Option(help="Name of the owner; default: from the address.")] = None,
    workspace: Annotated[str, typer.Option(help="Name of the first workspace.")] = "Default",
    operator: Annotated[
        str | None, typer.Option(help="Email address of the operator; default: the owner, if the server has none.")
    ] = None,
    another: Annotated[bool, typer.Option("--another", help="Add to a database that has organizations.")] = False,
    url: UrlOption = URL,
) -> None:
    """Create the tables, an organization, its first workspace, owner and subscription.

    Prints a link with which the owner signs in. At a terminal, missing values are asked for.

    Example: podgraph init --organization Acme --currency EUR --owner ana@acme.example
    """
    name = _value("--organization", organization, "Name of the organization", _name_error)
    money = _value("--currency", currency, "Currency, e.g. EUR", _currency_error)
    address = _value("--owner", owner, "Email address of the owner", _email_error)
    called = _checked("--owner-name", owner_name or address.partition("@")[0], _name_error)
    operated = None if operator is None else _checked("--operator", operator, _email_error)
    first = _checked("--workspace", workspace, _name_error)

    from podgraph.access.login_links import create_link
    from podgraph.accounts.service.setup import INSTALLER, set_up
    from podgraph.demo.load import is_empty
    from podgraph.writes.standalone import write_as

    async def create(write: "WriteTransaction") -> Mapping[str, str]:
        ids = await set_up(
            write, name=name, currency=money, workspace=first, owner=address, owner_name=called, operator=operated
        )
        return {**ids, "link": await create_link(write, ids["owner"], url)}

    async def work(engine: "AsyncEngine") -> Mapping[str, str]:
        await upgrade_tables(engine)
        if not another and not await is_empty(engine):
            raise fail("the database has an organization: add --another to create one more")
        return await write_as(INSTALLER, engine, datetime.now(UTC), create, STATEMENT_SECONDS)

    database = own_database()
    _report(run_on(database, work), without_password(database))


def _report(done: Mapping[str, str], database: str) -> None:
    out.print(f"Created in {database}:", style="green", soft_wrap=True)
    for kind, identity in done.items():
        if kind != "link":
            out.print(f"  {kind:<13} {identity}", highlight=False)
    out.print("\nNext steps:")
    out.print(
        "  1. Set PODGRAPH_SECRET, e.g. to the output of `openssl rand -base64 48`.", highlight=False, soft_wrap=True
    )
    out.print("  2. Start the server: podgraph serve\n  3. Sign in within 10 minutes, once:", highlight=False)
    typer.echo(f"     {done['link']}")
    out.print("     For a new link: podgraph login-link --user", done["owner"], highlight=False, soft_wrap=True)
    out.print("  4. Invite people, and request the first pod.")


def _value(option: str, given: str | None, question: str, error: Callable[[str], str | None]) -> str:
    """The value of an option, or the answer to a prompt if standard input is a terminal."""
    if given is None and not sys.stdin.isatty():
        raise fail(f"{option} is missing", 2)
    return _checked(option, typer.prompt(question) if given is None else given, error)


def _checked(option: str, value: str, error: Callable[[str], str | None]) -> str:
    if wrong := error(value):
        raise fail(f"{option} {wrong}", 2)
    return value


def _name_error(value: str) -> str | None:
    from podgraph.graphql.inputs import TITLE

    return TITLE.error(value)


def _email_error(value: str) -> str | None:
    from podgraph.accounts.rules import EMAIL

    return EMAIL.error(value)


def _currency_error(value: str) -> str | None:
    return None if _CURRENCY.fullmatch(value) else "must be three capital letters, e.g. EUR"
