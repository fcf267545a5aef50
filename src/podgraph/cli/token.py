"""`podgraph token`: a signed token for a user."""

from typing import TYPE_CHECKING, Annotated

import typer

from podgraph.cli.engine import read_settings
from podgraph.cli.output import fail
from podgraph.kernel.roles import Role

if TYPE_CHECKING:
    pass


def token(
    organization: Annotated[list[str], typer.Option(help="An organization that may be seen; repeatable.")],
    user: Annotated[str, typer.Option(help="Whom the token speaks for: USR-26-000044.")],
    role: Annotated[list[Role], typer.Option(help="A role; repeatable.", case_sensitive=False)],
    demo: Annotated[bool, typer.Option("--demo", help="For a running `podgraph serve --demo`.")] = False,
) -> None:
    """Sign a token, valid for 12 hours, and print it.

    Example: podgraph token --demo --organization ORG-26-090500 --user USR-26-000044 --role ORG_VIEWER
    """
    from podgraph.auth.tokens import Tokens

    said = read_settings(demo=demo).tokens
    if not said.secret:
        raise fail("PODGRAPH_SECRET is not set: who holds the keys of PODGRAPH_JWKS signs the tokens", 2)
    signing = Tokens(said.secret, issuer=said.issuer, audience=said.audience)
    typer.echo(signing.issue(user, organization, role))
