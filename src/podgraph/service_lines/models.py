"""Tables of service lines, incidents and usage records."""

from datetime import date, datetime
from decimal import Decimal

from podgraph.database.columns import (
    all_or_none,
    check,
    index,
    key,
    money,
    one_of,
    person,
    quantity,
    tenant_foreign_key,
    text,
    unique,
)
from podgraph.database.model import Entity, Record, Tenanted
from podgraph.service_lines.lifecycle import (
    BillingModel,
    ExecutionModel,
    IncidentSeverity,
    IncidentStatus,
    IncidentType,
    ProductLine,
    ServiceLineStatus,
)


class ServiceLine(Entity, table=True):
    """Execution contract of a pod or a confirmed scope, its source; imported lines have no source.

    A line that is billed by subscription has a monthly price.
    """

    __tablename__ = "service_line"
    __table_args__ = (
        tenant_foreign_key("workspace"),
        tenant_foreign_key("commercial_subscription", "subscription_id"),
        one_of("product_line", ProductLine),
        one_of("execution_model", ExecutionModel),
        one_of("billing_model", BillingModel),
        one_of("status", ServiceLineStatus),
        all_or_none("source_type", "source_id"),
        all_or_none("monthly_price", "currency"),
        check("monthly_price", "monthly_price >= 0"),
        check("ended_at", "ended_at >= started_at"),
        unique("source_type", "source_id"),
        index("organization_id", "status"),
        index("organization_id", "execution_model"),
        index("organization_id", "ended_at"),
    )

    workspace_id: str = text(index=True)
    subscription_id: str | None = text(optional=True, index=True)
    source_type: str | None = text(optional=True)
    source_id: str | None = text(optional=True)
    name: str = text()
    product_line: str = text()
    execution_model: str = text()
    billing_model: str = text()
    status: str = text()
    starts_at: datetime | None = None
    started_at: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    monthly_price: Decimal | None = money(optional=True)
    currency: str | None = text(optional=True)


class ServiceLineProject(Tenanted, table=True):
    """Project label of a service line."""

    __tablename__ = "service_line_project"
    __table_args__ = (tenant_foreign_key("service_line"), tenant_foreign_key("project"), index("project_id"))

    service_line_id: str = key()
    project_id: str = key()


class Incident(Entity, table=True):
    """Incident on a service line: raised by a user, a ticket or an SLA report."""

    __tablename__ = "incident"
    __table_args__ = (
        tenant_foreign_key("service_line"),
        tenant_foreign_key("pod"),
        tenant_foreign_key("sla_report"),
        tenant_foreign_key("ticket"),
        one_of("type", IncidentType),
        one_of("severity", IncidentSeverity),
        one_of("status", IncidentStatus),
        all_or_none("sla_report_id", "sla_metric"),
        check("acknowledged_at", "acknowledged_at >= opened_at"),
        check("resolved_at", "resolved_at >= opened_at"),
        unique("sla_report_id", "sla_metric"),
        index("service_line_id", "opened_at"),
        index("pod_id", "opened_at"),
        index("organization_id", "status"),
        index("organization_id", "type"),
        index("organization_id", "severity"),
        index("organization_id", "opened_at"),
    )

    service_line_id: str = text()
    pod_id: str | None = text(optional=True)
    type: str = text()
    severity: str = text()
    suspected: bool = False
    title: str = text()
    description: str | None = text(optional=True)
    status: str = text()
    raised_by: str | None = person(optional=True)
    opened_at: datetime
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = text(optional=True)
    sla_report_id: str | None = text(optional=True)
    sla_metric: str | None = text(optional=True)
    ticket_id: str | None = text(optional=True, unique=True)


class UsageRecord(Record, table=True):
    """Usage of a service line on one day, as reported; immutable."""

    __tablename__ = "usage_record"
    __table_args__ = (
        tenant_foreign_key("service_line"),
        all_or_none("cost", "currency"),
        check("quantity", "quantity >= 0"),
        check("cost", "cost >= 0"),
        index("service_line_id", "occurred_on"),
    )

    service_line_id: str = text()
    metric: str = text()
    quantity: Decimal = quantity()
    unit: str = text()
    cost: Decimal | None = money(optional=True)
    currency: str | None = text(optional=True)
    occurred_on: date
