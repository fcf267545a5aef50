"""The build of the pages: runs only when a file changed, and never fails an installation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console import build


def of(*files: Path) -> Iterator[Path]:
    yield from files


def hook() -> build.ConsoleHook:
    return build.ConsoleHook(str(build.ROOT), {}, None, None, "", "wheel")  # type: ignore[arg-type]


def test_sources_exclude_generated_files() -> None:
    files = {file.relative_to(build.ROOT).as_posix() for file in build.sources()}
    assert {"src/console/package.json", "src/console/src/main.tsx", "schema.graphql"} <= files
    assert "src/podgraph/reports/documents/acceptance-queue.graphql" in files
    assert not [file for file in files if "node_modules" in file or "/generated/" in file]


def test_digest_depends_on_the_files() -> None:
    one, two = build.ROOT / "schema.graphql", build.ROOT / "pyproject.toml"
    assert build.digest(of(one)) == build.digest(of(one))
    assert build.digest(of(one)) != build.digest(of(two))


def test_unchanged_pages_are_not_rebuilt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build, "BUILT_FROM", tmp_path / "built-from")
    monkeypatch.setattr(build, "CONSOLE", tmp_path / "nowhere")
    (tmp_path / "built-from").write_text(build.digest(build.sources()))
    build.build()


def test_docs_are_rendered_even_if_the_build_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PODGRAPH_SKIP_CONSOLE", "1")
    monkeypatch.setattr(build, "PAGES", tmp_path)
    hook().initialize("editable", {})
    assert capsys.readouterr().err == "podgraph console: skipped because PODGRAPH_SKIP_CONSOLE is 1\n"
    assert "<h1" in (tmp_path / "errors.html").read_text("utf-8")


def test_installation_succeeds_without_npm_registry(
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
    error = capsys.readouterr().err
    assert error.startswith("podgraph console: its packages could not be fetched")
    assert len(error.splitlines()) == 1
