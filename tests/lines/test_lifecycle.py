"""Who may do what to an incident, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from podgraph.kernel.errors import ErrorCode
from podgraph.kernel.transitions import available_actions
from podgraph.lines.lifecycle import INCIDENT, SERVICE_LINE

RESOLVED_AT = datetime(2026, 4, 20, 9, tzinfo=UTC)


@dataclass
class Incident:
    status: str
    resolved_at: datetime | None = None


def enabled(incident: Incident, role: str, now: datetime = RESOLVED_AT) -> list[str]:
    return [
        action.mutation for action in available_actions(INCIDENT, incident, [role], now) if action.enabled
    ]


def test_nobody_moves_a_service_line_directly() -> None:
    assert SERVICE_LINE == ()


def test_an_open_incident_is_acknowledged_before_it_is_resolved() -> None:
    assert enabled(Incident("OPEN"), "DELIVERY") == ["acknowledgeIncident", "changeIncidentSeverity"]
    assert enabled(Incident("ACKNOWLEDGED"), "OPERATOR") == ["changeIncidentSeverity", "resolveIncident"]


def test_the_client_can_only_reopen() -> None:
    assert enabled(Incident("OPEN"), "ORG_ADMIN") == []
    assert enabled(Incident("RESOLVED", RESOLVED_AT), "ORG_ADMIN") == ["reopenIncident"]


def test_an_incident_is_reopened_within_30_days() -> None:
    reopen = INCIDENT[-1]
    incident = Incident("RESOLVED", RESOLVED_AT)
    last_moment = RESOLVED_AT + timedelta(days=30)

    assert reopen.refusal(incident, ["ORG_OWNER"], last_moment) is None
    refusal = reopen.refusal(incident, ["ORG_OWNER"], last_moment + timedelta(seconds=1))
    assert refusal is not None
    assert refusal.code is ErrorCode.INVALID_TRANSITION
    assert refusal.reason == "An incident can be reopened for 30 days; this one was resolved on 2026-04-20."
