"""Checks of requests, scopes, cycles, deliverables and payments."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
)

from podgraph.doctor.check import CYCLE, DELIVERABLE, EVENT, PAYMENT, SCOPE, T, count_of, rows_of
from podgraph.outcomes.lifecycle import (
    CycleKind,
    CycleStatus,
    DeliverableStatus,
    PaymentStatus,
    PaymentTrigger,
    ScopeStatus,
)

STILL_OPEN = count_of(DELIVERABLE.c.scope_id == SCOPE.c.id, DELIVERABLE.c.status != DeliverableStatus.ACCEPTED)


def open_counts() -> Select[Any]:
    figures = (SCOPE.c.open_count, STILL_OPEN.label("still_open"))
    return rows_of(SCOPE, *figures).where(SCOPE.c.open_count != STILL_OPEN)


def ends() -> Select[Any]:
    unfinished = and_(SCOPE.c.status == ScopeStatus.COMPLETED, STILL_OPEN > 0)
    stuck = and_(SCOPE.c.status == ScopeStatus.ACTIVE, STILL_OPEN == 0)
    return rows_of(SCOPE, SCOPE.c.status, STILL_OPEN.label("still_open")).where(or_(unfinished, stuck))


def compare_releases(trigger: PaymentTrigger, by: Collection[ScopeStatus]) -> Select[Any]:
    """Scopes that have not released exactly one payment of a trigger by these statuses, or one too early.

    What a cancelled scope had released before stays as it was.
    """
    owed = PAYMENT.c.status.in_((PaymentStatus.DUE, PaymentStatus.PAID))
    released = count_of(PAYMENT.c.scope_id == SCOPE.c.id, PAYMENT.c.trigger == trigger, owed)
    status = SCOPE.c.status
    right = case((status.in_(by), 1), (status == ScopeStatus.CANCELLED, released), else_=0)
    # The account team may have let go of it; without a word of that it is a finding of its own.
    void = exists().where(
        PAYMENT.c.scope_id == SCOPE.c.id,
        PAYMENT.c.trigger == trigger,
        PAYMENT.c.status == PaymentStatus.VOID,
    )
    return rows_of(SCOPE, status, released.label("released")).where(released != right, ~void)


def prices() -> Select[Any]:
    amount, price = PAYMENT.c.amount, SCOPE.c.fixed_price
    paid = (
        select(func.coalesce(func.sum(amount), 0, type_=amount.type))
        .where(PAYMENT.c.scope_id == SCOPE.c.id)
        .scalar_subquery()
    )
    return rows_of(SCOPE, price, paid.label("paid")).where(price != paid)


def voids() -> Select[Any]:
    status, cancelled = PAYMENT.c.status, SCOPE.c.status == ScopeStatus.CANCELLED
    said = exists().where(
        EVENT.c.organization_id == PAYMENT.c.organization_id,
        EVENT.c.subject_id == PAYMENT.c.id,
        EVENT.c.type == "payment.void",
    )
    void_too_soon = and_(status == PaymentStatus.VOID, ~cancelled, ~said)
    still_scheduled = and_(status == PaymentStatus.SCHEDULED, cancelled)
    return (
        rows_of(PAYMENT, status, SCOPE.c.id.label("scope"), SCOPE.c.status.label("scope_status"))
        .join(SCOPE, SCOPE.c.id == PAYMENT.c.scope_id)
        .where(or_(void_too_soon, still_scheduled))
    )


def open_remediations() -> Select[Any]:
    parent = CYCLE.c.parent_id
    waiting = and_(CYCLE.c.kind == CycleKind.REMEDIATION, CYCLE.c.status == CycleStatus.PLANNED)
    return (
        select(CYCLE.c.organization_id, parent.label("id"), func.count().label("waiting"))
        .where(waiting)
        .group_by(CYCLE.c.organization_id, parent)
        .having(func.count() > 1)
    )


def history_missing() -> Select[Any]:
    history = T["deliverable_cycle"]
    written = exists().where(history.c.deliverable_id == DELIVERABLE.c.id, history.c.cycle_id == DELIVERABLE.c.cycle_id)
    return rows_of(DELIVERABLE, DELIVERABLE.c.cycle_id).where(~written)


def live_scopes() -> Select[Any]:
    request = SCOPE.c.request_id
    return (
        select(SCOPE.c.organization_id, request.label("id"), func.count().label("live"))
        .where(SCOPE.c.status != ScopeStatus.CANCELLED)
        .group_by(SCOPE.c.organization_id, request)
        .having(func.count() > 1)
    )
