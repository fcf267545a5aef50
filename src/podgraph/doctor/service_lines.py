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
from podgraph.outcomes import lifecycle as ods
from podgraph.outcomes.lifecycle import ScopeStatus
from podgraph.pods import lifecycle as managed
from podgraph.pods.lifecycle import PodStatus


@dataclass(frozen=True)
class Source:
    """What service lines come from: its word, its table, the status before it has a line, and f(status)."""

    word: str
    table: Table
    before: str
    line_status: Mapping[Any, Any]

    @property
    def started(self) -> list[str]:
        """The statuses that are only reached with a line; CANCELLED is reached without one too."""
        return [status for status in self.line_status if status != "CANCELLED"]

    @property
    def names(self) -> ColumnElement[bool]:
        """A line names the record as its source."""
        return and_(LINE.c.source_type == self.word, LINE.c.source_id == self.table.c.id)

    def line_missing(self) -> Select[Any]:
        """Records whose lines are not exactly the one that they should have."""
        status, line_id = self.table.c.status, self.table.c.service_line_id
        right = case((status.in_(self.started), 1), (status == self.before, 0), (line_id.is_(None), 0), else_=1)
        naming, own = count_of(self.names), count_of(self.names, LINE.c.id == line_id)
        wrong = or_(naming != right, own != right)
        return rows_of(self.table, status, naming.label("lines"), line_id).where(wrong)

    def activation_missing(self) -> Select[Any]:
        """Lines whose activation has not created exactly one allocation."""
        here = and_(ALLOCATION.c.service_line_id == LINE.c.id, ALLOCATION.c.origin == "activation")
        created = count_of(here)
        of_kind = LINE.c.source_type == self.word
        return rows_of(LINE, created.label("created")).where(of_kind, created != 1)

    def status_differs(self) -> Select[Any]:
        """Lines whose status is not what the status of their source makes it."""
        status = self.table.c.status
        right = case({str(one): str(of) for one, of in self.line_status.items()}, value=status)
        figures = (LINE.c.status, self.table.c.id.label("source"), status.label("source_status"))
        return rows_of(LINE, *figures).join(self.table, self.names).where(LINE.c.status.is_distinct_from(right))


PODS = Source("POD", POD, PodStatus.SCOPING, managed.LINE_STATUS)


SCOPES = Source("SCOPE", SCOPE, ScopeStatus.PENDING_CONFIRMATION, ods.LINE_STATUS)


def of_source(invariant: str, source: Source) -> tuple[Check, ...]:
    kind = source.table.name
    return (
        Check(
            invariant,
            f"A started {kind} has exactly one service line, the one that it names.",
            source.line_missing(),
            "It is {status} and names {service_line_id}; {lines} name it.",
        ),
        Check(
            invariant,
            f"The activation of a {kind}'s service line has created exactly one allocation.",
            source.activation_missing(),
            "It has {created}.",
        ),
        Check(
            "I9",
            f"A service line's status follows its {kind}'s.",
            source.status_differs(),
            "It is {status} while {source} is {source_status}.",
        ),
    )
