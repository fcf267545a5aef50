"""The event types."""

_HAPPENINGS = {
    "organization": "created updated archived unarchived",
    "workspace": "created renamed archived unarchived",
    "project": "created renamed archived unarchived",
    "talent": "registered updated ended",
    "subscription": "opened activated past_due cancelled",
    "pod": "requested updated moved tagged untagged proposed activated paused resumed renewed team_changed completed"
    " cancelled",
    "pod_scope": "revised",
    "sla_terms": "changed",
    "sla_report": "recorded published",
    "sla": "breached",
    "ticket": "created responded response_at_risk response_breached commented escalated resolved closed reopened",
    "incident": "opened acknowledged severity_changed resolved reopened",
    "service_line": "activated updated tagged untagged paused resumed closed terminated",
    "usage": "recorded",
    "capacity_pool": "created updated",
    "capacity": "utilisation_warning gap_detected",
    "allocation": "created updated paused resumed change_cancelled actual_recorded closed",
    "ods.request": "tagged untagged submitted updated scoped requires_negotiation scoping_resumed cancelled",
    "ods.scope": "confirmed declined completed cancelled",
    "ods.cycle": "started in_review completed remediation_created cancelled",
    "ods.deliverable": "started submitted withdrawn ready accepted rejected cancelled",
    "payment": "due paid overdue void",
    "token": "created revoked",
    "user": "created renamed deactivated reactivated erased",
    "membership": "granted revoked",
    "invitation": "created accepted revoked expired",
}

EVENT_TYPES = frozenset(f"{domain}.{word}" for domain, words in _HAPPENINGS.items() for word in words.split())
"""All event types, as `subject.event`."""
