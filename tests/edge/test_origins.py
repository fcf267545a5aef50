"""Pages of other origins: refused by default, and let in by name."""

import httpx
import pytest

from podgraph.settings import Settings
from serving import SECRET, serving

ELSEWHERE = "https://elsewhere.example"
ASK = {"query": "{ __typename }"}


async def ask(demo_url: str, origin: str, *allowed: str) -> httpx.Response:
    settings = Settings(demo_url, SECRET, demo=True, origins=frozenset(allowed))
    async with serving(settings) as client:
        return await client.post("/graphql", json=ASK, headers={"Origin": origin})


async def preflight(demo_url: str, *allowed: str) -> httpx.Response:
    settings = Settings(demo_url, SECRET, demo=True, origins=frozenset(allowed))
    headers = {
        "Origin": ELSEWHERE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, authorization",
    }
    async with serving(settings) as client:
        return await client.options("/graphql", headers=headers)


async def test_a_page_of_our_own_may_ask(demo_url: str) -> None:
    assert (await ask(demo_url, "http://it")).status_code == 200


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://it:81", "http://it.elsewhere.example", "it"])
async def test_a_page_from_elsewhere_is_refused(demo_url: str, origin: str) -> None:
    answer = await ask(demo_url, origin)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN_ORIGIN"}
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_browser_that_asks_first_is_told_nothing(demo_url: str) -> None:
    answer = await preflight(demo_url)
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_an_origin_in_the_settings_may_ask(demo_url: str) -> None:
    answer = await ask(demo_url, ELSEWHERE, ELSEWHERE)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ELSEWHERE)
    asked_first = await preflight(demo_url, ELSEWHERE)
    assert asked_first.status_code == 200
    assert asked_first.headers["access-control-allow-methods"] == "GET, POST"


async def test_other_origins_stay_out_when_one_is_let_in(demo_url: str) -> None:
    assert (await ask(demo_url, "https://third.example", ELSEWHERE)).status_code == 403


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_what_a_browser_sends_without_asking_first_is_refused(demo_url: str, content_type: str) -> None:
    async with serving(Settings(demo_url, SECRET, demo=True)) as client:
        body = b'{"query": "mutation { __typename }"}'
        answer = await client.post("/graphql", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 415
