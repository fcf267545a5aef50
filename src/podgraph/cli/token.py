"""`podgraph token`: a signed token for a user."""

from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.engine import read_settings
from podgraph.cli.output import fail
from podgraph.kernel.roles import Role

if TYPE_CHECKING:
    pass


def token(
    organization: Annotated[list[str], typer.Option(help="Organization that the token grants access to; repeatable.")],
    user: Annotated[str, typer.Option(help="User that the token authenticates, e.g. USR-26-000044.")],
    role: Annotated[list[Role], typer.Option(help="Role of the user; repeatable.", case_sensitive=False)],
    demo: Annotated[bool, typer.Option("--demo", help="Sign a token for `podgraph serve --demo`.")] = False,
) -> None:
    """Print a signed token that is valid for 12 hours.

    Example: podgraph token --demo --organization ORG-26-090500 --user USR-26-000044 --role ORG_VIEWER
    """
    from podgraph.auth.tokens import Tokens

    settings = read_settings(demo=demo).tokens
    if not settings.secret:
        raise fail("PODGRAPH_SECRET is not set. Set it, or let the identity provider of PODGRAPH_JWKS sign tokens", 2)
    signing = Tokens(settings.secret, issuer=settings.issuer, audience=settings.audience)
    typer.echo(signing.issue(user, organization, role))
