"""Mutations of payments."""

from datetime import datetime

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import input_field
from podgraph.graphql.relationships import one
from podgraph.outcomes import lifecycle
from podgraph.outcomes.service import payments
from podgraph.outcomes.types import Payment


@strawberry.type(description="Result of a payment mutation.")
class PaymentPayload(Payload):
    payment: Payment | None = one(
        "payment_id", "The payment after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.input(description="Input for `recordPayment`.")
class RecordPaymentInput(Input):
    payment_id: strawberry.ID = input_field("Payment id, e.g. PAY-26-000001.", inputs.ID)
    reference: str = input_field("Payer's reference, e.g. APX-20260420-118.", inputs.TITLE)
    paid_at: datetime | None = input_field("Time of receipt. Default: now.", default=None)


@strawberry.input(description="Input for `voidPayment`.")
class VoidPaymentInput(Input):
    payment_id: strawberry.ID = input_field("Payment id, e.g. PAY-26-000001.", inputs.ID)
    reason: str = input_field("Reason, e.g. Settled against a credit note.", inputs.REASON)


@strawberry.type
class PaymentMutation:
    record_payment: PaymentPayload = mutation(
        payments.record_payment,
        RecordPaymentInput,
        PaymentPayload,
        lifecycle.RECORD_PAYMENT,
        "Record the receipt of a due payment.",
        shows="payment_id",
        events=("payment.paid",),
    )
    void_payment: PaymentPayload = mutation(
        payments.void_payment,
        VoidPaymentInput,
        PaymentPayload,
        lifecycle.VOID_PAYMENT,
        "Void an unpaid payment, so that it is no longer owed.",
        shows="payment_id",
        events=("payment.void",),
    )
