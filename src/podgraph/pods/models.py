"""Tables of pods, their teams, scopes, SLAs and tickets."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Field

from podgraph.database.columns import (
    all_or_none,
    alphabetical,
    check,
    document,
    index,
    key,
    money,
    one_of,
    percent,
    person,
    quantity,
    tenant_foreign_key,
    text,
    unique,
    unique_where,
)
from podgraph.database.model import Entity, Record, Tenanted
from podgraph.pods.lifecycle import (
    DeliveryModel,
    PodStatus,
    ResponseSla,
    SlaMetricKind,
    SlaMetricStatus,
    SlaReportStatus,
    TicketPriority,
    TicketStatus,
    TicketType,
)


class Pod(Entity, table=True):
    """Managed team. Service line, price and term are set at the confirmation."""

    __tablename__ = "pod"
    __table_args__ = (
        tenant_foreign_key("workspace"),
        tenant_foreign_key("commercial_subscription", "subscription_id"),
        tenant_foreign_key("service_line"),
        one_of("status", PodStatus),
        one_of("delivery_model", DeliveryModel),
        all_or_none("cost_per_month", "currency"),
        check("requested_team_size", "requested_team_size BETWEEN 1 AND 100"),
        check("team_size", "team_size >= 0"),
        check("duration_months", "duration_months BETWEEN 1 AND 60"),
        check("cost_per_month", "cost_per_month > 0"),
        check("renews_at", "renews_at > started_at"),
        check("ended_at", "ended_at >= started_at"),
        index("workspace_id", "status"),
        index("organization_id", "status"),
        index("organization_id", "delivery_model"),
        index("organization_id", "name"),
        index("organization_id", "name_order"),
        index("organization_id", "cost_per_month"),
        index("organization_id", "renews_at"),
        index("organization_id", "created_at"),
        index("renews_at", where="auto_complete AND ended_at IS NULL"),
    )

    workspace_id: str = text()
    subscription_id: str = text(index=True)
    service_line_id: str | None = text(optional=True, unique=True)
    name: str = text()
    name_order: str | None = alphabetical("name")
    description: str | None = text(optional=True)
    status: str = text()
    delivery_model: str = text()
    required_capabilities: list[str] = document()
    requested_team_size: int
    team_size: int = 0
    start_date: date | None = None
    duration_months: int
    auto_complete: bool = False
    cost_per_month: Decimal | None = money(optional=True)
    currency: str | None = text(optional=True)
    started_at: datetime | None = None
    renews_at: datetime | None = None
    ended_at: datetime | None = None


class PodProject(Tenanted, table=True):
    """A project that a pod is labelled with."""

    __tablename__ = "pod_project"
    __table_args__ = (tenant_foreign_key("pod"), tenant_foreign_key("project"), index("project_id"))

    pod_id: str = key()
    project_id: str = key()


class PodMember(Tenanted, table=True):
    """Membership of a person in a pod, in one role; a return or a new role is another membership."""

    __tablename__ = "pod_member"
    __table_args__ = (
        tenant_foreign_key("pod"),
        tenant_foreign_key("talent"),
        check("left_at", "left_at >= joined_at"),
        unique_where("pod_member_active", "pod_id", "talent_id", where="left_at IS NULL"),
        index("talent_id"),
    )

    pod_id: str = key()
    position: int = Field(primary_key=True)
    talent_id: str = text()
    role: str = text()
    joined_at: datetime
    left_at: datetime | None = None


class PodProposal(Tenanted, table=True):
    """Proposal for a pod in SCOPING: team, SLA terms, price and capacity pool."""

    __tablename__ = "pod_proposal"
    __table_args__ = (
        tenant_foreign_key("pod"),
        tenant_foreign_key("capacity_pool"),
        check("cost_per_month", "cost_per_month > 0"),
        check("committed_per_week", "committed_per_week > 0"),
        check("expires_at", "expires_at > proposed_at"),
    )

    pod_id: str = key()
    team: list[dict[str, Any]] = document()
    sla: dict[str, Any] = document()
    cost_per_month: Decimal = money()
    currency: str = text()
    committed_per_week: Decimal = quantity()
    capacity_pool_id: str = text(index=True)
    proposed_at: datetime
    proposed_by: str | None = person(optional=True)
    expires_at: datetime | None = None


class PodScope(Record, table=True):
    """Scope of a pod: a versioned document with a current revision."""

    __tablename__ = "pod_scope"
    __table_args__ = (tenant_foreign_key("pod"), check("current_number", "current_number >= 1"))

    pod_id: str = text(unique=True)
    current_number: int = 1


class PodScopeRevision(Tenanted, table=True):
    """Immutable revision of a pod's scope, numbered from 1 without gaps."""

    __tablename__ = "pod_scope_revision"
    __table_args__ = (tenant_foreign_key("pod_scope"), check("number", "number >= 1"))

    pod_scope_id: str = key()
    number: int = Field(primary_key=True)
    summary: str = text()
    items: list[dict[str, Any]] = document()
    change_note: str | None = text(optional=True)
    author_id: str | None = person(optional=True)
    created_at: datetime


