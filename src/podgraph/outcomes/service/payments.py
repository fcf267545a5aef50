"""Service functions of payments: release, record, void, and overdue notifications."""

from datetime import datetime
from typing import Any

from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.outcomes import lifecycle, rules
from podgraph.outcomes.lifecycle import PaymentStatus, PaymentTrigger
from podgraph.outcomes.repository import PAYMENTS, payments_overdue
from podgraph.outcomes.service import scope_lock as parts
from podgraph.records import PaymentRecord, ScopeRecord
from podgraph.writes.transaction import Job, WriteTransaction


async def release(write: WriteTransaction, scope: ScopeRecord, trigger: PaymentTrigger) -> Any:
    """Make the scope's next payment with this trigger due; returns it, or None if there is none.

    The trigger of a void payment may still occur; the payment stays void.
    """
    waiting = await write.select(PAYMENTS, scope_id=scope.id, trigger=str(trigger), status=str(PaymentStatus.SCHEDULED))
    return await make_due(write, waiting[0]) if waiting else None


async def make_due(write: WriteTransaction, payment: PaymentRecord, **values: Any) -> Any:
    """Make a scheduled payment due, seven days from today."""
    payload = {"amount": payment.amount, "currency": payment.currency}
    values["due_at"] = rules.payment_due_at(write.now)
    return await write.transition(payment, lifecycle.RELEASE_PAYMENT, "payment.due", payload=payload, **values)


async def record_payment(write: WriteTransaction, *, payment_id: str, reference: str, paid_at: datetime | None) -> None:
    """Record the receipt of a due payment."""
    _, payment = await parts.claim(write, PAYMENTS, payment_id, lifecycle.RECORD_PAYMENT, "paymentId")
    if paid_at is not None and paid_at > write.now:
        raise rejected(ErrorCode.INVALID, "paidAt must not be in the future.", "paidAt")
    values = {"paid_at": paid_at or write.now, "reference": reference}
    await write.transition(payment, lifecycle.RECORD_PAYMENT, "payment.paid", **values)


async def void_payment(write: WriteTransaction, *, payment_id: str, reason: str) -> None:
    """Void a payment, so that it is no longer owed."""
    _, payment = await parts.claim(write, PAYMENTS, payment_id, lifecycle.VOID_PAYMENT, "paymentId")
    await write.transition(payment, lifecycle.VOID_PAYMENT, "payment.void", payload={"reason": reason})


async def notice_overdue(write: WriteTransaction, payment_id: str) -> None:
    """Emit `payment.overdue` once per payment."""
    _, payment = await parts.lock_scope(write, PAYMENTS, payment_id)
    if payment.overdue and payment.overdue_notified_at is None:
        payload = {"amount": payment.amount, "currency": payment.currency, "due_at": payment.due_at}
        await write.change(payment, "payment.overdue", payload=payload, overdue_notified_at=write.now)


JOBS = (Job("notice overdue payments", payments_overdue(), notice_overdue),)
"""Scheduled jobs of payments."""
