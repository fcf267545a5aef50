"""The `tick` mutation."""

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.scheduler import lifecycle, service


@strawberry.type(description="Result of `tick`. `events` contains what was done.")
class TickPayload(Payload):
    pass


@strawberry.input(description="Input for `tick`.")
class TickInput(Input):
    pass


@strawberry.type
class SchedulerMutation:
    tick: TickPayload = mutation(
        service.tick,
        TickInput,
        TickPayload,
        lifecycle.TICK,
        f"Run all due jobs in one transaction, for at most {service.BATCH_SIZE} records each. The server runs due"
        " jobs every minute, with a separate transaction for each record.",
        events=(
            "ticket.response_at_risk",
            "ticket.response_breached",
            "ticket.closed",
            "sla_report.published",
            "sla.breached",
            "incident.opened",
            "payment.overdue",
            "ods.cycle.started",
            "ods.deliverable.started",
            "pod.completed",
            "service_line.closed",
            "allocation.updated",
            "allocation.closed",
            "invitation.expired",
        ),
    )
