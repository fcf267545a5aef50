"""Settings are read once; an invalid value stops the server with an explanation."""

import logging
import re
import sys
from typing import Any

import pytest

from podgraph.settings import Settings, SettingsError, TokenSettings

SECRET = "a secret for tests, longer than thirty-two characters"


def read(*, demo: bool = False, **given: str) -> Settings:
    named = {f"PODGRAPH_{name}": value for name, value in given.items()}
    return Settings.read({"PODGRAPH_SECRET": SECRET, **named}, demo=demo)


def test_the_defaults_are_strict() -> None:
    settings = read()
    assert settings.cors_origins == frozenset()
    assert settings.rate_limit == (50_000, 1_000)
    assert settings.introspection == "authenticated"
    assert settings.persisted_documents == "off"
    assert settings.proxies == ("127.0.0.1", "::1")
    assert (settings.limits.cost, settings.limits.seconds) == (10_000, 15)
    assert settings.tokens == TokenSettings(SECRET)


def test_the_demo_allows_introspection() -> None:
    assert read(demo=True).introspection == "public"
    assert read(demo=True, INTROSPECTION="off").introspection == "off"


def test_every_setting_is_parsed() -> None:
    settings = read(
        CORS_ORIGINS="https://a.example, https://b.example",
        MAX_COST="500",
        DEADLINE="2.5",
        RATE_LIMIT="100/0.5",
        RATE_FACTORS="OPERATOR=5 SYSTEM=0.1",
        PERSISTED_DOCUMENTS="enforce",
        JWT_ISSUER="https://issuer.example",
        JWT_AUDIENCE="podgraph",
        JWT_LEEWAY="30",
        PROXIES="10.0.0.5, fd00::/8",
    )
    assert settings.cors_origins == {"https://a.example", "https://b.example"}
    assert (settings.limits.cost, settings.limits.seconds) == (500, 2.5)
    assert settings.rate_limit == (100, 0.5)
    assert settings.rate_factors == {"OPERATOR": 5, "SYSTEM": 0.1}
    assert settings.persisted_documents == "enforce"
    assert settings.proxies == ("10.0.0.5", "fd00::/8")
    assert settings.tokens == TokenSettings(SECRET, None, "https://issuer.example", "podgraph", 30)


def test_cost_and_rate_limits_can_be_switched_off() -> None:
    settings = read(MAX_COST="off", RATE_LIMIT="off")
    assert (settings.limits.cost, settings.rate_limit) == (sys.maxsize, None)


def test_public_keys_replace_the_secret() -> None:
    settings = Settings.read({"PODGRAPH_JWKS": "https://issuer.example/keys"})
    assert settings.tokens == TokenSettings("", "https://issuer.example/keys")


@pytest.mark.parametrize(
    "given", [{}, {"PODGRAPH_SECRET": "short"}, {"PODGRAPH_SECRET": "short", "PODGRAPH_JWKS": "x"}]
)
def test_a_secret_or_public_keys_are_required(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="at least 32 characters"):
        Settings.read(given)


WRONG = [
    ("EXECUTOR", "fast", "expected level or reference"),
    ("INTROSPECTION", "yes", "expected authenticated or public or off"),
    ("PERSISTED_DOCUMENTS", "on", "expected off or log or enforce"),
    ("MAX_COST", "0", "expected a number, 1 or more"),
    ("MAX_COST", "many", "expected a number"),
    ("DEADLINE", "nan", "expected a number, 0.1 or more"),
    ("DEADLINE", "inf", "expected a number"),
    ("RATE_LIMIT", "100", "expected capacity/refill per second, e.g. 50000/1000"),
    ("RATE_LIMIT", "100/0", "expected capacity/refill per second"),
    ("RATE_FACTORS", "KING=2", "expected roles and factors"),
    ("RATE_FACTORS", "OPERATOR", "expected roles and factors"),
    ("RATE_FACTORS", "OPERATOR=-1", "expected roles and factors"),
    ("POOL_SIZE", "0", "expected a number, 1 or more"),
    ("POOL_TIMEOUT", "0", "expected a number, 0.1 or more"),
    ("SHUTDOWN_TIMEOUT", "-1", "expected a number, 0 or more"),
    ("PROXIES", "proxy.example", "expected addresses or networks, e.g. 10.0.0.5 fd00::/8"),
    ("PROXIES", "10.0.0.5/8", "expected addresses or networks"),
    ("PROXIES", "*", "expected addresses or networks"),
    ("LOG", "loud", "expected json or text or off"),
    ("JWT_LEEWAY", "-1", "expected a number, 0 or more"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_an_invalid_setting_names_the_expected_values(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"PODGRAPH_{name} is '{value}': {message}")):
        Settings.read({"PODGRAPH_SECRET": SECRET, f"PODGRAPH_{name}": value})


RENAMED = [
    ("ORIGINS", "CORS_ORIGINS", "https://a.example", "cors_origins", {"https://a.example"}),
    ("DOCUMENTS", "PERSISTED_DOCUMENTS", "log", "persisted_documents", "log"),
    ("POOL_PATIENCE", "POOL_TIMEOUT", "2", "pool_timeout", 2),
    ("READ_URL", "REPLICA_URL", "postgresql://replica/podgraph", "replica_url", "postgresql://replica/podgraph"),
    ("GRACE", "SHUTDOWN_TIMEOUT", "7", "shutdown_timeout", 7),
]


@pytest.mark.parametrize(("old", "new", "text", "field", "value"), RENAMED)
def test_an_old_name_still_works_and_logs_its_deprecation(
    caplog: pytest.LogCaptureFixture, old: str, new: str, text: str, field: str, value: Any
) -> None:
    with caplog.at_level(logging.WARNING, "podgraph"):
        assert getattr(Settings.read({"PODGRAPH_SECRET": SECRET, f"PODGRAPH_{old}": text}), field) == value
    assert caplog.messages == [f"PODGRAPH_{old} is deprecated: rename it to PODGRAPH_{new}"]


@pytest.mark.parametrize(("old", "new", "text", "field", "value"), RENAMED)
def test_a_new_name_overrides_its_old_name(
    caplog: pytest.LogCaptureFixture, old: str, new: str, text: str, field: str, value: Any
) -> None:
    environment = {"PODGRAPH_SECRET": SECRET, f"PODGRAPH_{old}": "ignored", f"PODGRAPH_{new}": text}
    with caplog.at_level(logging.WARNING, "podgraph"):
        assert getattr(Settings.read(environment), field) == value
    assert caplog.messages == []
