"""The log of a server: one line for each request and for what went wrong, on standard error."""

import logging
import sys

FORMS = ("json", "text", "off")
"""JSON for machines, text for people, and off: only what went wrong, as text."""


def configure_logs(form: str) -> None:
    """Write the log in one of FORMS from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if form == "json" else _Text("%(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # The server's own words about connections and processes would double ours.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("podgraph.requests").setLevel(logging.WARNING if form == "off" else logging.INFO)


def _json() -> logging.Formatter:
    # The demo should not wait for it: it takes as long to import as half of the graph.
    import structlog

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ],
    )


class _Text(logging.Formatter):
    """A line for people: what is known beside the message stands behind it."""

    def format(self, record: logging.LogRecord) -> str:
        known = {name: value for name, value in vars(record).items() if name not in _PLAIN}
        return " ".join([super().format(record), *(f"{name}={value}" for name, value in known.items())])


_PLAIN = {*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"}
"""What every record has."""
