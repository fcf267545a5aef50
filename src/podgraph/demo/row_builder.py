"""Builds the rows of one organization in order of time, with their events."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from podgraph import tables
from podgraph.capacity.lifecycle import AllocationStatus
from podgraph.kernel.ids import format_id
from podgraph.writes.transaction import as_json

Row = dict[str, Any]
"""One row: every column of its table by name."""

SYSTEM = "SYSTEM"
"""Actor of events of the platform."""

_PREFIXES = {
    "organization": "ORG",
    "workspace": "WS",
    "user": "USR",
    "membership": "MEMB",
    "invitation": "IVT",
    "commercial_subscription": "SUB",
    "project": "PROJ",
    "talent": "SCR",
    "event": "EVT",
    "service_line": "LIN",
    "incident": "INC",
    "usage_record": "USE",
    "capacity_pool": "CAP",
    "allocation": "ALLOC",
    "allocation_change": "ACHG",
    "capacity_request": "CREQ",
    "pod": "POD",
    "pod_scope": "MSCOPE",
    "sla_terms": "SLA",
    "sla_report": "SLAR",
    "ticket": "TKT",
    "ticket_comment": "TKC",
    "outcome_request": "OREQ",
    "scope": "OSCOPE",
    "cycle": "OCYCLE",
    "deliverable": "DLV",
    "payment": "PAY",
}
# A statement for many rows needs the same columns in each: every row starts from all of its table's.
_BLANK: dict[str, Row] = {
    table.name: {column.name: getattr(column.default, "arg", None) for column in table.c}
    for table in tables.metadata.sorted_tables
}


class Ids:
    """Gives out reference ids that follow `after`, the last number used under each prefix."""

    def __init__(self, after: Mapping[str, int]) -> None:
        self.last = defaultdict(int, after)

    def take(self, table: str, year: int) -> str:
        """The next id for a row of `table`, dated `year`."""
        prefix = _PREFIXES[table]
        self.last[prefix] += 1
        return format_id(prefix, self.last[prefix], year)


@dataclass(frozen=True, slots=True)
class Cast:
    """The people who act in an organization's story, by user id."""

    owner: str
    member: str
    billing: str
    operator: str
    delivery: str


@dataclass(frozen=True, slots=True)
class _Happening:
    occurred_at: datetime
    actor: str
    subject_id: str
    type: str
    payload: Row
    changes: list[Row]


@dataclass
class Book:
    """All rows of one organization. `close` works out what follows from the others."""

    ids: Ids
    organization_id: str
    currency: str
    year: int
    cast: Cast
    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in _BLANK})
    _happenings: list[_Happening] = field(default_factory=list)

    def add(self, table: str, **values: Any) -> Row:
        """Add a row; a missing id is issued."""
        blank = _BLANK[table]
        if not values.keys() <= blank.keys():
            raise KeyError(f"{table} has no {sorted(values.keys() - blank.keys())}")
        row = {**blank, **values}
        if "organization_id" in blank and "organization_id" not in values:
            row["organization_id"] = self.organization_id
        if "id" in blank and row["id"] is None:
            created_at: datetime | None = row.get("created_at")
            row["id"] = self.ids.take(table, created_at.year if created_at else self.year)
        if row.get("email"):
            row["email_key"] = row["email"].lower()
        self.rows[table].append(row)
        return row

    def where(self, table: str, **values: Any) -> Iterator[Row]:
        """The rows of a table that have these values."""
        wanted = values.items()
        return (row for row in self.rows[table] if all(row[name] == value for name, value in wanted))

    def happened(self, at: datetime, actor: str, subject: Row, type: str, **payload: Any) -> None:
        """Record an event without changes of columns."""
        self._happenings.append(_Happening(at, actor, subject["id"], type, as_json(payload), []))

    def change(
        self,
        at: datetime,
        actor: str,
        subject: Row,
        type: str,
        columns: Mapping[str, Any],
        **payload: Any,
    ) -> None:
        """Set `columns` of a row, and record an event with the values before and after."""
        changes = [
            as_json({"path": name, "before": subject[name], "after": value})
            for name, value in columns.items()
            if subject[name] != value
        ]
        subject.update(columns)
        self._happenings.append(_Happening(at, actor, subject["id"], type, as_json(payload), changes))

    def close(self) -> dict[str, list[Row]]:
        """Number the events, and take versions and pools' sums from what has been written."""
        self._number_events()
        self._date_entities()
        charges: dict[str, Decimal] = defaultdict(Decimal)
        for allocation in self.rows["allocation"]:
            if allocation["status"] != AllocationStatus.CLOSED:
                charges[allocation["capacity_pool_id"]] += allocation["charge"]
        for pool in self.rows["capacity_pool"]:
            pool["allocated"] = charges[pool["id"]]
        return self.rows

    def _number_events(self) -> None:
        self._happenings.sort(key=lambda one: (one.occurred_at, one.actor))
        sequence, workspaces = 0, self._workspaces()
        # What one actor did at one moment was one transaction, named by the first of its events.
        for (at, actor), together in groupby(self._happenings, lambda one: (one.occurred_at, one.actor)):
            correlation_id = None
            for one in together:
                sequence += 1
                event_id = self.ids.take("event", at.year)
                correlation_id = correlation_id or event_id
                self.add(
                    "event",
                    id=event_id,
                    sequence=sequence,
                    type=one.type,
                    occurred_at=at,
                    actor_type="SYSTEM" if actor == SYSTEM else "USER",
                    actor_id=actor,
                    subject_id=one.subject_id,
                    workspace_id=workspaces.get(one.subject_id),
                    payload=one.payload,
                    changes=one.changes,
                    correlation_id=correlation_id,
                )
        self.add("event_counter", sequence=sequence)

    def _workspaces(self) -> dict[str, str]:
        """The workspace of every row with an id, which a part has from the row that it is a part of."""
        found: dict[str, str] = {row["id"]: row["id"] for row in self.rows["workspace"]}
        parts = [row for rows in self.rows.values() for row in rows if "id" in row]
        for row in parts:
            if row.get("workspace_id"):
                found[row["id"]] = row["workspace_id"]
        for row in parts:
            parent = next(
                (row[key] for key in ("pod_id", "scope_id", "service_line_id") if row.get(key) in found), None
            )
            if parent is not None:
                found.setdefault(row["id"], found[parent])
        return found

    def _date_entities(self) -> None:
        moments: dict[str, set[datetime]] = defaultdict(set)
        for one in self._happenings:
            moments[one.subject_id].add(one.occurred_at)
        for rows in self.rows.values():
            if rows and "updated_at" in rows[0]:
                for row in rows:
                    later = [at for at in moments[row["id"]] if at > row["created_at"]]
                    row["version"] = 1 + len(later)
                    row["updated_at"] = max(later, default=row["created_at"])


def merged(books: list[Book]) -> dict[str, list[Row]]:
    """The rows of several closed books, by table, in an order in which they can be inserted."""
    return {name: [row for book in books for row in book.rows[name]] for name in _BLANK}
