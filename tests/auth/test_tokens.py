"""Tokens: what is issued is understood again, and nothing else is."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from podgraph.auth.tokens import LIFETIME, Claims, Tokens, Unauthenticated
from podgraph.kernel.clock import system_clock
from podgraph.kernel.roles import Role

SECRET = "a secret for tests, longer than thirty-two characters"
TOKENS = Tokens(SECRET)
TOKEN = TOKENS.issue("USR-26-000044", ["ORG-26-090611", "ORG-26-090500"], [Role.BILLING, Role.MEMBER])
VIEWER = Claims(
    "USR-26-000044",
    frozenset({"ORG-26-090500", "ORG-26-090611"}),
    frozenset({Role.BILLING, Role.MEMBER}),
)


def signed(**changed: Any) -> str:
    claims = {
        "sub": "USR-26-000044",
        "organizations": ["ORG-26-090500"],
        "roles": ["ORG_OWNER"],
        "exp": system_clock() + timedelta(hours=1),
        **changed,
    }
    return f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_token_authenticates_its_user(scheme: str) -> None:
    assert await TOKENS.verify(f"{scheme} {TOKEN}") == VIEWER


def test_a_token_is_valid_for_twelve_hours() -> None:
    token = TOKENS.issue("USR-26-000044", ["ORG-26-090500"], [Role.BILLING])
    left = jwt.decode(token, SECRET, ["HS256"])["exp"] - system_clock().timestamp()
    assert timedelta(hours=12) == LIFETIME
    assert LIFETIME.total_seconds() - 600 < left <= LIFETIME.total_seconds()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Token {TOKEN}"])
async def test_a_header_without_a_bearer_token_counts_as_missing(header: str | None) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await TOKENS.verify(header)
    assert refused.value.extensions == {"code": "UNAUTHENTICATED", "reason": "TOKEN_MISSING"}


@pytest.mark.parametrize(
    "header",
    [
        signed(sub=None),
        signed(sub=44),
        signed(sub=""),
        signed(sub="USR-26-000044\0"),
        signed(sub="\ud800"),
        signed(organizations=None),
        signed(organizations=[None]),
        signed(organizations=[7]),
        signed(organizations=[["ORG-26-090500"]]),
        signed(organizations=["ORG-26-090500", ""]),
        signed(organizations=["ORG-26-090500\0"]),
        signed(organizations={"ORG-26-090500": True}),
        signed(roles=None),
        signed(roles="ORG_OWNER"),
        signed(roles=["org_owner"]),
        signed(roles=[["ORG_OWNER"]]),
        signed(roles=[None]),
        f"Bearer {TOKEN}x",
        f"Bearer  {TOKEN} more",
    ],
)
async def test_malformed_claims_are_rejected(header: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await TOKENS.verify(header)
    assert refused.value.extensions["reason"] == "TOKEN_INVALID"


NO_TIMES = [1e17, 1e300, 10**17, 10**400, float("inf"), float("-inf"), float("nan"), 253402300800, "1e3", "1"]
NO_TIMES += ["2000000000", "", "²", True, [2_000_000_000], {}]


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", NO_TIMES, ids=lambda value: str(value)[:12])
async def test_a_malformed_time_is_rejected(name: str, value: Any) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await TOKENS.verify(signed(**{name: value}))
    assert refused.value.code == "UNAUTHENTICATED"


@pytest.mark.parametrize("name", ["nbf", "iat"])
@pytest.mark.parametrize("value", [0, -1.5, -(10**20)])
async def test_a_token_may_be_valid_since_long_ago(name: str, value: float) -> None:
    assert (await TOKENS.verify(signed(**{name: value}))).user_id == "USR-26-000044"


@pytest.mark.parametrize("value", [2_000_000_000, 2_000_000_000.5, 253402300799])
async def test_a_time_may_have_fractions_and_be_far_away(value: float) -> None:
    viewer = await TOKENS.verify(signed(exp=value))
    assert viewer.expires_at is not None
    assert viewer.expires_at.timestamp() == value


@pytest.mark.parametrize("leeway", [0, 60])
async def test_an_expiry_after_the_calendar_is_rejected(leeway: float) -> None:
    with pytest.raises(Unauthenticated):
        await Tokens(SECRET, leeway=leeway).verify(signed(exp=253402300799 + 1 - leeway))


async def test_a_token_of_another_secret_is_rejected() -> None:
    with pytest.raises(Unauthenticated, match="was not issued for this server"):
        await Tokens("another secret of more than thirty-two characters").verify(f"Bearer {TOKEN}")
