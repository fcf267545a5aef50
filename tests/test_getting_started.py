"""The first page of the documentation: its blocks, run in order from an empty database."""

import asyncio
import json
import re
import shlex
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from conftest import Server
from podgraph.cli.main import app as commands
from podgraph.kernel.clock import system_clock
from podgraph.server.app import create_app
from podgraph.settings import Settings
from serving import SECRET

PAGE = (Path(__file__).parents[1] / "src" / "docs" / "getting-started.md").read_text("utf-8")
STEP = re.compile(
    r"^## [^\n]*(?P<later>A month later)|^```(?P<language>\w+)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE
)
DAY, MONTH = timedelta(days=1), timedelta(days=32)


def subset(part: Any, whole: Any) -> bool:
    """Whether an answer contains what an abridged answer shows."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and subset(part[name], whole[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(subset, part, whole))
    return bool(part == whole)


class Reader:
    """A person who follows the page, from today."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self.url, self.stack = url, stack
        self.now = system_clock()
        self.today = self.now
        self.client = httpx.AsyncClient()
        self.tokens: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        """Values that the page leaves out, by the names that it gives them."""
        self.data: Any = None

    def clock(self) -> datetime:
        return self.now

    def dated(self, text: str) -> str:
        """A block with the dates and ids of today."""
        dates = {
            "-26-": f"-{self.today:%y}-",
            "2026-05-01": f"{self.today:%Y-%m-%d}",
            "2026-05-02": f"{self.today + DAY:%Y-%m-%d}",
            "2026-05": f"{self.today:%Y-%m}",
        }
        return re.sub("2026-05(-0[12])?|-26-", lambda found: dates[found[0]], text)

    async def sh(self, text: str) -> None:
        for line in text.replace("\\\n", "").splitlines():
            match shlex.split(line):
                case ["uv", "run", "podgraph", "serve"]:
                    await self.serve()
                case ["uv", "run", "podgraph", *arguments]:
                    result = await asyncio.to_thread(CliRunner().invoke, commands, arguments)
                    assert result.exit_code == 0, result.output
                    self.secrets["CODE_OF_THE_LINK"] = result.stdout.partition("/sign-in#code=")[2].split()[0]
                case ["curl", address, "-H", "Content-Type: application/json", "-d", body]:
                    await self.post(httpx.URL(address).path, json.loads(body))
                case ["export", setting]:
                    assert setting.startswith("PODGRAPH_SECRET=")
                case other:
                    raise AssertionError(f"the page shows an unknown command: {other}")

    async def serve(self) -> None:
        app = create_app(Settings(self.url, SECRET), clock=self.clock)
        await self.stack.enter_async_context(app.router.lifespan_context(app))
        self.client = await self.stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it")
        )

    async def post(self, path: str, body: dict[str, str]) -> None:
        response = await self.client.post(
            path, json={name: self.secrets.get(value, value) for name, value in body.items()}
        )
        assert response.status_code == 200, response.text
        self.tokens["Ben" if "name" in body else "Ana"] = response.json()["token"]

    async def graphql(self, text: str) -> None:
        caller = text.partition("\n")[0].removeprefix("# As ")
        headers = {"Authorization": f"Bearer {self.tokens[caller]}"}
        response = (await self.client.post("/graphql", json={"query": self.dated(text)}, headers=headers)).json()
        assert "errors" not in response, (text, response)
        self.data = response["data"]
        if "\nmutation " in text:
            for name, payload in self.data.items():
                assert payload["userErrors"] == [], (name, payload)
                if "secret" in payload:
                    self.secrets["SECRET_OF_THE_INVITATION"] = payload["secret"]

    async def json(self, text: str) -> None:
        shown = json.loads(self.dated(text))
        assert subset(shown, self.data), (shown, self.data)


async def test_the_page_leads_from_nothing_to_a_pod(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.blank()
    monkeypatch.setenv("PODGRAPH_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    async with AsyncExitStack() as stack:
        reader = Reader(url, stack)
        for step in STEP.finditer(PAGE):
            if step["later"]:
                reader.now += MONTH
            else:
                await getattr(reader, step["language"])(step["text"])
    assert reader.data["organization"]["name"] == "Acme"
