"""Logs: their forms, and the secrets that no line contains."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.observability.logging import configure_logs
from podgraph.settings import Settings
from serving import OWNER, SECRET, serving

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("uvicorn", "podgraph.requests"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def logged(form: str, capsys: pytest.CaptureFixture[str]) -> str:
    configure_logs(form)
    logging.getLogger("podgraph.requests").info("POST /graphql", extra={"cost": 12, "trace_id": "t"})
    logging.getLogger("podgraph").warning("Careful")
    return capsys.readouterr().err


def test_json_is_one_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (json.loads(line) for line in logged("json", capsys).splitlines())
    assert {name: first[name] for name in ("message", "level", "logger", "cost", "trace_id")} == {
        "message": "POST /graphql",
        "level": "info",
        "logger": "podgraph.requests",
        "cost": 12,
        "trace_id": "t",
    }
    assert (second["message"], second["level"]) == ("Careful", "warning")
    assert MOMENT.fullmatch(first["timestamp"])


def test_json_escapes_line_breaks_and_unknown_types(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json")
    logging.getLogger("podgraph").warning("two\nlines by %s", "ä", extra={"address": Path("/a")})
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "two\nlines by ä"
    assert json.loads(line)["address"] == repr(Path("/a"))


def test_text_is_one_sentence_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert logged("text", capsys) == "INFO POST /graphql cost=12 trace_id=t\nWARNING Careful\n"


def test_off_logs_only_warnings_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert logged("off", capsys) == "WARNING Careful\n"


def test_an_exception_is_logged_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json")
    try:
        raise RuntimeError("inside")
    except RuntimeError:
        logging.getLogger("podgraph").exception("Unexpected error")
    line = json.loads(capsys.readouterr().err)
    assert "RuntimeError: inside" in line["exception"]


BROKEN = "ALTER TABLE pod RENAME TO pods_that_are_away"
SECRETS = {"name": "hush-name", "reason": "hush-reason", "id": "POD-26-999123", "token": "hush-token"}
ASKED: list[tuple[str, dict[str, str]]] = [
    ("query Named($id: ID!) { pod(id: $id) { name } }", {"id": SECRETS["id"]}),
    ("query Wrong($id: Int!) { __typename }", {"id": SECRETS["id"]}),
    (f'query Literal {{ pod(id: "{SECRETS["id"]}") {{ nothing }} }}', {}),
    (
        "mutation Refused($id: ID!, $reason: String!) {"
        " pausePod(input: { podId: $id, reason: $reason, idempotencyKey: $reason })"
        " { userErrors { code } } }",
        {"id": SECRETS["id"], "reason": SECRETS["reason"]},
    ),
    (
        'mutation Made($name: String!) { createToken(input: { organizationId: "ORG-26-090500",'
        " name: $name, roles: [MEMBER] }) { secret } }",
        {"name": SECRETS["name"]},
    ),
]


@pytest.mark.writes
@pytest.mark.parametrize("form", ["json", "text"])
async def test_no_line_of_a_session_has_a_token_or_a_value(
    demo_engine: AsyncEngine, demo_url: str, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    configure_logs(form)
    async with serving(Settings(demo_url, SECRET, persisted_documents="log")) as client:
        await ask(client, "{ __typename }", {}, SECRETS["token"])
        answers = [await ask(client, document, variables, OWNER) for document, variables in ASKED]
        secret = answers[-1]["data"]["createToken"]["secret"]
        await ask(client, ASKED[0][0], ASKED[0][1], secret)
        async with demo_engine.begin() as connection:
            await connection.execute(text(BROKEN))
        broken = [await ask(client, *ASKED[0], secret), await ask(client, *ASKED[3], OWNER)]
    lines = capsys.readouterr().err
    assert [answer["errors"][0]["extensions"]["code"] for answer in broken] == ["INTERNAL", "INTERNAL"]
    assert all(name in lines for name in ("Named", "Wrong", "Refused", "Made", "Unexpected error"))
    assert [one for one in (*SECRETS.values(), OWNER, secret) if one in lines] == []


async def ask(client: httpx.AsyncClient, document: str, variables: dict[str, str], token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    body = {"query": document, "variables": variables}
    return (await client.post("/graphql", json=body, headers=headers)).json()
