"""The application, served to a client within the test's own process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from podgraph.accounts.lifecycle import Role
from podgraph.api.authentication import Tokens
from podgraph.app import create_app
from podgraph.settings import Settings

SECRET = "a secret for tests, longer than thirty-two characters"
OWNER = Tokens(SECRET).issue("USR-26-000044", ["ORG-26-090500"], [Role.ORG_OWNER])
"""A token of the demo's owner."""


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with these settings; what breaks inside comes back as an answer."""
    app = create_app(settings)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it")
    async with app.router.lifespan_context(app), client:
        yield client
