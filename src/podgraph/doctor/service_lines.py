"""Checks of service lines and what they execute."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    or_,
)

from podgraph.doctor.check import ALLOCATION, LINE, POD, SCOPE, Check, count_of, rows_of
from podgraph.outcomes import lifecycle as outcomes
from podgraph.outcomes.lifecycle import ScopeStatus
from podgraph.pods import lifecycle as pods
from podgraph.pods.lifecycle import PodStatus


@dataclass(frozen=True)
class Source:
    """A source of service lines: its `source_type`, table, status before activation and line statuses."""

    type: str
    table: Table
    before: str
    line_status: Mapping[Any, Any]

    @property
    def started(self) -> list[str]:
        """Statuses that require a line; a record can be cancelled without one."""
        return [status for status in self.line_status if status != "CANCELLED"]

    @property
    def is_source(self) -> ColumnElement[bool]:
        """Condition: the line references the record as its source."""
        return and_(LINE.c.source_type == self.type, LINE.c.source_id == self.table.c.id)

    def line_missing(self) -> Select[Any]:
        """Records without exactly the one line that they require."""
        status, line_id = self.table.c.status, self.table.c.service_line_id
        right = case((status.in_(self.started), 1), (status == self.before, 0), (line_id.is_(None), 0), else_=1)
        referencing, own = count_of(self.is_source), count_of(self.is_source, LINE.c.id == line_id)
        wrong = or_(referencing != right, own != right)
        return rows_of(self.table, status, referencing.label("lines"), line_id).where(wrong)

    def activation_missing(self) -> Select[Any]:
        """Lines whose activation did not create exactly one allocation."""
        here = and_(ALLOCATION.c.service_line_id == LINE.c.id, ALLOCATION.c.origin == "activation")
        created = count_of(here)
        of_kind = LINE.c.source_type == self.type
        return rows_of(LINE, created.label("created")).where(of_kind, created != 1)

    def status_differs(self) -> Select[Any]:
        """Lines whose status does not follow from the status of their source."""
        status = self.table.c.status
        right = case({str(one): str(of) for one, of in self.line_status.items()}, value=status)
        figures = (LINE.c.status, self.table.c.id.label("source"), status.label("source_status"))
        return rows_of(LINE, *figures).join(self.table, self.is_source).where(LINE.c.status.is_distinct_from(right))


PODS = Source("POD", POD, PodStatus.SCOPING, pods.LINE_STATUS)
SCOPES = Source("SCOPE", SCOPE, ScopeStatus.PENDING_CONFIRMATION, outcomes.LINE_STATUS)


def checks_of(invariant: str, source: Source) -> tuple[Check, ...]:
    """The checks of the service lines of a source; `invariant` is the id of the first two."""
    kind = source.table.name
    return (
        Check(
            invariant,
            f"A started {kind} has exactly one service line, the one that it references.",
            source.line_missing(),
            "It is {status} and references {service_line_id}; lines that reference it: {lines}.",
        ),
        Check(
            invariant,
            f"The activation of a {kind}'s service line has created exactly one allocation.",
            source.activation_missing(),
            "It has {created}.",
        ),
        Check(
            "I9",
            f"A service line's status follows the status of its {kind}.",
            source.status_differs(),
            "It is {status} while {source} is {source_status}.",
        ),
    )


CHECKS = (
    *checks_of("I3", SCOPES),
    *checks_of("I4", PODS),
)
