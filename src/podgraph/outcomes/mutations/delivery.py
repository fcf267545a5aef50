"""The mutations of cycles and deliverables."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import ListOf, Text, input_field, register_input
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode
from podgraph.outcomes import lifecycle, rules
from podgraph.outcomes.service import delivery
from podgraph.outcomes.types import Cycle, Deliverable, Payment, Scope


@dataclass(frozen=True)
class Link:
    """An absolute link into the web, of at most `most` characters; others could be run by a browser."""

    most: int = 2_000

    @property
    def description(self) -> str:
        return f"An absolute http or https link of at most {self.most:,} characters."

    def error(self, value: str) -> str | None:
        if no := Text(self.most).error(value):
            return no
        try:
            link = urlsplit(value)
        except ValueError:
            return "is no link"
        return None if link.scheme in ("http", "https") and link.netloc else "is no http or https link"


register_input(
    rules.Evidence,
    "EvidenceInput",
    "A link that shows that a criterion is met, or that it is not.",
    label=("What it is: Load test report.", inputs.TITLE),
    url=("Where it is.", Link()),
    criterion_key=("The criterion that it is about: AC-1; null for the whole deliverable.", inputs.ID),
)
_EVIDENCE = ListOf(100)


@strawberry.type(description="What became of a cycle.")
class CyclePayload(Payload):
    cycle: Cycle | None = one("cycle_id", "The cycle as it is now; as it was when it was refused.")


@strawberry.type(description="What became of a deliverable.")
class DeliverablePayload(Payload):
    deliverable: Deliverable | None = one(
        "deliverable_id", "The deliverable as it is now; as it was when it was refused."
    )


@strawberry.type(description="What became of a submission.")
class SubmitDeliverablePayload(DeliverablePayload):
    cycle: Cycle | None = one("cycle_id", "Its cycle, in review once everything in it is submitted.")


@strawberry.type(description="What became of an acceptance.")
class AcceptDeliverablePayload(DeliverablePayload):
    cycle: Cycle | None = one("cycle_id", "Its cycle.")
    scope: Scope | None = one("scope_id", "Its scope, completed with the last acceptance.")
    payment: Payment | None = one("payment_id", "The payment that became due by it; null where none did.")


@strawberry.type(description="What became of a rejection.")
class RejectDeliverablePayload(DeliverablePayload):
    remediation_cycle: Cycle | None = one("remediation_cycle_id", "The cycle that will put it right.")


@strawberry.input(description="Which cycle to start.")
class StartCycleInput(Input):
    cycle_id: strawberry.ID = input_field("The cycle: OCYCLE-26-000011.", inputs.ID)


@strawberry.input(description="Which deliverable to begin with.")
class StartDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("The deliverable: DLV-26-000081.", inputs.ID)


@strawberry.input(description="What is handed in.")
class SubmitDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("The deliverable: DLV-26-000081.", inputs.ID)
    evidence: list[rules.Evidence] = input_field(
        "Links that show that the criteria are met, one for each at the least.",
        _EVIDENCE,
        default_factory=list,
    )
    notes: str | None = input_field("What the team says about it.", inputs.DESCRIPTION, default=None)


@strawberry.input(description="What is taken back, and why.")
class WithdrawDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("The deliverable: DLV-26-000081.", inputs.ID)
    reason: str = input_field("Why: the report lacks the second run.", inputs.REASON)


@strawberry.input(description="What is accepted.")
class AcceptDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("The deliverable: DLV-26-000083.", inputs.ID)
    notes: str | None = input_field("What the reviewer says about it.", inputs.DESCRIPTION, default=None)
    reviewer_id: strawberry.ID | None = input_field("Who decides; you, if you leave it out.", inputs.ID, default=None)


@strawberry.input(description="What is rejected, for which criteria, and why.")
class RejectDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("The deliverable: DLV-26-000083.", inputs.ID)
    rejection_reason: str = input_field(
        f"What exactly is not met, in {rules.REASON_AT_LEAST} characters or more.",
        Text(2_000, lines=True, least=0),
    )
    unmet_criteria: list[str] = input_field(
        "The keys of the criteria that are not met, one at the least: AC-1.", ListOf(50, inputs.ID)
    )
    evidence: list[rules.Evidence] = input_field("Links that show it.", _EVIDENCE, default_factory=list)
    notes: str | None = input_field("What else the reviewer says.", inputs.DESCRIPTION, default=None)
    reviewer_id: strawberry.ID | None = input_field("Who decides; you, if you leave it out.", inputs.ID, default=None)


@strawberry.type
class DeliveryMutation:
    start_cycle: CyclePayload = mutation(
        delivery.start_cycle,
        StartCycleInput,
        CyclePayload,
        lifecycle.START_CYCLE,
        "Begin a cycle once the one before it is completed; the clock does it at the planned start.",
        shows="cycle_id",
        events=("ods.cycle.started", "ods.deliverable.started"),
    )
    start_deliverable: DeliverablePayload = mutation(
        delivery.start_deliverable,
        StartDeliverableInput,
        DeliverablePayload,
        lifecycle.START_DELIVERABLE,
        "Begin to work on a deliverable of a cycle that runs.",
        shows="deliverable_id",
        events=("ods.deliverable.started",),
    )
    submit_deliverable: SubmitDeliverablePayload = mutation(
        delivery.submit_deliverable,
        SubmitDeliverableInput,
        SubmitDeliverablePayload,
        lifecycle.SUBMIT_DELIVERABLE,
        "Hand a deliverable in; with the last one of its cycle all of them are ready for acceptance.",
        shows="deliverable_id",
        events=("ods.deliverable.submitted", "ods.deliverable.ready", "ods.cycle.in_review"),
    )
    withdraw_deliverable: DeliverablePayload = mutation(
        delivery.withdraw_deliverable,
        WithdrawDeliverableInput,
        DeliverablePayload,
        lifecycle.WITHDRAW_DELIVERABLE,
        "Take back what was handed in, while its cycle runs.",
        shows="deliverable_id",
        events=("ods.deliverable.withdrawn",),
    )
    accept_deliverable: AcceptDeliverablePayload = mutation(
        delivery.accept_deliverable,
        AcceptDeliverableInput,
        AcceptDeliverablePayload,
        lifecycle.ACCEPT_DELIVERABLE,
        "Accept a deliverable for good. The last one completes the scope, closes its line, and makes the"
        " final payment due.",
        shows="deliverable_id",
        codes=(ErrorCode.ACTOR_MISMATCH,),
        events=(
            "ods.deliverable.accepted",
            "ods.cycle.completed",
            "ods.cycle.started",
            "ods.scope.completed",
            "allocation.closed",
            "service_line.closed",
            "payment.due",
        ),
    )
    reject_deliverable: RejectDeliverablePayload = mutation(
        delivery.reject_deliverable,
        RejectDeliverableInput,
        RejectDeliverablePayload,
        lifecycle.REJECT_DELIVERABLE,
        "Reject a deliverable for criteria that it does not meet; a remediation at no cost puts it right.",
        shows="deliverable_id",
        codes=(ErrorCode.REJECTION_TOO_VAGUE, ErrorCode.ACTOR_MISMATCH),
        events=("ods.cycle.remediation_created", "ods.deliverable.rejected"),
    )
