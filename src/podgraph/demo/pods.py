"""Pods: request, proposal, activation, revisions of the scope, pause and end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from podgraph.demo import capacity
from podgraph.demo.row_builder import Book, Row
from podgraph.kernel.periods import Period
from podgraph.pods import rules
from podgraph.pods.lifecycle import (
    LINE_STATUS,
    DeliveryModel,
    PodStatus,
)
from podgraph.service_lines.lifecycle import (
    BillingModel,
    ExecutionModel,
    ProductLine,
    ServiceLineStatus,
)

HOURS = rules.HOURS_PER_PERSON
TERMS = (ProductLine.MANAGED_SERVICES, ExecutionModel.ONGOING_SLA, BillingModel.SUBSCRIPTION)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the account team proposes for a pod: talent and role of each member, targets and price."""

    team: Sequence[tuple[str, str]]
    throughput: int
    response_hours: Decimal
    quality_percent: Decimal
    price: Decimal
    pool: Row

    @property
    def hours_per_week(self) -> Decimal:
        return HOURS * len(self.team)

    @property
    def sla(self) -> Row:
        """The targets as the SLA's columns."""
        return {
            "throughput_tasks_per_sprint": self.throughput,
            "sprint_length_days": 14,
            "response_time_hours": self.response_hours,
            "availability_hours_per_week": self.hours_per_week,
            "quality_gate_percent": self.quality_percent,
            "max_defect_rate_percent": None,
            "tolerances": {kind: str(metric.tolerance_percent) for kind, metric in rules.METRICS.items()},
            "weights": {kind: str(metric.weight_percent) for kind, metric in rules.METRICS.items()},
        }


def request_pod(
    book: Book,
    name: str,
    *,
    at: datetime,
    workspace_id: str,
    subscription_id: str,
    description: str,
    size: int,
    start_date: date,
    capabilities: Sequence[str],
    months: int = 12,
    delivery_model: DeliveryModel = DeliveryModel.MANAGED_DELIVERY,
    projects: Sequence[str] = (),
    id: str | None = None,
) -> Row:
    """A pod in scoping, with the first revision of its scope and its request for capacity."""
    pod = book.add(
        "pod",
        workspace_id=workspace_id,
        subscription_id=subscription_id,
        name=name,
        description=description,
        status=PodStatus.SCOPING,
        delivery_model=delivery_model,
        required_capabilities=list(capabilities),
        requested_team_size=size,
        start_date=start_date,
        duration_months=months,
        created_at=at,
        id=id,
    )
    for project_id in projects:
        book.add("pod_project", pod_id=pod["id"], project_id=project_id)
    scope = book.add("pod_scope", id=book.ids.take("pod_scope", at.year), pod_id=pod["id"], current_number=0)
    book.happened(at, book.cast.member, pod, "pod.requested", requested_team_size=size)
    _write_revision(book, scope, (), at=at, actor=book.cast.member, summary=description, note=None)
    capacity.request_capacity(
        book,
        "POD",
        pod,
        rules.requested_hours_per_week(size),
        confidence="requested",
        needed_from=start_date,
    )
    return pod


def propose(book: Book, pod: Row, offer: Offer, *, at: datetime, valid_days: int) -> None:
    """An offer that a pod in scoping waits with."""
    proposal = book.add(
        "pod_proposal",
        pod_id=pod["id"],
        team=[{"talent_id": talent_id, "role": role} for talent_id, role in offer.team],
        sla={name: str(v) if isinstance(v, Decimal) else v for name, v in offer.sla.items()},
        cost_per_month=offer.price,
        currency=book.currency,
        committed_per_week=offer.hours_per_week,
        capacity_pool_id=offer.pool["id"],
        proposed_at=at,
        proposed_by=book.cast.operator,
        expires_at=at + timedelta(days=valid_days),
    )
    for request in book.where("capacity_request", source_id=pod["id"], closed_at=None):
        request.update(quantity=offer.hours_per_week, confidence="proposed")
    book.happened(at, book.cast.operator, pod, "pod.proposed", cost_per_month=proposal["cost_per_month"])


