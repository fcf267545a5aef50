"""Types of the records of all read models. Generated: podgraph schema records > src/podgraph/records.py

Columns that may be null are `T | Any`: the status of a record decides whether they are there. Computed
columns are `Any`.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple


class AllocationRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    workspace_id: str
    capacity_pool_id: str
    service_line_id: str
    resource_type: str
    committed_per_period: Decimal
    committed_per_week: Decimal
    charge: Decimal
    actual_last_week: Decimal | Any
    utilisation_percent: Decimal | Any
    status: str
    origin: str
    starts_at: datetime
    started_at: datetime | Any
    ends_at: datetime | Any
    ended_at: datetime | Any
    orphaned: Any
    change_pending: Any


class AllocationActualRecord(NamedTuple):
    organization_id: str
    allocation_id: str
    week_start: date
    actual: Decimal
    committed: Decimal
    utilisation_percent: Decimal | Any
    version: int
    workspace_id: Any


class AllocationChangeRecord(NamedTuple):
    organization_id: str
    id: str
    allocation_id: str
    committed_per_period: Decimal | Any
    committed_per_week: Decimal | Any
    previous_per_week: Decimal | Any
    ends_at: datetime | Any
    resources: list[dict[str, Any]] | Any
    reason: str
    effective_at: datetime
    requested_by: str | Any
    applied_at: datetime | Any
    cancelled_at: datetime | Any
    workspace_id: Any


class AllocationResourceRecord(NamedTuple):
    organization_id: str
    allocation_id: str
    position: int
    type: str
    talent_id: str
    role: str
    committed_hours_per_week: Decimal
    replaced_at: datetime | Any
    workspace_id: Any


class ApiTokenRecord(NamedTuple):
    organization_id: str
    id: str
    name: str
    sha256: str
    roles: list[str]
    workspace_id: str | Any
    read_only: bool
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | Any
    status: Any


class AuditEntryRecord(NamedTuple):
    id: str
    organization_id: str | Any
    occurred_at: datetime
    actor_type: str
    actor_id: str
    action: str
    resource: str | Any
    outcome: str
    address: str | Any
    trace_id: str | Any


class CapacityPoolRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    workspace_id: str | Any
    resource_type: str
    total: Decimal
    allocated: Decimal
    unit: str
    period: str
    available: Any
    reserved_by_paused: Any
    status: Any


class CapacityRequestRecord(NamedTuple):
    organization_id: str
    id: str
    source_type: str
    source_id: str
    workspace_id: str
    resource_type: str
    quantity: Decimal
    confidence: str
    needed_from: date
    closed_at: datetime | Any


class CommercialSubscriptionRecord(NamedTuple):
    organization_id: str
    id: str
    name: str | Any
    status: str
    trial_ends_at: datetime | Any
    cancelled_at: datetime | Any
    version: int
    current_status: Any


class CycleRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    scope_id: str
    sequence: int
    kind: str
    parent_id: str | Any
    name: str
    status: str
    planned_start: date
    planned_end: date
    started_at: datetime | Any
    completed_at: datetime | Any
    extra_cost: Decimal
    currency: str
    service_line_id: Any
    scope_status: Any
    waits_for: Any
    workspace_id: Any


class DeliverableRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    scope_id: str
    cycle_id: str
    position: int
    title: str
    description: str
    acceptance_criteria: list[dict[str, Any]]
    status: str
    attempt: int
    submitted_at: datetime | Any
    ready_at: datetime | Any
    accepted_at: datetime | Any
    cycle_status: Any
    is_last_open: Any
    workspace_id: Any


class DeliverableCycleRecord(NamedTuple):
    organization_id: str
    deliverable_id: str
    cycle_id: str
    workspace_id: Any


class DeliverableReviewRecord(NamedTuple):
    organization_id: str
    deliverable_id: str
    attempt: int
    accepted: bool
    reviewer_id: str | Any
    notes: str | Any
    rejection_reason: str | Any
    unmet_criteria: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    reviewed_at: datetime
    remediation_cycle_id: str | Any
    workspace_id: Any


class DeliverableSubmissionRecord(NamedTuple):
    organization_id: str
    deliverable_id: str
    attempt: int
    submitted_at: datetime
    submitted_by: str | Any
    evidence: list[dict[str, Any]]
    notes: str | Any
    workspace_id: Any


class EventRecord(NamedTuple):
    organization_id: str
    id: str
    sequence: int
    type: str
    occurred_at: datetime
    actor_type: str
    actor_id: str
    subject_id: str
    workspace_id: str | Any
    payload: dict[str, Any]
    changes: list[dict[str, Any]]
    correlation_id: str
    previous_sequence: Any


class IncidentRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    service_line_id: str
    pod_id: str | Any
    type: str
    severity: str
    suspected: bool
    title: str
    description: str | Any
    status: str
    raised_by: str | Any
    opened_at: datetime
    acknowledged_at: datetime | Any
    resolved_at: datetime | Any
    resolution: str | Any
    sla_report_id: str | Any
    sla_metric: str | Any
    ticket_id: str | Any
    workspace_id: Any


class InvitationRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    name: str | Any
    email: str | Any
    email_key: str | Any
    grants: list[dict[str, str | Any]]
    status: str
    sha256: str
    invited_by: str | Any
    user_id: str | Any
    expires_at: datetime
    accepted_at: datetime | Any
    revoked_at: datetime | Any


class MembershipRecord(NamedTuple):
    organization_id: str
    id: str
    user_id: str
    workspace_id: str | Any
    role: str
    status: str
    granted_at: datetime | Any
    revoked_at: datetime | Any
    version: int


class OrganizationRecord(NamedTuple):
    id: str
    name: str
    currency: str
    status: str
    time_zone: str
    working_days: list[int] | Any
    version: int


class OutcomeRequestRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    workspace_id: str
    subscription_id: str
    title: str
    description: str
    desired_outcome: str
    acceptance_criteria: list[str]
    timeline_weeks: int | Any
    budget_max: Decimal | Any
    currency: str | Any
    status: str
    negotiation_reason: str | Any
    submitted_by: str | Any
    scope_id: Any
    scope_status: Any


class OutcomeRequestProjectRecord(NamedTuple):
    organization_id: str
    outcome_request_id: str
    project_id: str
    workspace_id: Any


class PaymentRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    scope_id: str
    service_line_id: str | Any
    milestone: str
    trigger: str
    percent: Decimal
    amount: Decimal
    currency: str
    status: str
    description: str
    due_at: datetime | Any
    paid_at: datetime | Any
    reference: str | Any
    overdue_notified_at: datetime | Any
    month: Any
    overdue: Any
    workspace_id: Any


class PodRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    workspace_id: str
    subscription_id: str
    service_line_id: str | Any
    name: str
    name_order: str | Any
    description: str | Any
    status: str
    delivery_model: str
    required_capabilities: list[str]
    requested_team_size: int
    team_size: int
    start_date: date | Any
    duration_months: int
    auto_complete: bool
    cost_per_month: Decimal | Any
    currency: str | Any
    started_at: datetime | Any
    renews_at: datetime | Any
    ended_at: datetime | Any
    proposed_at: Any
    proposal_expires_at: Any
    sla_id: Any


class PodMemberRecord(NamedTuple):
    organization_id: str
    pod_id: str
    position: int
    talent_id: str
    role: str
    joined_at: datetime
    left_at: datetime | Any
    workspace_id: Any


class PodProjectRecord(NamedTuple):
    organization_id: str
    pod_id: str
    project_id: str
    workspace_id: Any


class PodProposalRecord(NamedTuple):
    organization_id: str
    pod_id: str
    team: list[dict[str, Any]]
    sla: dict[str, Any]
    cost_per_month: Decimal
    currency: str
    committed_per_week: Decimal
    capacity_pool_id: str
    proposed_at: datetime
    proposed_by: str | Any
    expires_at: datetime | Any
    workspace_id: Any


class PodScopeRecord(NamedTuple):
    organization_id: str
    id: str
    pod_id: str
    current_number: int
    version: Any
    workspace_id: Any


class PodScopeRevisionRecord(NamedTuple):
    organization_id: str
    pod_scope_id: str
    number: int
    summary: str
    items: list[dict[str, Any]]
    change_note: str | Any
    author_id: str | Any
    created_at: datetime
    previous_items: Any
    workspace_id: Any


class ProjectRecord(NamedTuple):
    organization_id: str
    id: str
    name: str
    name_order: str | Any
    status: str
    version: int


class ScopeRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    request_id: str
    workspace_id: str
    service_line_id: str | Any
    title: str
    status: str
    decline_reason: str | Any
    timeline_weeks: int
    fixed_price: Decimal
    currency: str
    payment_schedule: list[dict[str, Any]]
    capacity_pool_id: str
    committed_per_week: Decimal
    valid_until: datetime | Any
    confirmed_at: datetime | Any
    accepted_by: str | Any
    completed_at: datetime | Any
    open_count: int
    subscription_id: Any
    subscription_status: Any


class ServiceLineRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    workspace_id: str
    subscription_id: str | Any
    source_type: str | Any
    source_id: str | Any
    name: str
    product_line: str
    execution_model: str
    billing_model: str
    status: str
    starts_at: datetime | Any
    started_at: datetime | Any
    ends_at: datetime | Any
    ended_at: datetime | Any
    monthly_price: Decimal | Any
    currency: str | Any


class ServiceLineProjectRecord(NamedTuple):
    organization_id: str
    service_line_id: str
    project_id: str
    workspace_id: Any


class SlaMetricResultRecord(NamedTuple):
    organization_id: str
    sla_report_id: str
    position: int
    metric: str
    target: Decimal
    actual: Decimal | Any
    attainment_percent: Decimal | Any
    tolerance_percent: Decimal
    weight_percent: Decimal
    status: str
    explanation: str
    workspace_id: Any


class SlaReportRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    pod_id: str
    sla_terms_id: str
    period: str
    status: str
    defect_rate_percent: Decimal | Any
    compliance_percent: Decimal | Any
    compliance_formula: str | Any
    breached: list[str]
    published_at: datetime | Any
    has_breach: Any
    workspace_id: Any


class SlaTermsRecord(NamedTuple):
    organization_id: str
    id: str
    pod_id: str
    throughput_tasks_per_sprint: int
    sprint_length_days: int
    response_time_hours: Decimal
    availability_hours_per_week: Decimal
    quality_gate_percent: Decimal
    max_defect_rate_percent: Decimal | Any
    tolerances: dict[str, Any]
    weights: dict[str, Any]
    effective_from: str
    current_compliance: Decimal | Any
    workspace_id: Any


class TalentRecord(NamedTuple):
    organization_id: str
    id: str
    name: str | Any
    title: str | Any
    title_order: str | Any
    skills: list[str] | Any
    weekly_hours_limit: Decimal
    part_time: bool
    status: str
    ended_at: datetime | Any
    version: int
    committed_hours_per_week: Any
    overcommitted: Any


class TicketRecord(NamedTuple):
    organization_id: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    pod_id: str
    type: str
    title: str
    description: str
    priority: str
    status: str
    submitted_by: str | Any
    response_due_at: datetime
    at_risk_at: datetime | Any
    responded_at: datetime | Any
    response_seconds: int | Any
    response_sla: str
    resolved_at: datetime | Any
    closed_at: datetime | Any
    escalated_at: datetime | Any
    reopened_at: datetime | Any
    month: Any
    priority_rank: Any
    pod_status: Any
    workspace_id: Any


class TicketCommentRecord(NamedTuple):
    organization_id: str
    id: str
    ticket_id: str
    author_id: str | Any
    body: str
    created_at: datetime
    workspace_id: Any


class UsageRecordRecord(NamedTuple):
    organization_id: str
    id: str
    service_line_id: str
    metric: str
    quantity: Decimal
    unit: str
    cost: Decimal | Any
    currency: str | Any
    occurred_on: date
    workspace_id: Any


class UserRecord(NamedTuple):
    organization_id: str
    id: str
    name: str
    name_order: str | Any
    email: str | Any
    email_key: str | Any
    status: str
    issuer: str | Any
    subject: str | Any
    version: int


class WorkspaceRecord(NamedTuple):
    organization_id: str
    id: str
    name: str
    status: str
    version: int
