"""What a check is: a statement that finds what is broken, and a function that judges its rows."""

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
"""Picks the broken rows out of all."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule over all rows: `sentence` holds unless `broken` finds rows.

    A row is an organization_id, an id and the figures that `detail` names. Where SQL cannot work
    out what would be right, `judge` picks the broken ones.
    """

    invariant: str
    sentence: str
    broken: Select[Any] | CompoundSelect[Any]
    detail: str
    judge: Judge = iter


@dataclass(frozen=True, slots=True)
class Finding:
    """A record that breaks a rule; the organization is None where the record belongs to none."""

    invariant: str
    sentence: str
    organization_id: str | None
    id: str
    detail: str


def rows_of(table: Table, *figures: ColumnElement[Any]) -> Select[Any]:
    """The rows of a table; one without an id of its own goes by the record that it is a part of."""
    name = table.c.get("id", next(iter(table.primary_key)))
    return select(table.c.organization_id, name.label("id"), *figures)


def count_of(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).where(*conditions).scalar_subquery()