class SlaTerms(Record, table=True):
    """SLA terms of a pod, in force from a month on until later terms replace them.

    Tolerances and weights are percentages by metric. All terms of a pod share its current compliance.
    """

    __tablename__ = "sla_terms"
    __table_args__ = (
        tenant_foreign_key("pod"),
        check("throughput_tasks_per_sprint", "throughput_tasks_per_sprint > 0"),
        check("sprint_length_days", "sprint_length_days > 0"),
        check("response_time_hours", "response_time_hours > 0"),
        check("availability_hours_per_week", "availability_hours_per_week > 0"),
        check("quality_gate_percent", "quality_gate_percent > 0"),
        check("max_defect_rate_percent", "max_defect_rate_percent >= 0"),
        check("effective_from", "effective_from LIKE '____-__'"),
        unique("pod_id", "effective_from"),
    )

    pod_id: str = text()
    throughput_tasks_per_sprint: int
    sprint_length_days: int = 14
    response_time_hours: Decimal = quantity()
    availability_hours_per_week: Decimal = quantity()
    quality_gate_percent: Decimal = percent()
    max_defect_rate_percent: Decimal | None = percent(optional=True)
    tolerances: dict[str, Any] = document()
    weights: dict[str, Any] = document()
    effective_from: str = text()
    current_compliance: Decimal | None = percent(optional=True)


class SlaReport(Entity, table=True):
    """Measurement of a pod against its SLA in one month; computed at publication, then final.

    The defect rate (percent) is part of the quality gate, in addition to the test coverage.
    """

    __tablename__ = "sla_report"
    __table_args__ = (
        tenant_foreign_key("pod"),
        tenant_foreign_key("sla_terms"),
        one_of("status", SlaReportStatus),
        check("period", "period LIKE '____-__'"),
        check("published_at", "(status = 'PUBLISHED') = (published_at IS NOT NULL)"),
        unique("pod_id", "period"),
        check("defect_rate_percent", "defect_rate_percent >= 0"),
        index("organization_id", "period"),
        index("period", where="status = 'DRAFT'"),
    )

    pod_id: str = text()
    sla_terms_id: str = text(index=True)
    period: str = text()
    status: str = text()
    defect_rate_percent: Decimal | None = percent(optional=True)
    compliance_percent: Decimal | None = percent(optional=True)
    compliance_formula: str | None = text(optional=True)
    breached: list[str] = document()
    published_at: datetime | None = None


class SlaMetricResult(Tenanted, table=True):
    """Result of one metric in a report, with its target, tolerance and weight."""

    __tablename__ = "sla_metric_result"
    __table_args__ = (
        tenant_foreign_key("sla_report"),
        one_of("metric", SlaMetricKind),
        one_of("status", SlaMetricStatus),
        unique("sla_report_id", "metric"),
    )

    sla_report_id: str = key()
    position: int = Field(primary_key=True)
    metric: str = text()
    target: Decimal = quantity()
    actual: Decimal | None = quantity(optional=True)
    attainment_percent: Decimal | None = percent(optional=True)
    tolerance_percent: Decimal = percent()
    weight_percent: Decimal = percent()
    status: str = text()
    explanation: str = text()


class Ticket(Entity, table=True):
    """Request to a pod, with a deadline for the first response.

    Deadline and result belong to the latest creation or reopening; the response is the first one.
    `at_risk_at` is the time of the warning before the deadline; null once the warning has been emitted.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        tenant_foreign_key("pod"),
        one_of("type", TicketType),
        one_of("priority", TicketPriority),
        one_of("status", TicketStatus),
        one_of("response_sla", ResponseSla),
        all_or_none("responded_at", "response_seconds"),
        check("response_seconds", "response_seconds >= 0"),
        check("at_risk_at", "at_risk_at IS NULL OR (response_sla = 'PENDING' AND status = 'OPEN')"),
        index("pod_id", "created_at"),
        index("pod_id", "response_due_at"),
        index("organization_id", "status"),
        index("organization_id", "type"),
        index("organization_id", "priority"),
        index("organization_id", "response_sla"),
        index("organization_id", "created_at"),
        index("response_due_at", where="response_sla = 'PENDING'"),
        index("at_risk_at", where="at_risk_at IS NOT NULL"),
        index("resolved_at", where="status = 'RESOLVED'"),
    )

    pod_id: str = text()
    type: str = text()
    title: str = text()
    description: str = text()
    priority: str = text()
    status: str = text()
    submitted_by: str | None = person(optional=True)
    response_due_at: datetime
    at_risk_at: datetime | None = None
    responded_at: datetime | None = None
    response_seconds: int | None = None
    response_sla: str = text()
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    escalated_at: datetime | None = None
    reopened_at: datetime | None = None


class TicketComment(Record, table=True):
    """Comment on a ticket."""

    __tablename__ = "ticket_comment"
    __table_args__ = (tenant_foreign_key("ticket"), index("ticket_id", "created_at"))

    ticket_id: str = text()
    author_id: str | None = person(optional=True)
    body: str = text()
    created_at: datetime
