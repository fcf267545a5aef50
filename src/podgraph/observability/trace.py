"""Trace: the data of one request for the log, the metrics and the spans."""

import re
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Self

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")


@dataclass
class Trace:
    """The trace of one request, and its result.

    `parent` is the `traceparent` header of the request, `kind` is query or mutation and empty if no
    operation began, `cost` is in points, `codes` are those of all errors and refusals.
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
        """The trace of a `traceparent` header (W3C Trace Context), or a new one."""
        found = _TRACEPARENT.fullmatch(traceparent or "")
        return cls(found[1], traceparent) if found else cls()

    @property
    def log_fields(self) -> dict[str, Any]:
        """The fields of its log lines, without those that have no value."""
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
