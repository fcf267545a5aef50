"""The mutations of payments."""

from datetime import datetime

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import input_field
from podgraph.graphql.relationships import one
from podgraph.outcomes import lifecycle
from podgraph.outcomes.service import payments
from podgraph.outcomes.types import Payment


@strawberry.type(description="What became of a payment.")
class PaymentPayload(Payload):
    payment: Payment | None = one("payment_id", "The payment as it is now; as it was when it was refused.")


@strawberry.input(description="Which payment has arrived.")
class RecordPaymentInput(Input):
    payment_id: strawberry.ID = input_field("The payment: PAY-26-000001.", inputs.ID)
    reference: str = input_field("The payer's reference: APX-20260420-118.", inputs.TITLE)
    paid_at: datetime | None = input_field("When it arrived; now unless told.", default=None)


@strawberry.input(description="Which payment is owed no longer, and why.")
class VoidPaymentInput(Input):
    payment_id: strawberry.ID = input_field("The payment: PAY-26-000001.", inputs.ID)
    reason: str = input_field("Why: settled against a credit note.", inputs.REASON)


@strawberry.type
class PaymentMutation:
    record_payment: PaymentPayload = mutation(
        payments.record_payment,
        RecordPaymentInput,
        PaymentPayload,
        lifecycle.RECORD_PAYMENT,
        "Note that a payment which is due has arrived.",
        shows="payment_id",
        events=("payment.paid",),
    )
    void_payment: PaymentPayload = mutation(
        payments.void_payment,
        VoidPaymentInput,
        PaymentPayload,
        lifecycle.VOID_PAYMENT,
        "Let go of a payment that has not arrived; it is owed no longer.",
        shows="payment_id",
        events=("payment.void",),
    )
