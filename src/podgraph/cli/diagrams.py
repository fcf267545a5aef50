"""State diagrams of all records with a lifecycle, generated from the transitions that guard their mutations."""

from collections.abc import Collection, Iterator, Sequence

from podgraph.accounts.lifecycle import ORGANIZATION, PROJECT, SUBSCRIPTION, TALENT, WORKSPACE
from podgraph.capacity.lifecycle import ALLOCATION, CAPACITY_POOL
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.transitions import Transition
from podgraph.outcomes.lifecycle import CYCLE, DELIVERABLE, OUTCOME_REQUEST, PAYMENT, SCOPE
from podgraph.pods.lifecycle import POD, SLA_REPORT, TICKET
from podgraph.service_lines.lifecycle import INCIDENT, SERVICE_LINE

STATE_MACHINES: dict[str, Sequence[Transition]] = {
    "Pod": POD,
    "SLA report": SLA_REPORT,
    "Ticket": TICKET,
    "Service line": SERVICE_LINE,
    "Incident": INCIDENT,
    "Capacity pool": CAPACITY_POOL,
    "Allocation": ALLOCATION,
    "Outcome request": OUTCOME_REQUEST,
    "Scope": SCOPE,
    "Cycle": CYCLE,
    "Deliverable": DELIVERABLE,
    "Payment": PAYMENT,
    "Organization": ORGANIZATION,
    "Workspace": WORKSPACE,
    "Project": PROJECT,
    "Talent": TALENT,
    "Commercial subscription": SUBSCRIPTION,
}
"""Transitions by the title of their diagram."""

_EDGE = "[*]"
"""Start and end state in Mermaid."""


def diagrams() -> str:
    """All diagrams in Markdown, each below its title."""
    return "\n".join(f"## {name}\n\n```mermaid\n{diagram(table)}```\n" for name, table in STATE_MACHINES.items())


def diagram(table: Sequence[Transition]) -> str:
    """A state diagram in Mermaid. Transitions in parentheses are automatic."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for source, target, row in _steps(table):
        label = row.mutation if row.roles else f"({row.mutation})"
        arrows.setdefault((source, target), []).append(label)
    drawn = [f"    {source} --> {target}: {', '.join(labels)}\n" for (source, target), labels in arrows.items()]
    ends = [f"    {status} --> {_EDGE}\n" for status in _ends(arrows)]
    return "".join(["stateDiagram-v2\n", *drawn, *ends])


def _steps(table: Sequence[Transition]) -> Iterator[tuple[str, str, Transition]]:
    for row in table:
        for source in map(str, _in_order(row.sources)) if row.sources else (_EDGE,):
            # A transition to its own source is reported as already done.
            if source != row.target:
                yield source, row.target or source, row


def _in_order(terms: Collection[DescribedEnum]) -> list[DescribedEnum]:
    """Values of one enum in the order of its declaration."""
    enum = type(next(iter(terms)))
    return [term for term in enum if term in terms]


def _ends(arrows: dict[tuple[str, str], list[str]]) -> list[str]:
    """Statuses without an outgoing transition; none if there is only one status."""
    reached = dict.fromkeys(target for _, target in arrows)
    left = {source for source, target in arrows if source != target}
    return [status for status in reached if status not in left] if len(reached) > 1 else []
