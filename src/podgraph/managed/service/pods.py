"""Writes on pods and their living scopes."""

from podgraph.capacity import service as capacity
from podgraph.capacity.lifecycle import AllocationStatus
from podgraph.events.service import Write
from podgraph.lines import service as lines
from podgraph.lines.lifecycle import ServiceLineStatus
from podgraph.managed import lifecycle
from podgraph.managed.repository import PODS


async def pause_pod(write: Write, *, pod_id: str, reason: str) -> None:
    """Interrupt a pod: its line and allocations pause with it, its people stay reserved."""
    pod = await write.claim(PODS, pod_id, lifecycle.PAUSE_POD, "podId")
    await lines.follow(write, pod.service_line_id, ServiceLineStatus.PAUSED)
    await capacity.follow(write, pod.service_line_id, AllocationStatus.PAUSED)
    await write.move(pod, lifecycle.PAUSE_POD, "pod.paused", payload={"reason": reason})
