"""`podgraph docs`: the parts of the documentation that are generated from the code."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from podgraph.cli.output import fail
from podgraph.cli.query import read_text
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, WarningCode
from podgraph.kernel.request_errors import STATUS, RequestErrorCode

docs_commands = typer.Typer(help="The generated parts of the documentation.", no_args_is_help=True)

Into = Annotated[Path | None, typer.Option(help="Write the text into this file, between its marks, instead.")]


@dataclass(frozen=True)
class Setting:
    """An environment variable: its description, and its default as text, empty if there is none.

    `note` adds to the default, such as another default in the demo.
    """

    name: str
    description: str
    default: str = ""
    note: str = ""


SETTINGS = (
    Setting(
        "PODGRAPH_DATABASE_URL",
        "Database: `sqlite:///file.db` or `postgresql://user@host/name`.",
        "sqlite:///podgraph.db",
        "`sqlite:///podgraph-demo.db` in the demo",
    ),
    Setting(
        "PODGRAPH_SECRET",
        "Secret that signs and verifies tokens (HS256), at least 32 characters.",
        note="none: `serve` refuses to start without a secret or `PODGRAPH_JWKS`",
    ),
    Setting(
        "PODGRAPH_JWKS",
        "Public keys that verify tokens instead of the secret (RS256, ES256, EdDSA): a file, or an https address.",
    ),
    Setting("PODGRAPH_JWT_ISSUER", "Required value of a token's `iss`.", note="any"),
    Setting(
        "PODGRAPH_JWT_AUDIENCE",
        "Audience that a token's `aud` must contain.",
        note="none: a token with `aud` is refused (RFC 7519)",
    ),
    Setting("PODGRAPH_JWT_LEEWAY", "Tolerated clock difference in seconds.", "0"),
    Setting(
        "PODGRAPH_CORS_ORIGINS",
        "Other origins whose pages may send requests (CORS), separated by spaces: `https://app.example`, or `*`.",
    ),
    Setting(
        "PODGRAPH_INTROSPECTION",
        "Callers that may introspect the schema: `public`, `authenticated` or `off`.",
        "authenticated",
        "`public` in the demo",
    ),
    Setting(
        "PODGRAPH_PERSISTED_DOCUMENTS",
        "Unregistered documents: `off` allows them, `log` allows and logs them, `enforce` rejects them.",
        "off",
    ),
    Setting("PODGRAPH_MAX_COST", "Maximum cost of an operation in points, or `off`.", "10000"),
    Setting("PODGRAPH_DEADLINE", "Maximum duration of an operation in seconds.", "15"),
    Setting(
        "PODGRAPH_RATE_LIMIT",
        "Token bucket per caller: capacity / refill per second, in points, or `off`.",
        "50000/1000",
    ),
    Setting(
        "PODGRAPH_RATE_FACTORS",
        "Multiples of the rate limit for single roles: `OPERATOR=5 SYSTEM=10`.",
        note="1 for every role",
    ),
    Setting("PODGRAPH_PLAYGROUND", "GraphQL playground: `on` or `off`.", "on"),
    Setting("PODGRAPH_REPLICA_URL", "Streaming replica of the PostgreSQL database, from which queries are read."),
    Setting("PODGRAPH_POOL_SIZE", "Connections of each process to each database.", "10"),
    Setting(
        "PODGRAPH_POOL_TIMEOUT",
        "Maximum wait of an operation for a connection in seconds.",
        "5",
    ),
    Setting(
        "PODGRAPH_PROXIES",
        "Addresses or networks of trusted reverse proxies, whose `X-Forwarded-For` and `X-Forwarded-Proto` are used: "
        "`10.0.0.5 fd00::/8`.",
        "127.0.0.1 ::1",
    ),
    Setting(
        "PODGRAPH_SHUTDOWN_TIMEOUT",
        "Time for requests in flight to end at shutdown in seconds.",
        "20",
    ),
    Setting("PODGRAPH_LOG", "Request log, one line per request: `json`, `text` or `off`.", "json", "`off` in the demo"),
    Setting(
        "PODGRAPH_EXECUTOR", "Executor of queries: `level`, or `reference` for graphql-core's own executor.", "level"
    ),
    Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "Endpoint for OpenTelemetry spans; requires `podgraph[tracing]`.",
    ),
)
"""Every setting that `Settings.read` reads."""

CHAPTERS: tuple[tuple[str, str, type[DescribedEnum]], ...] = (
    ("User errors", "In the `userErrors` of a mutation. The mutation changed nothing.", ErrorCode),
    ("Warnings", "In the `warnings` of a mutation. The mutation succeeded.", WarningCode),
    ("Request errors", "In `errors`, as `extensions.code`.", RequestErrorCode),
)


@docs_commands.command("settings")
def print_settings(into: Into = None) -> None:
    """Print the table of settings for src/docs/configuration.md."""
    write_generated("settings", settings_table(), into)


@docs_commands.command("errors")
def print_errors(into: Into = None) -> None:
    """Print the tables of error codes for src/docs/errors.md."""
    write_generated("errors", error_tables(), into)


def write_generated(name: str, text: str, into: Path | None) -> None:
    """Print a generated text, or write it into a file between the marks of its name."""
    if into is None:
        typer.echo(text, nl=False)
        return
    marks = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, _, rest = read_text(str(into)).partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not end:
        raise fail(f"{into} has no place for the text. Add two lines: {' '.join(marks)}", 2)
    into.write_text(f"{before}{marks[0]}{text}{marks[1]}{after}", "utf-8")


def settings_table() -> str:
    """The settings as a Markdown table."""
    rows = [(f"`{setting.name}`", setting.description, _default(setting)) for setting in SETTINGS]
    return _table(("Setting", "Description", "Default"), rows)


def _default(setting: Setting) -> str:
    return "; ".join(filter(None, [setting.default and f"`{setting.default}`", setting.note])) or "none"


def error_tables() -> str:
    """Every error code with its meaning, HTTP status and whether a retry may succeed, as Markdown."""
    return "\n".join(
        f"## {title}\n\n{sentence}\n\n{_table(('Code', 'Meaning'), _codes(codes))}"
        for title, sentence, codes in CHAPTERS
    )


def _codes(codes: type[DescribedEnum]) -> Iterator[tuple[str, str]]:
    for code in codes:
        status = f" HTTP status {STATUS[code]}." if isinstance(code, RequestErrorCode) and code in STATUS else ""
        retry = " The same call may succeed if it is retried." if getattr(code, "retryable", False) else ""
        yield f"`{code}`", f"{code.__doc__}{status}{retry}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
