"""The doctor: every invariant that can be read from the data, recomputed from it.

Constraints of the database are recomputed too: an import, a restored dump or a manual statement may have
bypassed them.
"""

from podgraph.accounts import repository as accounts
from podgraph.capacity import repository as capacity
from podgraph.database.read_model import Reader
from podgraph.doctor import capacity as capacity_checks
from podgraph.doctor import events as event_checks
from podgraph.doctor import outcomes as outcome_checks
from podgraph.doctor import pods as pod_checks
from podgraph.doctor import service_lines as line_checks
from podgraph.doctor import tenancy as tenancy_checks
from podgraph.doctor.check import Check, Finding
from podgraph.outcomes import repository as scopes
from podgraph.pods import repository as pods
from podgraph.service_lines import repository as lines
from podgraph.writes import event_log as events

SLICES = (accounts, events, lines, capacity, pods, scopes)
"""Imported so that their read models, which map id prefixes to tables, are registered."""

CHECKS: tuple[Check, ...] = (
    *capacity_checks.CHECKS,
    *line_checks.CHECKS,
    *pod_checks.CHECKS,
    *outcome_checks.CHECKS,
    *event_checks.CHECKS,
    *tenancy_checks.CHECKS,
)
"""Every check of every module."""


async def examine(reader: Reader) -> list[Finding]:
    """All violations, in the order of the checks, read from the snapshot of the reader."""
    return [
        Finding(check.invariant, check.sentence, row.organization_id, row.id, check.detail.format_map(row._mapping))
        for check in CHECKS
        for row in check.judge(await reader.rows(check.broken))
    ]
