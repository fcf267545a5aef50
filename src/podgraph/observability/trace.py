"""What is known of one request beside its answer: for the log, the metrics and the tracing."""

import re
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Self

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")


@dataclass
class Trace:
    """One request: which trace it belongs to, and what became of it.

    `parent` is the `traceparent` that the request came with, `kind` is query or mutation and empty where
    no operation began, `cost` is in points, `codes` are those of all errors and refusals.
    `outcome_unknown` is set where COMMIT was sent and has not been confirmed. Values of variables and
    tokens have no place here.
    """

    trace_id: str = field(default_factory=lambda: token_hex(16))
    parent: str | None = None
    actor: str | None = None
    operation: str | None = None
    kind: str = ""
    cost: int = 0
    statements: int = 0
    codes: list[str] = field(default_factory=list)
    outcome_unknown: bool = False

    @classmethod
    def of(cls, traceparent: str | None) -> Self:
        """The trace that a request says it belongs to (W3C Trace Context), or one of its own."""
        found = _TRACEPARENT.fullmatch(traceparent or "")
        return cls(found[1], traceparent) if found else cls()

    @property
    def log_fields(self) -> dict[str, Any]:
        """What the log says of it; nothing that is not known."""
        known = {
            "trace_id": self.trace_id,
            "actor": self.actor,
            "operation": self.operation,
            "kind": self.kind,
            "cost": self.cost,
            "statements": self.statements,
            "codes": self.codes,
        }
        return {name: value for name, value in known.items() if value not in (None, "", [])}
