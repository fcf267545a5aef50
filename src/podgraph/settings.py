"""Settings, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

DATABASE_URL = "sqlite:///podgraph.db"
DEMO_DATABASE_URL = "sqlite:///podgraph-demo.db"
SHORTEST_SECRET = 32
EXECUTORS = ("level", "reference")

# The demo is served on loopback only, and its tokens open nothing else.
DEMO_SECRET = "podgraph demo: on this machine only, never in production"


class SettingsError(ValueError):
    """A setting is missing or wrong; the message says how to set it."""


@dataclass(frozen=True)
class Settings:
    """How this process runs.

    `database_url`: PODGRAPH_DATABASE_URL, `sqlite:///file.db` or `postgresql://user@host/name`.
    `secret`: PODGRAPH_SECRET, at least 32 characters, signs and verifies tokens (HS256).
    `executor`: PODGRAPH_EXECUTOR, `level` (the default), or `reference` for graphql-core's own.
    `demo`: serve the reference documents' own data, and let a request without a token act as
    their owner.
    """

    database_url: str
    secret: str
    demo: bool = False
    executor: str = "level"

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, *, demo: bool = False) -> Self:
        """The settings of `environment`; SettingsError where the secret is missing or too short."""
        fallback = DEMO_DATABASE_URL if demo else DATABASE_URL
        secret = environment.get("PODGRAPH_SECRET") or (DEMO_SECRET if demo else "")
        if len(secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"PODGRAPH_SECRET must be set to at least {SHORTEST_SECRET} characters. Make one with:\n"
                '  export PODGRAPH_SECRET="$(openssl rand -base64 48)"\n'
                "or look around with: podgraph serve --demo"
            )
        executor = environment.get("PODGRAPH_EXECUTOR") or "level"
        if executor not in EXECUTORS:
            raise SettingsError(f"PODGRAPH_EXECUTOR is '{executor}': write {' or '.join(EXECUTORS)}")
        return cls(environment.get("PODGRAPH_DATABASE_URL") or fallback, secret, demo, executor)
