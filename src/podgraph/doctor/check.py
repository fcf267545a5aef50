"""Checks: a query that finds violations of an invariant, and a function that filters its rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    ScalarSelect,
    Select,
    Table,
    func,
    select,
)

from podgraph import tables

T = tables.metadata.tables


POOL, ALLOCATION, LINE, REQUEST, EVENT = (
    T[name] for name in ("capacity_pool", "allocation", "service_line", "capacity_request", "event")
)


POD, SLA, REPORT, METRIC = (T[name] for name in ("pod", "sla_terms", "sla_report", "sla_metric_result"))


SCOPE, CYCLE, DELIVERABLE, PAYMENT = (T[name] for name in ("scope", "cycle", "deliverable", "payment"))


Judge = Callable[[Sequence[Row[Any]]], Iterable[Row[Any]]]
"""Filters the violations out of the rows of a query."""


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: `sentence` holds unless `broken` returns rows.

    A row has an organization_id, an id and the values that `detail` formats. Where SQL cannot compute the
    expected value, `judge` filters the violations.
    """

    invariant: str
    sentence: str
    broken: Select[Any] | CompoundSelect[Any]
    detail: str
    judge: Judge = iter


@dataclass(frozen=True, slots=True)
class Finding:
    """A record that violates an invariant; the organization is None if the record belongs to none."""

    invariant: str
    sentence: str
    organization_id: str | None
    id: str
    detail: str


def rows_of(table: Table, *figures: ColumnElement[Any]) -> Select[Any]:
    """Select rows of a table; a row without an id is identified by its primary key's first column."""
    name = table.c.get("id", next(iter(table.primary_key)))
    # An organization is its own.
    owner = table.c.id if table.name == "organization" else table.c.organization_id
    return select(owner.label("organization_id"), name.label("id"), *figures)


def count_of(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """Count the rows that match all conditions."""
    return select(func.count()).where(*conditions).scalar_subquery()
