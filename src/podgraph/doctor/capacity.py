"""Checks of pools, allocations and demand."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    case,
    func,
    or_,
    select,
)

from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.capacity.rules import per_week, utilisation_percent
from podgraph.doctor.check import ALLOCATION, LINE, POOL, T, rows_of
from podgraph.service_lines.lifecycle import ServiceLineStatus


def pool_bounds() -> Select[Any]:
    allocated, total = POOL.c.allocated, POOL.c.total
    return rows_of(POOL, allocated, total).where(or_(allocated < 0, allocated > total))


def pool_charges() -> Select[Any]:
    charge = ALLOCATION.c.charge
    charged = (
        select(func.coalesce(func.sum(charge), 0, type_=charge.type))
        .where(ALLOCATION.c.capacity_pool_id == POOL.c.id, ALLOCATION.c.status != AllocationStatus.CLOSED)
        .scalar_subquery()
    )
    allocated = POOL.c.allocated
    return rows_of(POOL, allocated, charged.label("charged")).where(allocated != charged)


def compare_charges() -> Select[Any]:
    change, committed, charge = T["allocation_change"], ALLOCATION.c.committed_per_period, ALLOCATION.c.charge
    scheduled = (
        select(func.max(change.c.committed_per_period))
        .where(change.c.allocation_id == ALLOCATION.c.id)
        .where(change.c.applied_at.is_(None), change.c.cancelled_at.is_(None))
        .scalar_subquery()
    )
    held = case((scheduled > committed, scheduled), else_=committed)
    still_open = ALLOCATION.c.status != AllocationStatus.CLOSED
    return rows_of(ALLOCATION, charge, held.label("held")).where(still_open, charge != held)


def orphans() -> Select[Any]:
    ended = (ServiceLineStatus.CLOSED, ServiceLineStatus.TERMINATED)
    return (
        rows_of(ALLOCATION, LINE.c.id.label("line"), LINE.c.status.label("line_status"))
        .join(LINE, LINE.c.id == ALLOCATION.c.service_line_id)
        .where(ALLOCATION.c.status != AllocationStatus.CLOSED, LINE.c.status.in_(ended))
    )


def compare_committed() -> Select[Any]:
    figures = [ALLOCATION.c[name] for name in ("committed_per_period", "committed_per_week", "resource_type")]
    pool = POOL.c.id == ALLOCATION.c.capacity_pool_id
    return rows_of(ALLOCATION, *figures, POOL.c.period).join(POOL, pool)


def other_per_week(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    for row in rows:
        weekly = per_week(row.committed_per_period, ResourceType[row.resource_type], PoolPeriod[row.period])
        if row.committed_per_week != weekly:
            yield row


def weeks() -> Select[Any]:
    week = T["allocation_actual"]
    return rows_of(week, week.c.week_start, week.c.actual, week.c.committed, week.c.utilisation_percent)


def other_utilisation(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    return (row for row in rows if row.utilisation_percent != utilisation_percent(row.actual, row.committed))


def last_weeks() -> Select[Any]:
    week = T["allocation_actual"]
    later = week.alias()
    newest = select(func.max(later.c.week_start)).where(later.c.allocation_id == week.c.allocation_id).scalar_subquery()
    own, theirs = ("actual_last_week", "utilisation_percent"), ("actual", "utilisation_percent")
    pairs = [(ALLOCATION.c[one], week.c[other]) for one, other in zip(own, theirs, strict=True)]
    return (
        rows_of(ALLOCATION, ALLOCATION.c.actual_last_week, week.c.week_start, week.c.actual)
        .join(week, week.c.allocation_id == ALLOCATION.c.id)
        .where(week.c.week_start == newest)
        .where(or_(*(one.is_distinct_from(other) for one, other in pairs)))
    )