def activate(
    book: Book,
    pod: Row,
    offer: Offer,
    *,
    at: datetime,
    line_id: str | None = None,
    sla_id: str | None = None,
) -> Row:
    """The client confirms the offer: line, team, SLA and allocation come into being. Returns the last."""
    proposed_at = at - timedelta(days=6, hours=5)
    book.happened(proposed_at, book.cast.operator, pod, "pod.proposed", cost_per_month=offer.price)
    owner = book.cast.owner
    projects = [label["project_id"] for label in book.where("pod_project", pod_id=pod["id"])]
    line = capacity.open_line(
        book,
        pod["name"],
        at=at,
        actor=owner,
        workspace_id=pod["workspace_id"],
        subscription_id=pod["subscription_id"],
        terms=TERMS,
        source=("POD", pod),
        monthly_price=offer.price,
        starts_at=max(at, datetime.combine(pod["start_date"], time(), UTC)),
        projects=projects,
        id=line_id,
    )
    allocation = capacity.allocate(
        book,
        offer.pool,
        line,
        offer.hours_per_week,
        at=at,
        actor=owner,
        resources=[(talent_id, role, HOURS) for talent_id, role in offer.team],
    )
    for position, (talent_id, role) in enumerate(offer.team, 1):
        book.add("pod_member", pod_id=pod["id"], position=position, talent_id=talent_id, role=role, joined_at=at)
    book.add(
        "sla_terms",
        id=sla_id,
        pod_id=pod["id"],
        effective_from=str(Period.of(at.date())),
        **offer.sla,
    )
    capacity.close_capacity_request(book, pod, at)
    columns = {
        "status": PodStatus.ACTIVE,
        "service_line_id": line["id"],
        "team_size": len(offer.team),
        "cost_per_month": offer.price,
        "currency": book.currency,
        "started_at": at,
        "renews_at": rules.renews_at(at, pod["duration_months"]),
    }
    book.change(at, owner, pod, "pod.activated", columns)
    return allocation


def pause(book: Book, pod: Row, *, at: datetime, reason: str) -> None:
    """Interrupt a pod; its capacity stays reserved."""
    book.change(at, book.cast.owner, pod, "pod.paused", {"status": PodStatus.PAUSED}, reason=reason)
    capacity.move_line(book, line_of(book, pod), ServiceLineStatus.PAUSED, at=at, actor=book.cast.owner)


def end(book: Book, pod: Row, status: PodStatus, *, at: datetime, reason: str | None = None) -> None:
    """Complete or cancel a pod, with its line, allocations and team where it has them."""
    columns = {"status": status, "ended_at": at}
    book.change(at, book.cast.owner, pod, f"pod.{status.lower()}", columns, reason=reason)
    capacity.close_capacity_request(book, pod, at)
    if pod["service_line_id"] is None:
        return
    capacity.move_line(book, line_of(book, pod), LINE_STATUS[status], at=at, actor=book.cast.owner)
    for member in book.where("pod_member", pod_id=pod["id"], left_at=None):
        member["left_at"] = at


def line_of(book: Book, pod: Row) -> Row:
    """The service line of an activated pod."""
    return next(book.where("service_line", id=pod["service_line_id"]))


def revise(
    book: Book, pod: Row, items: Sequence[tuple[str, str, int]], *, at: datetime, summary: str, note: str
) -> None:
    """The next revision of a pod's scope; items are key, title and priority, in their order."""
    scope = next(book.where("pod_scope", pod_id=pod["id"]))
    _write_revision(book, scope, items, at=at, actor=book.cast.member, summary=summary, note=note)


def _write_revision(
    book: Book,
    scope: Row,
    items: Sequence[tuple[str, str, int]],
    *,
    at: datetime,
    actor: str,
    summary: str,
    note: str | None,
) -> None:
    number = scope["current_number"] + 1
    book.add(
        "pod_scope_revision",
        pod_scope_id=scope["id"],
        number=number,
        summary=summary,
        items=[
            {"key": key, "title": title, "priority": priority, "description": None} for key, title, priority in items
        ],
        change_note=note,
        author_id=actor,
        created_at=at,
    )
    book.change(at, actor, scope, "pod_scope.revised", {"current_number": number}, change_note=note)
