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
from podgraph.doctor.check import ALLOCATION, LINE, POOL, Check, T, rows_of
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


def open_on_ended_lines() -> Select[Any]:
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


def wrong_per_week(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    for row in rows:
        weekly = per_week(row.committed_per_period, ResourceType[row.resource_type], PoolPeriod[row.period])
        if row.committed_per_week != weekly:
            yield row


def weekly_utilisation() -> Select[Any]:
    week = T["allocation_actual"]
    return rows_of(week, week.c.week_start, week.c.actual, week.c.committed, week.c.utilisation_percent)


def wrong_utilisation(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    return (row for row in rows if row.utilisation_percent != utilisation_percent(row.actual, row.committed))


def latest_weeks() -> Select[Any]:
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


CHECKS = (
    Check(
        "I1",
        "A pool's allocated amount is between 0 and its total.",
        pool_bounds(),
        "{allocated} of {total} allocated.",
    ),
    Check(
        "I2",
        "A pool's allocated amount is the sum of the charges of its open allocations.",
        pool_charges(),
        "{allocated} allocated, {charged} charged.",
    ),
    Check(
        "I2",
        "An open allocation's charge is the larger of its committed and its scheduled quantity.",
        compare_charges(),
        "It is {charge} instead of {held}.",
    ),
    Check(
        "I8",
        "No allocation is open on a service line that has ended.",
        open_on_ended_lines(),
        "{line} is {line_status}.",
    ),
    Check(
        "Derived",
        "A week's utilisation is its actual as a percentage of its committed quantity.",
        weekly_utilisation(),
        "{week_start} has {utilisation_percent} %: {actual} of {committed}.",
        wrong_utilisation,
    ),
    Check(
        "Derived",
        "An allocation has the figures of its latest week.",
        latest_weeks(),
        "It has {actual_last_week}; the week of {week_start} has {actual}.",
    ),
    Check(
        "Derived",
        "An allocation's quantity per week is its quantity per pool period, converted to weeks.",
        compare_committed(),
        "{committed_per_week} per week does not match {committed_per_period} {period}.",
        wrong_per_week,
    ),
)
