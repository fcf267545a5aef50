"""Metrics: a log line for each request, and metrics for Prometheus.

With several worker processes, PROMETHEUS_MULTIPROC_DIR is the folder in which they share their metrics, and
each worker exports those of all.
"""

import logging
import os
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as exposition
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from podgraph.observability.trace import Trace

log = logging.getLogger("podgraph.requests")

MULTIPROC_DIR = "PROMETHEUS_MULTIPROC_DIR"
UNLOGGED_PATHS = {"/health", "/ready", "/metrics"}
"""Paths that machines poll: only failures are logged."""

REQUESTS = Counter("podgraph_requests", "Requests by kind of operation and status.", ["kind", "status"])
ERRORS = Counter("podgraph_errors", "Errors and refusals by code.", ["code"])
SECONDS = Histogram("podgraph_request_seconds", "Seconds from a request to the end of its answer.", ["kind"])
COST = Histogram("podgraph_operation_cost", "Points that operations cost.", buckets=(1, 10, 100, 1_000, 5_000, 10_000))
STATEMENTS = Histogram(
    "podgraph_operation_statements", "SQL statements of operations.", buckets=(0, 1, 2, 5, 10, 20, 50)
)
POOL_SIZE = Gauge(
    "podgraph_pool_size",
    "Connections to the database at most.",
    ["database"],
    multiprocess_mode="livesum",
)
POOL_USED = Gauge(
    "podgraph_pool_used",
    "Connections to the database in use.",
    ["database"],
    multiprocess_mode="livesum",
)
SUBSCRIBERS = Gauge("podgraph_subscribers", "Subscriptions that are open.", multiprocess_mode="livesum")
EVENTS = Counter("podgraph_events", "Events delivered to subscribers.")


def record_request(scope: Scope, request_id: str, trace: Trace, status: int, seconds: float) -> None:
    """Log and count a request that has ended; status 0 if its client disconnected."""
    for code in trace.codes:
        ERRORS.labels(code).inc()
    path = scope.get("path", "")
    if path in UNLOGGED_PATHS and status == 200:
        return
    kind = trace.kind or "none"
    REQUESTS.labels(kind, str(status)).inc()
    SECONDS.labels(kind).observe(seconds)
    if trace.kind:
        COST.observe(trace.cost)
        STATEMENTS.observe(trace.statements)
    if log.isEnabledFor(logging.INFO):
        fields = {**trace.log_fields, "status": status, "milliseconds": round(seconds * 1000, 1)}
        if request_id != trace.trace_id:
            fields["request_id"] = request_id
        log.info("%s %s", scope.get("method", "")[:20], path[:100], extra=fields)


def observe_pool(engine: AsyncEngine, name: str) -> None:
    """Count the connections of an engine's pool that are in use."""
    pool: Any = engine.pool
    used = POOL_USED.labels(name)
    POOL_SIZE.labels(name).set(pool.size())
    used.set(0)
    event.listen(pool, "checkout", lambda *_: used.inc())
    event.listen(pool, "checkin", lambda *_: used.dec())
    # An invalidated connection is closed and never checked in.
    event.listen(pool, "detach", lambda *_: used.dec())


async def metrics(_request: Request) -> Response:
    """The metrics in the format of Prometheus."""
    registry = REGISTRY
    if MULTIPROC_DIR in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(exposition(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def end_observation(process: int | None = None) -> None:
    """Remove the gauges of a process that has ended (by default this one) from the shared metrics."""
    if MULTIPROC_DIR in os.environ:
        mark_process_dead(process or os.getpid())  # type: ignore[no-untyped-call]
