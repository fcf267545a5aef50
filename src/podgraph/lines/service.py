"""Service lines follow their pod or scope: opened, paused, resumed and ended in its transaction."""

from typing import Any

from podgraph.events.service import Write
from podgraph.lines import models
from podgraph.lines.lifecycle import ServiceLineStatus
from podgraph.lines.repository import SERVICE_LINES

_EVENTS = {
    (ServiceLineStatus.ACTIVE, ServiceLineStatus.PAUSED): "service_line.paused",
    (ServiceLineStatus.PAUSED, ServiceLineStatus.ACTIVE): "service_line.resumed",
    (ServiceLineStatus.ACTIVE, ServiceLineStatus.CLOSED): "service_line.closed",
    (ServiceLineStatus.PAUSED, ServiceLineStatus.CLOSED): "service_line.closed",
    (ServiceLineStatus.ACTIVE, ServiceLineStatus.TERMINATED): "service_line.terminated",
    (ServiceLineStatus.PAUSED, ServiceLineStatus.TERMINATED): "service_line.terminated",
}
"""What is told when a line follows its source: these are all its ways."""

ENDED = frozenset({ServiceLineStatus.CLOSED, ServiceLineStatus.TERMINATED})


async def open_line(write: Write, line_id: str, project_ids: list[str], **values: Any) -> Any:
    """The one line of a source that is confirmed: ACTIVE from now, labelled with the source's projects."""
    line = await write.create(
        SERVICE_LINES,
        "service_line.activated",
        id=line_id,
        status=str(ServiceLineStatus.ACTIVE),
        started_at=write.now,
        **values,
    )
    labels = [
        {
            "organization_id": line.organization_id,
            "service_line_id": line_id,
            "project_id": project_id,
        }
        for project_id in project_ids
    ]
    await write.insert(models.ServiceLineProject, *labels)
    return line


async def follow(write: Write, line_id: str, status: ServiceLineStatus) -> Any:
    """Bring a line to the status that its source's status means for it."""
    line = await write.must_lock(SERVICE_LINES, line_id)
    event = _EVENTS[ServiceLineStatus[line.status], status]
    ended = {"ended_at": write.now} if status in ENDED else {}
    return await write.change(line, event, status=str(status), **ended)
