import json
import logging
from collections.abc import Iterator

import pytest

from podgraph.logs import configure_logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("uvicorn", "podgraph.requests"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def said(form: str, capsys: pytest.CaptureFixture[str]) -> str:
    configure_logs(form)
    logging.getLogger("podgraph.requests").info("POST /graphql", extra={"cost": 12, "trace_id": "t"})
    logging.getLogger("podgraph").warning("Careful")
    return capsys.readouterr().err


def test_machines_get_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (json.loads(line) for line in said("json", capsys).splitlines())
    assert {name: first[name] for name in ("message", "level", "logger", "cost", "trace_id")} == {
        "message": "POST /graphql",
        "level": "info",
        "logger": "podgraph.requests",
        "cost": 12,
        "trace_id": "t",
    }
    assert (second["message"], second["level"]) == ("Careful", "warning")


def test_people_get_a_sentence_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert said("text", capsys) == "INFO POST /graphql cost=12 trace_id=t\nWARNING Careful\n"


def test_off_tells_only_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert said("off", capsys) == "WARNING Careful\n"


def test_what_broke_is_told_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json")
    try:
        raise RuntimeError("inside")
    except RuntimeError:
        logging.getLogger("podgraph").exception("Unexpected error")
    line = json.loads(capsys.readouterr().err)
    assert "RuntimeError: inside" in line["exception"]
