"""The mutation that runs due jobs."""

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.scheduler import lifecycle, service


@strawberry.type(description="What it was time for: the events tell what was done.")
class TickPayload(Payload):
    pass


@strawberry.input(description="A look at the clock.")
class TickInput(Input):
    pass


@strawberry.type
class SchedulerMutation:
    tick: TickPayload = mutation(
        service.tick,
        TickInput,
        TickPayload,
        lifecycle.TICK,
        f"Do what it is time for, at most {service.BATCH_SIZE} records of a kind, all in one transaction. The"
        " server does the same every minute, each record in a transaction of its own.",
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
        ),
    )
