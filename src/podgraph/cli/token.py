"""`podgraph token`: a signed token for a user."""

from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.engine import read_settings
from podgraph.cli.output import fail
from podgraph.kernel.roles import Role

if TYPE_CHECKING:
    pass


def token(
    user: Annotated[str, typer.Option(help="User that the token authenticates, e.g. USR-26-000044.")],
    organization: Annotated[
        list[str] | None, typer.Option(help="Narrow the token to an organization of the user; repeatable.")
    ] = None,
    role: Annotated[
        list[Role] | None,
        typer.Option(help="Narrow the token to a role of the user; repeatable.", case_sensitive=False),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Sign a token for `podgraph serve --demo`.")] = False,
) -> None:
    """Print a signed token that is valid for 12 hours.

    The user's memberships determine what the token grants; options can only narrow it.

    Example: podgraph token --demo --user USR-26-000044 --role ORG_VIEWER
    """
    from podgraph.auth.tokens import Tokens

    settings = read_settings(demo=demo).tokens
    if not settings.secret:
        raise fail("PODGRAPH_SECRET is not set. Set it, or let the identity provider of PODGRAPH_JWKS sign tokens", 2)
    signing = Tokens(settings.secret, issuer=settings.issuer, audience=settings.audience)
    typer.echo(signing.issue(user, organization, role))
