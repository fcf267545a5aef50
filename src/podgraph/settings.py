"""Settings, read once from the environment."""

import logging
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
MIN_SECRET_LENGTH = 32
EXECUTORS = ("level", "reference")
INTROSPECTION = ("authenticated", "public", "off")
LOGS = ("json", "text", "off")
PERSISTED_DOCUMENTS = ("off", "log", "enforce")
PLAYGROUND = ("on", "off")
LOOPBACK = ("127.0.0.1", "::1")
RATE_LIMIT = "50000/1000"
"""Token bucket per caller: capacity / refill per second, in points."""

DEPRECATED = {
    "CORS_ORIGINS": "ORIGINS",
    "PERSISTED_DOCUMENTS": "DOCUMENTS",
    "POOL_TIMEOUT": "POOL_PATIENCE",
    "REPLICA_URL": "READ_URL",
    "SHUTDOWN_TIMEOUT": "GRACE",
}
"""The former name of each renamed setting; it is read if the new name is not set."""

# A public secret: the demo listens on loopback only, and holds no real data.
DEMO_SECRET = "podgraph demo: on this machine only, never in production"


_logger = logging.getLogger("podgraph")


class SettingsError(ValueError):
    """A setting is missing or invalid; the message explains how to set it."""


@dataclass(frozen=True)
class TokenSettings:
    """How tokens are verified.

    `secret`: PODGRAPH_SECRET, at least 32 characters, signs and verifies tokens (HS256).
    `jwks`: PODGRAPH_JWKS, a file or an https address of public keys, which verify tokens instead.
    `issuer`, `audience`: PODGRAPH_JWT_ISSUER and PODGRAPH_JWT_AUDIENCE, the required `iss` and `aud`.
    `leeway`: PODGRAPH_JWT_LEEWAY, tolerated clock difference in seconds.
    """

    secret: str = ""
    jwks: str | None = None
    issuer: str | None = None
    audience: str | None = None
    leeway: float = 0.0


