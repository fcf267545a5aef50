import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from podgraph.cli.main import app

ROOT = Path(__file__).parents[2]
POD = '{ pod(id: "POD-26-000008") { name } }'


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Each command runs in an empty folder without settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("PODGRAPH_DATABASE_URL", "PODGRAPH_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


def test_help_shows_the_first_command() -> None:
    assert "podgraph serve --demo" in run("--help").output


def test_version() -> None:
    assert re.fullmatch(r"podgraph \d+\.\d+\.\d+\n", run("--version").output)


def test_a_document_from_standard_input_is_answered_from_the_demo_data() -> None:
    answer = run("query", "-", "--demo", stdin=POD)
    assert json.loads(answer.stdout) == {"data": {"pod": {"name": "Payments Platform Pod"}}}


def test_a_document_from_a_file_takes_variables(nowhere: Path) -> None:
    (nowhere / "pod.graphql").write_text("query ($id: ID!) { pod(id: $id) { id } }")
    answer = run("query", "pod.graphql", "--demo", "--variables", '{"id": "POD-26-000008"}')
    assert json.loads(answer.stdout) == {"data": {"pod": {"id": "POD-26-000008"}}}


def test_numbers_in_variables_are_read_exactly() -> None:
    document = "query ($p: Decimal) { allocations(filter: { utilisationPercent: { eq: $p } }) { totalCount } }"
    answer = run("query", "-", "--demo", "--variables", '{"p": 98.80000000000000001}', stdin=document)
    assert json.loads(answer.stdout) == {"data": {"allocations": {"totalCount": 0}}}


def test_reading_without_a_database_announces_the_demo_data() -> None:
    answer = run("query", "-", stdin=POD)
    assert "reading the demo data" in answer.stderr
    assert answer.exit_code == 0


def test_documents_are_registered_with_their_hash(nowhere: Path) -> None:
    run("db", "upgrade")
    (nowhere / "pod.graphql").write_text("query ($id: ID!) { pod(id: $id) { id } }")
    first, second = run("documents", "add", "."), run("documents", "add", ".")
    assert re.search(r"^sha256:[0-9a-f]{64}  pod\.graphql$", first.stdout, re.MULTILINE)
    assert "Added 1 of 1 document." in first.stdout
    assert "Added 0 of 1 document." in second.stdout


def test_tick_runs_due_jobs_and_prints_counts() -> None:
    run("db", "upgrade")
    answer = run("tick")
    assert (answer.exit_code, answer.stdout) == (0, "All due jobs are done.\n")


def test_diagrams_are_written_between_their_marks(nowhere: Path) -> None:
    page = nowhere / "README.md"
    page.write_text("Before\n<!-- diagrams -->\nold\n<!-- end of diagrams -->\nAfter\n")
    run("schema", "diagrams", "--into", "README.md")
    printed = run("schema", "diagrams").stdout
    assert printed.startswith("## Pod")
    assert page.read_text() == (f"Before\n<!-- diagrams -->\n{printed}<!-- end of diagrams -->\nAfter\n")


def test_an_invalid_document_is_not_registered(nowhere: Path) -> None:
    run("db", "upgrade")
    (nowhere / "pod.graphql").write_text("{ pood { id } }")
    answer = run("documents", "add", ".")
    assert answer.exit_code == 1
    assert "pod.graphql is not valid for this schema: Cannot query field 'pood'" in answer.stderr


REFUSALS = {
    "an unreadable file": (("query", "missing.graphql"), 2, "cannot read missing.graphql: No such file"),
    "variables that are no JSON": (("query", "-", "--variables", "{"), 2, "--variables is not JSON"),
    "variables that are no object": (
        ("query", "-", "--variables", "[]"),
        2,
        "--variables must be a JSON object",
    ),
    "no secret": (("serve",), 2, "PODGRAPH_SECRET must be set"),
    "workers on SQLite": (("serve", "--demo", "--workers", "2"), 2, "SQLite supports one worker"),
    "the demo on all interfaces": (("serve", "--demo", "--host", "0.0.0.0"), 2, "listens on loopback only"),
    "no secret for a token": (
        ("token", "--organization", "ORG-26-090500", "--user", "USR-26-000044", "--role", "VIEWER"),
        2,
        "PODGRAPH_SECRET must be set",
    ),
    "a schema that is missing": (("schema", "check"), 2, "cannot read schema.graphql: No such file"),
    "an unknown report": (("report", "weather"), 2, "no report 'weather'"),
    "a report without its pod": (("report", "monthly-sla-review", "--demo"), 2, "--pod"),
}


@pytest.mark.parametrize(("arguments", "code", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_an_invalid_command_prints_one_error_line(arguments: tuple[str, ...], code: int, message: str) -> None:
    answer = run(*arguments, stdin=POD)
    assert message in answer.stderr
    assert answer.exit_code == code
    assert "Traceback" not in answer.output


@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        ("mysql://host/name", 2, "use sqlite:///podgraph.db or postgresql://user@host/name"),
        ("sqlite:////nowhere/at/all.db", 1, "cannot be used: unable to open database file"),
        ("postgresql://user:hush@127.0.0.1:1/name", 1, "cannot be used"),
    ],
)
def test_an_invalid_database_url_prints_one_error_line(
    monkeypatch: pytest.MonkeyPatch, url: str, code: int, message: str
) -> None:
    monkeypatch.setenv("PODGRAPH_DATABASE_URL", url)
    answer = run("query", "-", stdin=POD)
    assert (answer.exit_code, message in answer.stderr, "hush" in answer.output) == (code, True, False)


def test_a_port_in_use_prints_one_error_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = run("serve", "--demo", "--port", str(taken.getsockname()[1]))
    assert "Address already in use. Choose another with --port" in answer.stderr
    assert answer.exit_code == 1


def test_the_committed_schema_is_the_one_of_the_code() -> None:
    assert run("schema", "check", str(ROOT / "schema.graphql")).exit_code == 0


def test_a_different_schema_is_detected(nowhere: Path) -> None:
    (nowhere / "schema.graphql").write_text("type Query { pods: Int }\n")
    answer = run("schema", "check")
    assert "Run: podgraph schema print > schema.graphql" in answer.stderr
    assert answer.exit_code == 1


def test_a_report_has_the_reference_figures() -> None:
    answer = run("report", "monthly-sla-review", "--pod", "POD-26-000008", "--period", "2026-04")
    assert answer.exit_code == 0
    for figure in ("97.2", "105.6", "99.0", "95.0", "INC-26-000091", "QUALITY_GATE"):
        assert figure in answer.stdout


def test_a_report_can_be_json_or_csv() -> None:
    workspace = ("report", "under-utilised", "--workspace", "WS-26-000021", "--demo")
    answer = json.loads(run(*workspace, "--format", "json").stdout)
    table = run(*workspace, "--format", "csv").stdout.splitlines()
    assert answer["allocations"]["totalCount"] == len(table) - 1 == 1


def test_the_reports_are_listed_with_a_sentence() -> None:
    listed = run("report", "--list").stdout
    assert listed.count("\n") >= 10
    assert "monthly-sla-review" in listed


def test_doctor_accepts_the_demo_data() -> None:
    answer = run("doctor", "--demo")
    assert re.search(r"All \d+ checks hold", answer.stdout)


def test_upgrade_creates_a_readable_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODGRAPH_DATABASE_URL", "sqlite:///own.db")
    assert run("db", "upgrade").exit_code == 0
    assert json.loads(run("query", "-", stdin=POD).stdout) == {"data": {"pod": None}}


def test_seeded_pods_keep_every_invariant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODGRAPH_DATABASE_URL", "sqlite:///own.db")
    assert run("seed", "--pods", "3", "--seed", "1").exit_code == 0
    counted = json.loads(run("query", "-", stdin="{ pods { totalCount } }").stdout)
    assert counted["data"]["pods"]["totalCount"] >= 3
    assert run("doctor").exit_code == 0


def test_a_server_without_a_database_exits_with_an_error() -> None:
    environment = {**os.environ, "PODGRAPH_DATABASE_URL": "sqlite:////nowhere/at/all.db"}
    command = [sys.executable, "-m", "podgraph.cli.main", "serve", "--demo", "--port", "0"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert ended.returncode == 1
    assert "cannot be used: unable to open database file" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_demo_is_served_and_takes_tokens_made_for_it(nowhere: Path) -> None:
    command = [sys.executable, "-m", "podgraph.cli.main"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    serving = subprocess.Popen(
        [*command, "serve", "--demo", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    try:
        assert serving.stdout is not None
        line = serving.stdout.readline().decode()
        address = line.split()[-1]
        made = run("token", "--demo", "--user", "USR-26-000044", "--role", "org_owner")
        token = made.stdout.strip()
        for headers in ({}, {"Authorization": f"Bearer {token}"}):
            answer = httpx.post(address, json={"query": POD}, headers=headers)
            assert answer.json()["data"]["pod"]["name"] == "Payments Platform Pod"
    finally:
        serving.send_signal(signal.SIGTERM)
        _, output = serving.communicate(timeout=10)
    assert serving.returncode in (0, -signal.SIGTERM)
    assert b"DEMO" in output
