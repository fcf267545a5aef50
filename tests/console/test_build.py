"""The build of the pages: done once for the same files, and never in the way of an installation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console import build


def of(*files: Path) -> Iterator[Path]:
    yield from files


def hook() -> build.ConsoleHook:
    return build.ConsoleHook(str(build.ROOT), {}, None, None, "", "wheel")  # type: ignore[arg-type]


def test_what_the_pages_are_made_of_leaves_out_what_was_made() -> None:
    files = {file.relative_to(build.ROOT).as_posix() for file in build.sources()}
    assert {"src/console/package.json", "src/console/src/main.tsx", "schema.graphql"} <= files
    assert "src/podgraph/reports/documents/acceptance-queue.graphql" in files
    assert not [file for file in files if "node_modules" in file or "/generated/" in file]


def test_another_file_makes_another_digest() -> None:
    one, two = build.ROOT / "schema.graphql", build.ROOT / "pyproject.toml"
    assert build.digest(of(one)) == build.digest(of(one))
    assert build.digest(of(one)) != build.digest(of(two))


def test_pages_of_these_very_files_are_not_built_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build, "BUILT_FROM", tmp_path / "built-from")
    monkeypatch.setattr(build, "CONSOLE", tmp_path / "nowhere")
    (tmp_path / "built-from").write_text(build.digest(build.sources()))
    build.build()


def test_the_build_can_be_skipped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PODGRAPH_SKIP_CONSOLE", "1")
    hook().initialize("editable", {})
    assert capsys.readouterr().err == "podgraph console: skipped, as PODGRAPH_SKIP_CONSOLE asks\n"


def test_without_the_registry_the_installation_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"react": "19.3.1"}}')
    monkeypatch.setattr(build, "BUILT_FROM", tmp_path / "built-from")
    monkeypatch.setattr(build, "CONSOLE", tmp_path)
    monkeypatch.setattr(build, "GENERATED", tmp_path / "generated")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    hook().initialize("editable", {})
    said = capsys.readouterr().err
    assert said.startswith("podgraph console: its packages could not be fetched")
    assert len(said.splitlines()) == 1
