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

from podgraph.doctor.check import CYCLE, DELIVERABLE, EVENT, PAYMENT, SCOPE, Check, T, count_of, rows_of
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


def scope_completion() -> Select[Any]:
    unfinished = and_(SCOPE.c.status == ScopeStatus.COMPLETED, STILL_OPEN > 0)
    stuck = and_(SCOPE.c.status == ScopeStatus.ACTIVE, STILL_OPEN == 0)
    return rows_of(SCOPE, SCOPE.c.status, STILL_OPEN.label("still_open")).where(or_(unfinished, stuck))


def compare_releases(trigger: PaymentTrigger, by: Collection[ScopeStatus]) -> Select[Any]:
    """Scopes in the statuses `by` without exactly one released payment of a trigger, and earlier ones with any.

    The released payments of a cancelled scope are not checked.
    """
    owed = PAYMENT.c.status.in_((PaymentStatus.DUE, PaymentStatus.PAID))
    released = count_of(PAYMENT.c.scope_id == SCOPE.c.id, PAYMENT.c.trigger == trigger, owed)
    status = SCOPE.c.status
    right = case((status.in_(by), 1), (status == ScopeStatus.CANCELLED, released), else_=0)
    # A payment may have been voided; whether an event records it is checked by `void_payments`.
    void = exists().where(
        PAYMENT.c.scope_id == SCOPE.c.id,
        PAYMENT.c.trigger == trigger,
        PAYMENT.c.status == PaymentStatus.VOID,
    )
    return rows_of(SCOPE, status, released.label("released")).where(released != right, ~void)


def price_sums() -> Select[Any]:
    amount, price = PAYMENT.c.amount, SCOPE.c.fixed_price
    paid = (
        select(func.coalesce(func.sum(amount), 0, type_=amount.type))
        .where(PAYMENT.c.scope_id == SCOPE.c.id)
        .scalar_subquery()
    )
    return rows_of(SCOPE, price, paid.label("paid")).where(price != paid)


def void_payments() -> Select[Any]:
    status, cancelled = PAYMENT.c.status, SCOPE.c.status == ScopeStatus.CANCELLED
    has_event = exists().where(
        EVENT.c.organization_id == PAYMENT.c.organization_id,
        EVENT.c.subject_id == PAYMENT.c.id,
        EVENT.c.type == "payment.void",
    )
    void_too_soon = and_(status == PaymentStatus.VOID, ~cancelled, ~has_event)
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


CHECKS = (
    Check(
        "I3",
        "A confirmed scope has released exactly one upfront payment.",
        compare_releases(PaymentTrigger.SCOPE_CONFIRMED, (ScopeStatus.ACTIVE, ScopeStatus.COMPLETED)),
        "It is {status} and has released {released}.",
    ),
    Check(
        "I5",
        "A scope's open count is the number of its deliverables that are not accepted.",
        open_counts(),
        "It is {open_count} instead of {still_open}.",
    ),
    Check(
        "I5",
        "A scope completes when its last deliverable is accepted.",
        scope_completion(),
        "It is {status}; deliverables not accepted: {still_open}.",
    ),
    Check(
        "I5",
        "A completed scope has released exactly one final payment, any other scope none.",
        compare_releases(PaymentTrigger.FINAL_ACCEPTANCE, (ScopeStatus.COMPLETED,)),
        "It is {status} and has released {released}.",
    ),
    Check(
        "I7",
        "The payments of a scope add up to its fixed price.",
        price_sums(),
        "They add up to {paid} instead of {fixed_price}.",
    ),
    Check(
        "I7",
        "A payment is void only through its cancelled scope or an event; a cancelled scope has no scheduled payment.",
        void_payments(),
        "It is {status} while {scope} is {scope_status}.",
    ),
    Check(
        "I10",
        "A cycle has at most one planned remediation.",
        open_remediations(),
        "It has {waiting}.",
    ),
    Check(
        "I10",
        "The cycle of a deliverable is in its history.",
        history_missing(),
        "{cycle_id} is missing.",
    ),
    Check(
        "I11",
        "A request has at most one scope that is not cancelled.",
        live_scopes(),
        "It has {live}.",
    ),
)
