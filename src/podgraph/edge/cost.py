"""What an operation costs with its variables, and how one that costs too much would pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

from podgraph.edge.documents import Document
from podgraph.edge.errors import EdgeCode, Refused
from podgraph.edge.limits import Limits
from podgraph.edge.measure import Measure, Sizes, measure, operation_of, whole
from podgraph.edge.suggestion import suggest
from podgraph.edge.values import check_value
from podgraph.kernel.keys import typed


@dataclass(frozen=True)
class Asked:
    """An operation of a document with its variables, under limits."""

    document: Document
    operation_name: str | None
    variables: Mapping[str, Any]
    limits: Limits

    @cached_property
    def measure(self) -> Measure:
        """The operation's measure, remembered with the document; Refused where a limit is passed."""
        check_value(self.variables, self.limits)
        sizing = [(name, typed(_size(value))) for name, value in self.variables.items()]
        key = (self.limits, self.operation_name, *sorted(sizing, key=itemgetter(0)))
        if key not in self.document.measures:
            self.document.measures[key] = self._measured()
        found: Measure = self.document.measures[key]
        return found

    def _measured(self, sizes: Sizes | None = None) -> Measure:
        operation = operation_of(self.document.node, self.operation_name)
        return measure(
            self.document.schema, self.document.node, operation, self.variables, self.limits, sizes
        )

    def check_cost(self) -> None:
        """Refused where it costs too much: with the heaviest place, and with pages that would pass."""
        cost, limit, pages = self.measure.cost, self.limits.cost, self.measure.pages
        if cost <= limit:
            return
        heaviest = max(pages, key=lambda page: (page.cost, len(page.path)), default=None)
        smaller = suggest(pages, lambda sizes: self._measured(sizes).cost, limit)
        hint = " and ".join(f"{one['argument']}: {one['value']} at {one['path']}" for one in smaller[:3])
        raise Refused(
            EdgeCode.COST_LIMIT,
            f"The operation costs {cost} points, of at most {limit}: ask for {hint or 'less at a time'}",
            cost=cost,
            limit=limit,
            path=".".join(heaviest.path) if heaviest else None,
            pathCost=heaviest.cost if heaviest else None,
            suggestion=smaller,
        )


def _size(value: Any) -> Any:
    """What of a variable may say how much is loaded: a whole number, true or false, or a list's length."""
    if isinstance(value, list):
        return "items", len(value)
    value = whole(value)
    return value if isinstance(value, int | None) else "other"
