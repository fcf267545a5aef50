"""Who may do what to an incident, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from podgraph.kernel.errors import ErrorCode
from podgraph.kernel.transitions import available_actions
from podgraph.service_lines.lifecycle import INCIDENT, REOPEN_INCIDENT, SERVICE_LINE, not_raisable

RESOLVED_AT = datetime(2026, 4, 20, 9, tzinfo=UTC)


@dataclass
class Line:
    ended_at: datetime | None
    id: str = "LIN-26-088401"


@dataclass
class Incident:
    status: str
    resolved_at: datetime | None = None


def enabled(incident: Incident, role: str, now: datetime = RESOLVED_AT) -> list[str]:
    return [action.mutation for action in available_actions(INCIDENT, incident, [role], now) if action.enabled]


def test_nobody_moves_a_service_line_directly() -> None:
    assert available_actions(SERVICE_LINE, Incident("ACTIVE"), ["ORG_OWNER", "OPERATOR"], RESOLVED_AT) == []
    assert not any(row.roles for row in SERVICE_LINE)


def test_an_open_incident_is_acknowledged_before_it_is_resolved() -> None:
    assert enabled(Incident("OPEN"), "DELIVERY") == ["acknowledgeIncident", "changeIncidentSeverity"]
    assert enabled(Incident("ACKNOWLEDGED"), "OPERATOR") == ["changeIncidentSeverity", "resolveIncident"]


def test_the_client_can_only_reopen() -> None:
    assert enabled(Incident("OPEN"), "ORG_ADMIN") == []
    assert enabled(Incident("RESOLVED", RESOLVED_AT), "ORG_ADMIN") == ["reopenIncident"]


def test_an_incident_is_reopened_within_30_days() -> None:
    incident = Incident("RESOLVED", RESOLVED_AT)
    last_moment = RESOLVED_AT + timedelta(days=30)

    assert REOPEN_INCIDENT.refusal(incident, ["ORG_OWNER"], last_moment) is None
    refusal = REOPEN_INCIDENT.refusal(incident, ["ORG_OWNER"], last_moment + timedelta(seconds=1))
    assert refusal is not None
    assert refusal.code is ErrorCode.INVALID_TRANSITION
    assert refusal.reason == "Incidents can be reopened for 30 days; this one was resolved on 2026-04-20."


def test_an_incident_can_be_raised_within_30_days_of_the_line_end() -> None:
    line, last_moment = Line(RESOLVED_AT), RESOLVED_AT + timedelta(days=30)

    assert not_raisable(Line(None), last_moment) is None
    assert not_raisable(line, last_moment) is None
    refusal = not_raisable(line, last_moment + timedelta(seconds=1))
    assert refusal is not None
    assert refusal.code is ErrorCode.INVALID_TRANSITION
