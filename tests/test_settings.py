"""Settings are read once, and a wrong one stops the server with the way to write it."""

import re
import sys

import pytest

from podgraph.settings import Settings, SettingsError, TokenSettings

SECRET = "a secret for tests, longer than thirty-two characters"


def read(*, demo: bool = False, **given: str) -> Settings:
    named = {f"PODGRAPH_{name}": value for name, value in given.items()}
    return Settings.read({"PODGRAPH_SECRET": SECRET, **named}, demo=demo)


def test_without_settings_the_edge_is_strict() -> None:
    settings = read()
    assert settings.origins == frozenset()
    assert settings.rate_limit == (50_000, 1_000)
    assert settings.introspection == "authenticated"
    assert settings.documents == "off"
    assert settings.proxies == ("127.0.0.1", "::1")
    assert (settings.limits.cost, settings.limits.seconds) == (10_000, 15)
    assert settings.tokens == TokenSettings(SECRET)


def test_the_demo_tells_its_schema() -> None:
    assert read(demo=True).introspection == "public"
    assert read(demo=True, INTROSPECTION="off").introspection == "off"


def test_settings_are_read_as_they_are_written() -> None:
    settings = read(
        ORIGINS="https://a.example, https://b.example",
        MAX_COST="500",
        DEADLINE="2.5",
        RATE_LIMIT="100/0.5",
        RATE_FACTORS="OPERATOR=5 SYSTEM=0.1",
        DOCUMENTS="enforce",
        JWT_ISSUER="https://issuer.example",
        JWT_AUDIENCE="podgraph",
        JWT_LEEWAY="30",
        PROXIES="10.0.0.5, fd00::/8",
    )
    assert settings.origins == {"https://a.example", "https://b.example"}
    assert (settings.limits.cost, settings.limits.seconds) == (500, 2.5)
    assert settings.rate_limit == (100, 0.5)
    assert settings.rate_factors == {"OPERATOR": 5, "SYSTEM": 0.1}
    assert settings.documents == "enforce"
    assert settings.proxies == ("10.0.0.5", "fd00::/8")
    assert settings.tokens == TokenSettings(SECRET, None, "https://issuer.example", "podgraph", 30)


def test_limits_can_be_switched_off_for_a_benchmark() -> None:
    settings = read(MAX_COST="off", RATE_LIMIT="off")
    assert (settings.limits.cost, settings.rate_limit) == (sys.maxsize, None)


def test_public_keys_take_the_place_of_a_secret() -> None:
    settings = Settings.read({"PODGRAPH_JWKS": "https://issuer.example/keys"})
    assert settings.tokens == TokenSettings("", "https://issuer.example/keys")


@pytest.mark.parametrize(
    "given", [{}, {"PODGRAPH_SECRET": "short"}, {"PODGRAPH_SECRET": "short", "PODGRAPH_JWKS": "x"}]
)
def test_without_a_secret_or_keys_there_is_no_server(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="at least 32 characters"):
        Settings.read(given)


WRONG = [
    ("EXECUTOR", "fast", "write level or reference"),
    ("INTROSPECTION", "yes", "write authenticated or public or off"),
    ("DOCUMENTS", "on", "write off or log or enforce"),
    ("MAX_COST", "0", "write a number, 1 or more"),
    ("MAX_COST", "many", "write a number"),
    ("DEADLINE", "nan", "write a number, 0.1 or more"),
    ("DEADLINE", "inf", "write a number"),
    ("RATE_LIMIT", "100", "write points and points a second, 50000/1000"),
    ("RATE_LIMIT", "100/0", "write points and points a second"),
    ("RATE_FACTORS", "KING=2", "write roles and factors"),
    ("RATE_FACTORS", "OPERATOR", "write roles and factors"),
    ("RATE_FACTORS", "OPERATOR=-1", "write roles and factors"),
    ("POOL_SIZE", "0", "write a number, 1 or more"),
    ("POOL_PATIENCE", "0", "write a number, 0.1 or more"),
    ("GRACE", "-1", "write a number, 0 or more"),
    ("PROXIES", "proxy.example", "write addresses or networks, 10.0.0.5 fd00::/8"),
    ("PROXIES", "10.0.0.5/8", "write addresses or networks"),
    ("PROXIES", "*", "write addresses or networks"),
    ("LOG", "loud", "write json or text or off"),
    ("JWT_LEEWAY", "-1", "write a number, 0 or more"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_a_wrong_setting_says_how_to_write_it(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"PODGRAPH_{name} is '{value}': {message}")):
        Settings.read({"PODGRAPH_SECRET": SECRET, f"PODGRAPH_{name}": value})
