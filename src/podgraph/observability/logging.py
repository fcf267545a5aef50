"""Logging: one line for each request and for each failure, on standard error."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

FORMS = ("json", "text", "off")
"""JSON for machines, text for people, and off: warnings and errors only, as text."""


def configure_logs(form: str) -> None:
    """Write the log in one of FORMS from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if form == "json" else _TextFormatter("%(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # uvicorn's lines about connections and processes would repeat those of podgraph.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("podgraph.requests").setLevel(logging.WARNING if form == "off" else logging.INFO)


class _JsonFormatter(logging.Formatter):
    """A JSON object for each record, with the fields of `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        written = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
        entry = {
            "message": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            **_extra(record),
            "timestamp": written.replace("+00:00", "Z"),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=repr)


class _TextFormatter(logging.Formatter):
    """A line for people, with the fields of `extra` at its end."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join([super().format(record), *(f"{name}={value}" for name, value in _extra(record).items())])


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"}
"""The attributes of every record."""
