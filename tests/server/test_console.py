"""The pages as the server gives them out."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from docs.render import render
from podgraph.auth.tokens import Tokens
from podgraph.demo.reference import NOW
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.errors import ErrorCode, WarningCode
from podgraph.kernel.request_errors import RequestErrorCode
from podgraph.server import console as pages
from podgraph.settings import DEMO_SECRET, Settings, SettingsError

URL = "sqlite://"


def client_of(settings: Settings) -> httpx.AsyncClient:
    app = Starlette(routes=pages.routes(settings, Tokens(DEMO_SECRET), stopped_clock(NOW)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it")


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A server with pages of its own."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text("<title>Podgraph</title>")
    (tmp_path / "playground.html").write_text("<title>Playground</title>")
    for ending in ("", ".br", ".gz"):
        (assets / f"app-1a2b.js{ending}").write_text(f"as it is{ending}")
    monkeypatch.setattr(pages, "BUILT", tmp_path)
    async with client_of(Settings(URL, DEMO_SECRET)) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/pods/POD-26-000008", "/outcomes", "/reports/weekly-watch", "/events"])
async def test_every_address_of_the_dashboard_is_its_one_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.text == "<title>Podgraph</title>"
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_policy_allows_scripts_of_the_server_only(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/playground")).headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(policy)
    assert not [rule for rule in policy if "unsafe-eval" in rule or "http" in rule]


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", "as it is.br"),
        ("gzip", "gzip", "as it is.gz"),
        ("br;q=0, gzip", "gzip", "as it is.gz"),
        ("br; q=0.000, gzip", "gzip", "as it is.gz"),
        ("identity", None, "as it is"),
    ],
)
async def test_an_asset_is_sent_in_an_accepted_encoding(
    client: httpx.AsyncClient, accepted: str, encoding: str | None, body: str
) -> None:
    request = client.build_request("GET", "/assets/app-1a2b.js", headers={"Accept-Encoding": accepted})
    answer = await client.send(request, stream=True)
    raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert raw.decode() == body
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/../index.html", "/assets/%2e%2e/index.html"])
async def test_an_unknown_asset_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_outside_the_demo_the_page_gets_no_users(client: httpx.AsyncClient) -> None:
    assert (await client.get("/console/config")).json() == {
        "now": "2026-05-14T16:00:00+00:00",
        "playground": True,
        "people": [],
    }


async def test_the_demo_offers_four_users() -> None:
    async with client_of(Settings(URL, DEMO_SECRET, demo=True)) as client:
        people = (await client.get("/console/config")).json()["people"]
    assert [person["part"] for person in people] == ["client", "operator", "delivery", "stranger"]


async def test_without_pages_the_server_explains_how_to_build_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages, "BUILT", tmp_path)
    async with client_of(Settings(URL, DEMO_SECRET)) as client:
        answer = await client.get("/")
    assert answer.status_code == 200
    assert "were not built with this installation" in answer.text


async def test_the_playground_can_be_off() -> None:
    settings = Settings.read({"PODGRAPH_SECRET": DEMO_SECRET, "PODGRAPH_PLAYGROUND": "off"})
    async with client_of(settings) as client:
        assert (await client.get("/playground")).status_code == 404
        assert (await client.get("/console/config")).json()["playground"] is False


def test_a_setting_other_than_on_or_off_is_rejected() -> None:
    with pytest.raises(SettingsError, match="expected on or off"):
        Settings.read({"PODGRAPH_SECRET": DEMO_SECRET, "PODGRAPH_PLAYGROUND": "maybe"})


@pytest.fixture
async def docs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A server with the documentation as the build renders it."""
    render(tmp_path / "docs")
    monkeypatch.setattr(pages, "BUILT", tmp_path)
    async with client_of(Settings(URL, DEMO_SECRET)) as client:
        yield client


async def test_links_between_pages_of_the_documentation_work(docs: httpx.AsyncClient) -> None:
    found: dict[str, str] = {}
    to_visit = ["/docs"]
    while to_visit:
        path, _, fragment = to_visit.pop().partition("#")
        if path not in found:
            answer = await docs.get(path)
            assert answer.status_code == 200, path
            found[path] = answer.text
            to_visit += re.findall(r'href="(/[^"]*)"', answer.text)
        assert not fragment or f'id="{fragment}"' in found[path], f"{path}#{fragment}"
    assert {"/", "/docs/configuration", "/docs/decisions/0001-loaders"} <= set(found)


async def test_documentation_runs_no_script_and_loads_nothing(docs: httpx.AsyncClient) -> None:
    answer = await docs.get("/docs/lifecycles")
    assert answer.headers["content-security-policy"] == pages.POLICY
    assert not re.search(r"<script|<link|<img|src=|@import", answer.text)
    assert "<td>SCOPING</td><td>ACTIVE</td><td>confirmPod</td>" in answer.text


@pytest.mark.parametrize("path", ["/docs/none", "/docs/../index", "/docs/%2e%2e/index", "/docs/errors.html"])
async def test_an_unknown_page_of_the_documentation_is_not_found(docs: httpx.AsyncClient, path: str) -> None:
    assert (await docs.get(path)).status_code == 404


async def test_every_error_code_has_one_anchor(docs: httpx.AsyncClient) -> None:
    answer = await docs.get("/errors", follow_redirects=True)
    assert answer.url.path == "/docs/errors"
    codes = {*ErrorCode, *WarningCode, *RequestErrorCode}
    assert {code: answer.text.count(f'id="{code}"') for code in codes} == dict.fromkeys(codes, 1)


def test_rendering_deletes_pages_that_no_longer_exist(tmp_path: Path) -> None:
    (tmp_path / "old.html").write_text("An old page.")
    render(tmp_path)
    assert not (tmp_path / "old.html").exists()
    assert (tmp_path / "README.html").exists()
