"""`podgraph init` and `podgraph login-link`: from an empty database to a signed-in owner."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from conftest import Server
from podgraph.cli.main import app
from podgraph.database.connections import dispose
from podgraph.database.engine import create_engine
from podgraph.settings import Settings
from serving import SECRET, serving

GIVEN = ("--organization", "Acme", "--currency", "EUR", "--owner", "ana@acme.example")
LINK = re.compile(r"http://127\.0\.0\.1:8000/sign-in#code=(\S+)")


@pytest.fixture
def url(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database, which the commands work on."""
    url = server.blank()
    monkeypatch.setenv("PODGRAPH_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    return url


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


def code_of(result: Result) -> str:
    assert result.exit_code == 0, result.output
    found = LINK.search(result.stdout)
    assert found
    return found[1]


def rows(url: str, statement: str) -> list[Any]:
    async def read() -> list[Any]:
        engine = create_engine(url)
        async with engine.connect() as connection:
            found = (await connection.execute(text(statement))).all()
        await dispose(engine)
        return [tuple(row) for row in found]

    return asyncio.run(read())


def signed_in(url: str, code: str, document: str) -> Any:
    """The answer to a document of the user whom a code signs in."""

    async def ask() -> Any:
        async with serving(Settings(url, SECRET)) as client:
            token = (await client.post("/sign-in", json={"code": code})).json()["token"]
            headers = {"Authorization": f"Bearer {token}"}
            return (await client.post("/graphql", json={"query": document}, headers=headers)).json()

    return asyncio.run(ask())


def test_the_owner_of_a_new_organization_signs_in(url: str) -> None:
    code = code_of(run("init", *GIVEN, "--owner-name", "Ana Lima", "--workspace", "Platform"))
    document = """{
        viewer {
            user { name email }
            memberships { role organization { name currency workspaces { nodes { name } } } }
            organizations { nodes { subscriptions { status } } }
        }
    }"""
    viewer = signed_in(url, code, document)["data"]["viewer"]
    assert viewer["user"] == {"name": "Ana Lima", "email": "ana@acme.example"}
    assert sorted(one["role"] for one in viewer["memberships"]) == ["OPERATOR", "ORG_OWNER"]
    assert viewer["memberships"][0]["organization"] == {
        "name": "Acme",
        "currency": "EUR",
        "workspaces": {"nodes": [{"name": "Platform"}]},
    }
    assert viewer["organizations"]["nodes"] == [{"subscriptions": [{"status": "ACTIVE"}]}]


def test_the_operator_can_be_another_person(url: str) -> None:
    result = run("init", *GIVEN, "--operator", "olaf@partner.example")
    code_of(result)
    granted = 'SELECT email, role FROM membership JOIN "user" ON "user".id = user_id ORDER BY email'
    assert rows(url, granted) == [("ana@acme.example", "ORG_OWNER"), ("olaf@partner.example", "OPERATOR")]
    assert "operator      USR-" in result.output


def test_another_organization_must_be_asked_for(url: str) -> None:
    code_of(run("init", *GIVEN))
    refused = run("init", *GIVEN)
    assert refused.exit_code == 1
    assert "add --another" in refused.stderr
    code_of(run("init", "--organization", "Beta", "--currency", "USD", "--owner", "bo@beta.example", "--another"))
    assert rows(url, "SELECT name FROM organization ORDER BY name") == [("Acme",), ("Beta",)]
    granted = "SELECT role, count(*) FROM membership GROUP BY role ORDER BY role"
    # The operator of the server remains the only one.
    assert rows(url, granted) == [("OPERATOR", 1), ("ORG_OWNER", 2)]


def test_an_existing_user_can_own_another_organization(url: str) -> None:
    code_of(run("init", *GIVEN))
    code_of(run("init", "--organization", "Beta", "--currency", "USD", "--owner", "ANA@acme.example", "--another"))
    assert rows(url, 'SELECT count(*) FROM "user"') == [(1,)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (GIVEN[:4], "--owner is missing"),
        (GIVEN[2:], "--organization is missing"),
        ((*GIVEN, "--currency", "eur"), "--currency must be three capital letters"),
        ((*GIVEN, "--owner", "ana"), "--owner is not an email address"),
        ((*GIVEN, "--operator", "o o@x"), "--operator contains spaces"),
        ((*GIVEN, "--organization", " "), "--organization is blank"),
        ((*GIVEN, "--workspace", ""), "--workspace is blank"),
    ],
)
def test_wrong_values_name_their_option(url: str, arguments: tuple[str, ...], message: str) -> None:
    result = run("init", *arguments)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


def test_missing_values_are_asked_for_at_a_terminal(url: str) -> None:
    ours, its = pty.openpty()
    os.write(ours, b"Acme\nEUR\nana@acme.example\n")
    command = [sys.executable, "-m", "podgraph.cli.main", "init"]
    done = subprocess.run(command, stdin=its, capture_output=True, text=True, timeout=60, check=False)
    for end in (ours, its):
        os.close(end)
    assert (done.returncode, "Currency, e.g. EUR" in done.stdout) == (0, True), done.stderr
    assert rows(url, "SELECT name, currency FROM organization") == [("Acme", "EUR")]


def test_a_login_link_signs_a_user_in(url: str) -> None:
    code_of(run("init", *GIVEN))
    code = code_of(run("login-link", "--user", "Ana@Acme.example"))
    answer = signed_in(url, code, "{ viewer { user { email } } }")
    assert answer["data"]["viewer"]["user"] == {"email": "ana@acme.example"}
    elsewhere = run("login-link", "--user", "ana@acme.example", "--url", "https://pods.example/")
    assert elsewhere.stdout.startswith("https://pods.example/sign-in#code=")
    unknown = run("login-link", "--user", "bo@acme.example")
    assert unknown.exit_code == 1
    assert "no active user" in unknown.stderr


def test_a_login_link_needs_current_tables(url: str) -> None:
    result = run("login-link", "--user", "ana@acme.example")
    assert (result.exit_code, "podgraph db upgrade" in result.stderr) == (1, True)
