"""Generated documentation: complete, correct, and equal to the files."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from podgraph.cli.docs import SETTINGS, Setting, error_tables, settings_table
from podgraph.kernel.errors import ErrorCode, WarningCode
from podgraph.kernel.request_errors import RequestErrorCode
from podgraph.settings import DEPRECATED, Settings

DOCS = Path(__file__).parents[2] / "src" / "docs"
SECRET = "a secret for tests, longer than thirty-two characters"


class Recorded(Mapping[str, str]):
    """An environment that records the names of the variables that are read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_of, self.names = values, set[str]()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self.values_of[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_of)

    def __len__(self) -> int:
        return len(self.values_of)


def section(file: str, name: str) -> str:
    text = (DOCS / file).read_text("utf-8")
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- end of {name} -->\n")[0]


def test_the_table_contains_every_setting_that_is_read() -> None:
    environment = Recorded({"PODGRAPH_SECRET": SECRET})
    Settings.read(environment)
    assert [setting.name for setting in SETTINGS if setting.name not in environment.names] == []
    deprecated = {f"PODGRAPH_{name}" for name in DEPRECATED.values()}
    assert environment.names - deprecated - {setting.name for setting in SETTINGS} == set()


@pytest.mark.parametrize("setting", [each for each in SETTINGS if each.default], ids=lambda each: each.name)
def test_the_default_shown_is_the_default_used(setting: Setting) -> None:
    given = {"PODGRAPH_SECRET": SECRET}
    assert Settings.read({**given, setting.name: setting.default}) == Settings.read(given)


@pytest.mark.parametrize("setting", [each for each in SETTINGS if not each.default], ids=lambda each: each.name)
def test_a_setting_without_default_is_off_when_empty(setting: Setting) -> None:
    given = {"PODGRAPH_SECRET": SECRET, "PODGRAPH_JWKS": "keys.json"}
    assert Settings.read({**given, setting.name: ""}) == Settings.read(
        {name: value for name, value in given.items() if name != setting.name}
    )


def test_the_page_of_settings_is_generated() -> None:
    assert section("configuration.md", "settings") == settings_table(), (
        "run: podgraph docs settings --into src/docs/configuration.md"
    )


def test_the_page_of_errors_is_generated() -> None:
    assert section("errors.md", "errors") == error_tables(), "run: podgraph docs errors --into src/docs/errors.md"


@pytest.mark.parametrize("code", [*ErrorCode, *WarningCode, *RequestErrorCode])
def test_every_code_is_explained(code: str) -> None:
    assert f"| `{code}` | {code.__doc__}" in error_tables()


def test_errors_show_status_and_whether_a_retry_may_succeed() -> None:
    rows = {line.split("`")[1]: line for line in error_tables().splitlines() if line.startswith("| `")}
    assert rows["RATE_LIMITED"].endswith(" HTTP status 429. |")
    assert rows["BUSY"].endswith(" The same call may succeed if it is retried. |")
    assert "retried" not in rows["NOT_FOUND"]
