"""State diagrams of every record that has a life, made from the tables that guard its mutations."""

from collections.abc import Collection, Iterator, Sequence

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
}
"""The tables of transitions by the name of what lives by them."""

_EDGE = "[*]"
"""Mermaid's word for before the beginning and after the end."""


def diagrams() -> str:
    """All of them in Markdown, each under its name."""
    return "\n".join(f"## {name}\n\n```mermaid\n{diagram(table)}```\n" for name, table in STATE_MACHINES.items())


def diagram(table: Sequence[Transition]) -> str:
    """A life in Mermaid: what leads from status to status, in parentheses where nobody asks for it."""
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
            # A row that may start at its own target says there that it was done before.
            if source != row.target:
                yield source, row.target or source, row


def _in_order(terms: Collection[DescribedEnum]) -> list[DescribedEnum]:
    """Terms of one vocabulary in the order in which it names them."""
    vocabulary = type(next(iter(terms)))
    return [term for term in vocabulary if term in terms]


def _ends(arrows: dict[tuple[str, str], list[str]]) -> list[str]:
    """The statuses that nothing leads away from; a life of one status has no end."""
    reached = dict.fromkeys(target for _, target in arrows)
    left = {source for source, target in arrows if source != target}
    return [status for status in reached if status not in left] if len(reached) > 1 else []
