"""Audit trail: one row for each mutation that was rejected or failed. Successful mutations have events."""

from datetime import datetime

from sqlmodel import Field

from podgraph.database.columns import Plain, index, key, text
from podgraph.database.model import Model


class AuditEntry(Model, table=True):
    """A rejected or failed mutation: caller, action, record and result, with the organization if it is known."""

    __tablename__ = "audit_entry"
    __table_args__ = (index("organization_id", "occurred_at"),)

    id: str = key()
    organization_id: str | None = Field(default=None, foreign_key="organization.id", sa_type=Plain)
    occurred_at: datetime
    actor_type: str = text()
    actor_id: str = text()
    action: str = text()
    resource: str | None = text(optional=True)
    outcome: str = text()
    address: str | None = text(optional=True)
    trace_id: str | None = text(optional=True)
