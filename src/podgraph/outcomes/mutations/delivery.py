"""Mutations of cycles and deliverables."""

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
    """An absolute http or https URL of at most `most` characters; a browser could execute others, e.g. javascript:."""

    most: int = 2_000

    @property
    def description(self) -> str:
        return f"An absolute http or https URL of at most {self.most:,} characters."

    def error(self, value: str) -> str | None:
        if no := Text(self.most).error(value):
            return no
        try:
            link = urlsplit(value)
        except ValueError:
            return "must be a URL"
        return None if link.scheme in ("http", "https") and link.netloc else "must be an http or https URL"


register_input(
    rules.Evidence,
    "EvidenceInput",
    "A link as evidence for or against a criterion.",
    label=("Label, e.g. Load test report.", inputs.TITLE),
    url=("URL of the evidence.", Link()),
    criterion_key=("Key of the criterion, e.g. AC-1; null for the whole deliverable.", inputs.ID),
)
_EVIDENCE = ListOf(100)


@strawberry.type(description="Result of a cycle mutation.")
class CyclePayload(Payload):
    cycle: Cycle | None = one("cycle_id", "The cycle after the mutation; unchanged if `userErrors` is not empty.")


@strawberry.type(description="Result of a deliverable mutation.")
class DeliverablePayload(Payload):
    deliverable: Deliverable | None = one(
        "deliverable_id", "The deliverable after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.type(description="Result of `submitDeliverable`.")
class SubmitDeliverablePayload(DeliverablePayload):
    cycle: Cycle | None = one("cycle_id", "The deliverable's cycle, IN_REVIEW once all its deliverables are submitted.")


@strawberry.type(description="Result of `acceptDeliverable`.")
class AcceptDeliverablePayload(DeliverablePayload):
    cycle: Cycle | None = one("cycle_id", "The deliverable's cycle.")
    scope: Scope | None = one("scope_id", "The deliverable's scope, COMPLETED with the last acceptance.")
    payment: Payment | None = one("payment_id", "The payment that became due; null if there is none.")


@strawberry.type(description="Result of `rejectDeliverable`.")
class RejectDeliverablePayload(DeliverablePayload):
    remediation_cycle: Cycle | None = one(
        "remediation_cycle_id", "The remediation cycle in which the deliverable is reworked."
    )


@strawberry.input(description="Input for `startCycle`.")
class StartCycleInput(Input):
    cycle_id: strawberry.ID = input_field("Cycle id, e.g. OCYCLE-26-000011.", inputs.ID)


@strawberry.input(description="Input for `startDeliverable`.")
class StartDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("Deliverable id, e.g. DLV-26-000081.", inputs.ID)


@strawberry.input(description="Input for `submitDeliverable`.")
class SubmitDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("Deliverable id, e.g. DLV-26-000081.", inputs.ID)
    evidence: list[rules.Evidence] = input_field(
        "Evidence that the criteria are met, at least one link per criterion.",
        _EVIDENCE,
        default_factory=list,
    )
    notes: str | None = input_field("Notes of the team.", inputs.DESCRIPTION, default=None)


@strawberry.input(description="Input for `withdrawDeliverable`.")
class WithdrawDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("Deliverable id, e.g. DLV-26-000081.", inputs.ID)
    reason: str = input_field("Reason, e.g. The report lacks the second run.", inputs.REASON)


@strawberry.input(description="Input for `acceptDeliverable`.")
class AcceptDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("Deliverable id, e.g. DLV-26-000083.", inputs.ID)
    notes: str | None = input_field("Notes of the reviewer.", inputs.DESCRIPTION, default=None)
    reviewer_id: strawberry.ID | None = input_field(
        "Id of the reviewing user. Default: the caller.", inputs.ID, default=None
    )


@strawberry.input(description="Input for `rejectDeliverable`.")
class RejectDeliverableInput(Input):
    deliverable_id: strawberry.ID = input_field("Deliverable id, e.g. DLV-26-000083.", inputs.ID)
    rejection_reason: str = input_field(
        f"Specific reason for the rejection, at least {rules.REASON_AT_LEAST} characters.",
        Text(2_000, lines=True, least=0),
    )
    unmet_criteria: list[str] = input_field(
        "Keys of the unmet criteria, at least one, e.g. AC-1.", ListOf(50, inputs.ID)
    )
    evidence: list[rules.Evidence] = input_field(
        "Evidence that the criteria are not met.", _EVIDENCE, default_factory=list
    )
    notes: str | None = input_field("Further notes of the reviewer.", inputs.DESCRIPTION, default=None)
    reviewer_id: strawberry.ID | None = input_field(
        "Id of the reviewing user. Default: the caller.", inputs.ID, default=None
    )


@strawberry.type
class DeliveryMutation:
    start_cycle: CyclePayload = mutation(
        delivery.start_cycle,
        StartCycleInput,
        CyclePayload,
        lifecycle.START_CYCLE,
        "Start a cycle before its planned start. The preceding cycle must be completed.",
        shows="cycle_id",
        events=("ods.cycle.started", "ods.deliverable.started"),
    )
    start_deliverable: DeliverablePayload = mutation(
        delivery.start_deliverable,
        StartDeliverableInput,
        DeliverablePayload,
        lifecycle.START_DELIVERABLE,
        "Start work on a deliverable. Its cycle must be in progress.",
        shows="deliverable_id",
        events=("ods.deliverable.started",),
    )
    submit_deliverable: SubmitDeliverablePayload = mutation(
        delivery.submit_deliverable,
        SubmitDeliverableInput,
        SubmitDeliverablePayload,
        lifecycle.SUBMIT_DELIVERABLE,
        "Submit a deliverable. The last submission of a cycle makes all its deliverables ready for acceptance.",
        shows="deliverable_id",
        events=("ods.deliverable.submitted", "ods.deliverable.ready", "ods.cycle.in_review"),
    )
    withdraw_deliverable: DeliverablePayload = mutation(
        delivery.withdraw_deliverable,
        WithdrawDeliverableInput,
        DeliverablePayload,
        lifecycle.WITHDRAW_DELIVERABLE,
        "Withdraw a submitted deliverable. Its cycle must be in progress.",
        shows="deliverable_id",
        events=("ods.deliverable.withdrawn",),
    )
    accept_deliverable: AcceptDeliverablePayload = mutation(
        delivery.accept_deliverable,
        AcceptDeliverableInput,
        AcceptDeliverablePayload,
        lifecycle.ACCEPT_DELIVERABLE,
        "Accept a deliverable. The last acceptance completes the scope, closes its service line, and makes the"
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
        "Reject a deliverable because of unmet criteria. It is reworked in a remediation cycle at no additional cost.",
        shows="deliverable_id",
        codes=(ErrorCode.REJECTION_TOO_VAGUE, ErrorCode.ACTOR_MISMATCH),
        events=("ods.cycle.remediation_created", "ods.deliverable.rejected"),
    )