@dataclass(frozen=True)
class Settings:
    """Configuration of a process. Each field is an environment variable, except `demo`.

    `database_url`: PODGRAPH_DATABASE_URL, `sqlite:///file.db` or `postgresql://user@host/name`.
    `secret`: PODGRAPH_SECRET; `tokens` has the other settings of tokens.
    `executor`: PODGRAPH_EXECUTOR, `level` (the default), or `reference` for graphql-core's own executor.
    `playground`: PODGRAPH_PLAYGROUND, GraphQL playground: `on` (the default) or `off`.
    `demo`: serve the demo data; a request without a token acts as the demo's organization owner.
    `cors_origins`: PODGRAPH_CORS_ORIGINS, other origins whose pages may send requests: `https://app.example`, or `*`.
    `limits`: PODGRAPH_MAX_COST in points, or `off`; PODGRAPH_DEADLINE in seconds.
    `rate_limit`: PODGRAPH_RATE_LIMIT, token bucket per caller: capacity / refill per second, or `off`.
    `rate_factors`: PODGRAPH_RATE_FACTORS, multiples of the rate limit for single roles: `OPERATOR=5 SYSTEM=10`.
    `introspection`: PODGRAPH_INTROSPECTION, callers that may introspect: `authenticated`, `public` or `off`.
    `persisted_documents`: PODGRAPH_PERSISTED_DOCUMENTS, unregistered documents: `off` allows them, `log` allows
    and logs them, `enforce` rejects them.
    `replica_url`: PODGRAPH_REPLICA_URL, a streaming replica from which queries are read.
    `pool_size`: PODGRAPH_POOL_SIZE, connections of each process to each database; `pool_timeout`:
    PODGRAPH_POOL_TIMEOUT, maximum wait for one of them in seconds.
    `proxies`: PODGRAPH_PROXIES, addresses or networks of trusted reverse proxies, whose X-Forwarded-For and
    X-Forwarded-Proto are used: `10.0.0.5 fd00::/8`.
    `shutdown_timeout`: PODGRAPH_SHUTDOWN_TIMEOUT, time for requests in flight to end at shutdown, in seconds.
    `log`: PODGRAPH_LOG, request log, one line per request: `json`, `text` or `off`.
    `tracing`: whether OTEL_EXPORTER_OTLP_ENDPOINT, OpenTelemetry's variable for the endpoint of spans, is set.
    """

    database_url: str
    secret: str
    demo: bool = False
    executor: str = "level"
    cors_origins: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    rate_limit: tuple[float, float] | None = None
    rate_factors: Mapping[str, float] = field(default_factory=dict)
    introspection: str = "authenticated"
    persisted_documents: str = "off"
    token_settings: TokenSettings | None = None
    playground: bool = True
    replica_url: str | None = None
    pool_size: int = 10
    pool_timeout: float = 5.0
    proxies: tuple[str, ...] = LOOPBACK
    shutdown_timeout: float = 20.0
    log: str = "off"
    tracing: bool = False

    @property
    def tokens(self) -> TokenSettings:
        return self.token_settings or TokenSettings(self.secret)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, *, demo: bool = False) -> Self:
        """Read the settings from `environment`; raises SettingsError if one is missing or invalid."""
        read = _Reader(environment)
        tokens = _tokens(read, demo=demo)
        return cls(
            database_url=read.text("DATABASE_URL", DEMO_DATABASE_URL if demo else DATABASE_URL),
            secret=tokens.secret,
            demo=demo,
            executor=read.one_of("EXECUTOR", EXECUTORS),
            cors_origins=frozenset(read.words("CORS_ORIGINS")),
            limits=_limits(read),
            rate_limit=_rate(read.text("RATE_LIMIT", RATE_LIMIT)),
            rate_factors=_factors(read.words("RATE_FACTORS")),
            introspection=read.one_of("INTROSPECTION", INTROSPECTION, "public" if demo else None),
            persisted_documents=read.one_of("PERSISTED_DOCUMENTS", PERSISTED_DOCUMENTS),
            token_settings=tokens,
            playground=read.one_of("PLAYGROUND", PLAYGROUND) == "on",
            replica_url=read.text("REPLICA_URL") or None,
            pool_size=int(read.number("POOL_SIZE", cls.pool_size, least=1)),
            pool_timeout=read.number("POOL_TIMEOUT", cls.pool_timeout, least=0.1),
            proxies=_proxies(read.words("PROXIES")),
            shutdown_timeout=read.number("SHUTDOWN_TIMEOUT", cls.shutdown_timeout),
            log=read.one_of("LOG", LOGS, "off" if demo else None),
            tracing=bool(environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")),
        )


@dataclass(frozen=True)
class _Reader:
    """Reads settings by name without the prefix; an empty value counts as not set."""

    environment: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        return self.environment.get(f"PODGRAPH_{name}") or self._deprecated(name) or default

    def _deprecated(self, name: str) -> str | None:
        value = self.environment.get(f"PODGRAPH_{DEPRECATED[name]}") if name in DEPRECATED else None
        if value:
            _logger.warning("PODGRAPH_%s is deprecated: rename it to PODGRAPH_%s", DEPRECATED[name], name)
        return value

    def words(self, name: str) -> list[str]:
        return self.text(name).replace(",", " ").split()

    def one_of(self, name: str, words: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(name, default or words[0])
        if value not in words:
            raise SettingsError(f"PODGRAPH_{name} is '{value}': expected {' or '.join(words)}")
        return value

    def number(self, name: str, default: float, *, least: float = 0) -> float:
        text = self.text(name)
        try:
            value = float(text) if text else default
        except ValueError:
            value = -1
        if not least <= value < float("inf"):
            raise SettingsError(f"PODGRAPH_{name} is '{text}': expected a number, {least:g} or more")
        return value


def _tokens(read: _Reader, *, demo: bool) -> TokenSettings:
    jwks = read.text("JWKS") or None
    secret = read.text("SECRET", DEMO_SECRET if demo else "")
    if len(secret) < MIN_SECRET_LENGTH and not (jwks and not secret):
        raise SettingsError(
            f"PODGRAPH_SECRET must be set to at least {MIN_SECRET_LENGTH} characters. Generate a secret with:\n"
            '  export PODGRAPH_SECRET="$(openssl rand -base64 48)"\n'
            "or set PODGRAPH_JWKS to public keys, or try the demo: podgraph serve --demo"
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
    """Maximum duration of an operation in seconds: PODGRAPH_DEADLINE, which commands read alone."""
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
        raise SettingsError(f"PODGRAPH_RATE_LIMIT is '{text}': expected capacity/refill per second, e.g. {RATE_LIMIT}")
    return points, restored


def _proxies(words: list[str]) -> tuple[str, ...]:
    for word in words:
        try:
            ip_network(word)
        except ValueError:
            raise SettingsError(
                f"PODGRAPH_PROXIES is '{' '.join(words)}': expected addresses or networks, e.g. 10.0.0.5 fd00::/8"
            ) from None
    return tuple(words) or LOOPBACK


def _factors(words: list[str]) -> dict[str, float]:
    try:
        factors = {role: float(factor) for role, factor in (word.split("=") for word in words)}
    except ValueError:
        factors = {"": 0.0}
    if not (set(factors) <= set(Role) and all(0 < factor < float("inf") for factor in factors.values())):
        raise SettingsError(
            f"PODGRAPH_RATE_FACTORS is '{' '.join(words)}': expected roles and factors, e.g. OPERATOR=5 SYSTEM=10"
        )
    return factors
