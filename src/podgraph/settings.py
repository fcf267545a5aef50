"""Settings, read once from the environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Self

from podgraph.kernel.roles import Role
from podgraph.limits.limits import Limits

DATABASE_URL = "sqlite:///podgraph.db"
DEMO_DATABASE_URL = "sqlite:///podgraph-demo.db"
SHORTEST_SECRET = 32
EXECUTORS = ("level", "reference")
INTROSPECTION = ("authenticated", "public", "off")
LOGS = ("json", "text", "off")
DOCUMENTS = ("off", "log", "enforce")
PLAYGROUND = ("on", "off")
LOOPBACK = ("127.0.0.1", "::1")
RATE_LIMIT = "50000/1000"
"""Points that a caller may save up, and points that come back in a second."""

# The demo is served on loopback only, and its tokens open nothing else.
DEMO_SECRET = "podgraph demo: on this machine only, never in production"


class SettingsError(ValueError):
    """A setting is missing or wrong; the message says how to set it."""


@dataclass(frozen=True)
class TokenSettings:
    """Which tokens are believed.

    `secret`: PODGRAPH_SECRET, at least 32 characters, signs and verifies tokens (HS256).
    `jwks`: PODGRAPH_JWKS, a file or an https address of public keys, which verify in its place.
    `issuer`, `audience`: PODGRAPH_JWT_ISSUER and PODGRAPH_JWT_AUDIENCE, what `iss` and `aud` must be.
    `leeway`: PODGRAPH_JWT_LEEWAY, seconds that clocks may differ.
    """

    secret: str = ""
    jwks: str | None = None
    issuer: str | None = None
    audience: str | None = None
    leeway: float = 0.0


@dataclass(frozen=True)
class Settings:
    """How this process runs.

    `database_url`: PODGRAPH_DATABASE_URL, `sqlite:///file.db` or `postgresql://user@host/name`.
    `secret`: PODGRAPH_SECRET; `tokens` has what else is asked of tokens.
    `executor`: PODGRAPH_EXECUTOR, `level` (the default), or `reference` for graphql-core's own.
    `playground`: PODGRAPH_PLAYGROUND, `on` (the default) or `off`: the page to explore the API in.
    `demo`: serve the reference documents' own data, and let a request without a token act as
    their owner.
    `origins`: PODGRAPH_ORIGINS, other sites whose pages may ask: `https://app.example`, or `*`.
    `limits`: PODGRAPH_MAX_COST in points, or `off`; PODGRAPH_DEADLINE in seconds.
    `rate_limit`: PODGRAPH_RATE_LIMIT, points to save up and points a second: `50000/1000`, or `off`.
    `rate_factors`: PODGRAPH_RATE_FACTORS, how many times that for a role: `OPERATOR=5 SYSTEM=10`.
    `introspection`: PODGRAPH_INTROSPECTION, who is told the schema: `authenticated`, `public` or `off`.
    `documents`: PODGRAPH_DOCUMENTS, what becomes of documents that nobody added: `off`, `log`, `enforce`.
    `read_url`: PODGRAPH_READ_URL, a streaming replica of the database that queries are read from.
    `pool_size`: PODGRAPH_POOL_SIZE, connections of a process to each database; `pool_patience`:
    PODGRAPH_POOL_PATIENCE, seconds that an operation waits for one of them.
    `proxies`: PODGRAPH_PROXIES, addresses or networks of reverse proxies, whose X-Forwarded-For and
    X-Forwarded-Proto are believed: `10.0.0.5 fd00::/8`.
    `grace`: PODGRAPH_GRACE, seconds that requests in flight have to end when the server is told to.
    `log`: PODGRAPH_LOG, a line for each request as `json` or `text`, or `off`.
    `tracing`: OTEL_EXPORTER_OTLP_ENDPOINT is set, OpenTelemetry's own name for where spans go.
    """

    database_url: str
    secret: str
    demo: bool = False
    executor: str = "level"
    origins: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    rate_limit: tuple[float, float] | None = None
    rate_factors: Mapping[str, float] = field(default_factory=dict)
    introspection: str = "authenticated"
    documents: str = "off"
    token_settings: TokenSettings | None = None
    playground: bool = True
    read_url: str | None = None
    pool_size: int = 10
    pool_patience: float = 5.0
    proxies: tuple[str, ...] = LOOPBACK
    grace: float = 20.0
    log: str = "off"
    tracing: bool = False

    @property
    def tokens(self) -> TokenSettings:
        return self.token_settings or TokenSettings(self.secret)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, *, demo: bool = False) -> Self:
        """The settings of `environment`; SettingsError where one is missing or wrong."""
        read = _Reader(environment)
        tokens = _tokens(read, demo=demo)
        return cls(
            database_url=read.text("DATABASE_URL", DEMO_DATABASE_URL if demo else DATABASE_URL),
            secret=tokens.secret,
            demo=demo,
            executor=read.one_of("EXECUTOR", EXECUTORS),
            origins=frozenset(read.words("ORIGINS")),
            limits=_limits(read),
            rate_limit=_rate(read.text("RATE_LIMIT", RATE_LIMIT)),
            rate_factors=_factors(read.words("RATE_FACTORS")),
            introspection=read.one_of("INTROSPECTION", INTROSPECTION, "public" if demo else None),
            documents=read.one_of("DOCUMENTS", DOCUMENTS),
            token_settings=tokens,
            playground=read.one_of("PLAYGROUND", PLAYGROUND) == "on",
            read_url=read.text("READ_URL") or None,
            pool_size=int(read.number("POOL_SIZE", cls.pool_size, least=1)),
            pool_patience=read.number("POOL_PATIENCE", cls.pool_patience, least=0.1),
            proxies=_proxies(read.words("PROXIES")),
            grace=read.number("GRACE", cls.grace),
            log=read.one_of("LOG", LOGS, "off" if demo else None),
            tracing=bool(environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")),
        )


@dataclass(frozen=True)
class _Reader:
    """Reads settings by their names without the prefix; an empty one is one that is not set."""

    environment: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        return self.environment.get(f"PODGRAPH_{name}") or default

    def words(self, name: str) -> list[str]:
        return self.text(name).replace(",", " ").split()

    def one_of(self, name: str, words: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(name, default or words[0])
        if value not in words:
            raise SettingsError(f"PODGRAPH_{name} is '{value}': write {' or '.join(words)}")
        return value

    def number(self, name: str, default: float, *, least: float = 0) -> float:
        text = self.text(name)
        try:
            value = float(text) if text else default
        except ValueError:
            value = -1
        if not least <= value < float("inf"):
            raise SettingsError(f"PODGRAPH_{name} is '{text}': write a number, {least:g} or more")
        return value


def _tokens(read: _Reader, *, demo: bool) -> TokenSettings:
    jwks = read.text("JWKS") or None
    secret = read.text("SECRET", DEMO_SECRET if demo else "")
    if len(secret) < SHORTEST_SECRET and not (jwks and not secret):
        raise SettingsError(
            f"PODGRAPH_SECRET must be set to at least {SHORTEST_SECRET} characters. Make one with:\n"
            '  export PODGRAPH_SECRET="$(openssl rand -base64 48)"\n'
            "or name public keys in PODGRAPH_JWKS, or look around with: podgraph serve --demo"
        )
    return TokenSettings(
        secret,
        jwks,
        read.text("JWT_ISSUER") or None,
        read.text("JWT_AUDIENCE") or None,
        read.number("JWT_LEEWAY", 0),
    )


def _limits(read: _Reader) -> Limits:
    usual = Limits()
    off = read.text("MAX_COST") == "off"
    cost = sys.maxsize if off else int(read.number("MAX_COST", usual.cost, least=1))
    return replace(usual, cost=cost, seconds=_deadline(read))


def deadline(environment: Mapping[str, str] = os.environ) -> float:
    """Seconds that an operation may take: PODGRAPH_DEADLINE, which commands read by itself."""
    return _deadline(_Reader(environment))


def _deadline(read: _Reader) -> float:
    return read.number("DEADLINE", Limits.seconds, least=0.1)


def _rate(text: str) -> tuple[float, float] | None:
    if text == "off":
        return None
    try:
        points, restored = (float(part) for part in text.split("/"))
    except ValueError:
        points = restored = 0
    if not (0 < points < float("inf") and 0 < restored < float("inf")):
        raise SettingsError(f"PODGRAPH_RATE_LIMIT is '{text}': write points and points a second, {RATE_LIMIT}")
    return points, restored


def _proxies(words: list[str]) -> tuple[str, ...]:
    for word in words:
        try:
            ip_network(word)
        except ValueError:
            raise SettingsError(
                f"PODGRAPH_PROXIES is '{' '.join(words)}': write addresses or networks, 10.0.0.5 fd00::/8"
            ) from None
    return tuple(words) or LOOPBACK


def _factors(words: list[str]) -> dict[str, float]:
    try:
        factors = {role: float(factor) for role, factor in (word.split("=") for word in words)}
    except ValueError:
        factors = {"": 0.0}
    if not (set(factors) <= set(Role) and all(0 < factor < float("inf") for factor in factors.values())):
        raise SettingsError(
            f"PODGRAPH_RATE_FACTORS is '{' '.join(words)}': write roles and factors, OPERATOR=5 SYSTEM=10"
        )
    return factors
