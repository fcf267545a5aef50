"""Writes on payments: released by what they wait for, recorded, made void, and noticed when overdue."""

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
    """Make the next payment of a scope due that waits for `trigger`; None where none does.

    One that was made void stays void: what releases it happens all the same.
    """
    waiting = await write.select(PAYMENTS, scope_id=scope.id, trigger=str(trigger), status=str(PaymentStatus.SCHEDULED))
    return await make_due(write, waiting[0]) if waiting else None


async def make_due(write: WriteTransaction, payment: PaymentRecord, **values: Any) -> Any:
    """Make a scheduled payment due, seven days from today."""
    told = {"amount": payment.amount, "currency": payment.currency}
    values["due_at"] = rules.payment_due_at(write.now)
    return await write.transition(payment, lifecycle.RELEASE_PAYMENT, "payment.due", payload=told, **values)


async def record_payment(write: WriteTransaction, *, payment_id: str, reference: str, paid_at: datetime | None) -> None:
    """Note that a payment which is due has arrived."""
    _, payment = await parts.claim(write, PAYMENTS, payment_id, lifecycle.RECORD_PAYMENT, "paymentId")
    if paid_at is not None and paid_at > write.now:
        raise rejected(ErrorCode.INVALID, "paidAt lies in the future.", "paidAt")
    values = {"paid_at": paid_at or write.now, "reference": reference}
    await write.transition(payment, lifecycle.RECORD_PAYMENT, "payment.paid", **values)


async def void_payment(write: WriteTransaction, *, payment_id: str, reason: str) -> None:
    """Let go of a payment: it is owed no longer."""
    _, payment = await parts.claim(write, PAYMENTS, payment_id, lifecycle.VOID_PAYMENT, "paymentId")
    await write.transition(payment, lifecycle.VOID_PAYMENT, "payment.void", payload={"reason": reason})


async def notice_overdue(write: WriteTransaction, payment_id: str) -> None:
    """Tell once that a payment has not arrived in time."""
    _, payment = await parts.lock_scope(write, PAYMENTS, payment_id)
    if payment.overdue and payment.overdue_notified_at is None:
        told = {"amount": payment.amount, "currency": payment.currency, "due_at": payment.due_at}
        await write.change(payment, "payment.overdue", payload=told, overdue_notified_at=write.now)


JOBS = (Job("notice overdue payments", payments_overdue(), notice_overdue),)
"""What the clock does to payments."""
