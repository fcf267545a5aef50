"""Cost limit: the cost of an operation with its variables, and smaller pages that stay within the limit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

from podgraph.kernel.keys import typed
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.limits.cost_analysis import OperationCost, PageRequest, Sizes, measure, operation_of, whole
from podgraph.limits.document_cache import Document
from podgraph.limits.limits import Limits
from podgraph.limits.value_limits import check_value


@dataclass(frozen=True)
class CostedOperation:
    """An operation of a document with its variables, under limits."""

    document: Document
    operation_name: str | None
    variables: Mapping[str, Any]
    limits: Limits

    @cached_property
    def measure(self) -> OperationCost:
        """The operation's measure, cached with the document; RequestError if a limit is exceeded."""
        check_value(self.variables, self.limits)
        sizing = [(name, typed(_size(value))) for name, value in self.variables.items()]
        key = (self.limits, self.operation_name, *sorted(sizing, key=itemgetter(0)))
        if key not in self.document.measures:
            self.document.measures[key] = self._measured()
        found: OperationCost = self.document.measures[key]
        return found

    def _measured(self, sizes: Sizes | None = None) -> OperationCost:
        operation = operation_of(self.document.node, self.operation_name)
        return measure(self.document.schema, self.document.node, operation, self.variables, self.limits, sizes)

    def check_cost(self) -> None:
        """RequestError with the most expensive path and smaller pages if the operation costs too much."""
        cost, limit, pages = self.measure.cost, self.limits.cost, self.measure.pages
        if cost <= limit:
            return
        heaviest = max(pages, key=lambda page: (page.cost, len(page.path)), default=None)
        smaller = suggest(pages, lambda sizes: self._measured(sizes).cost, limit)
        hint = " and ".join(f"{one['argument']}: {one['value']} at {one['path']}" for one in smaller[:3])
        raise RequestError(
            RequestErrorCode.COST_LIMIT,
            f"The operation costs {cost} points; the limit is {limit}. Request {hint or 'fewer records per page'}.",
            cost=cost,
            limit=limit,
            path=".".join(heaviest.path) if heaviest else None,
            pathCost=heaviest.cost if heaviest else None,
            suggestion=smaller,
        )


def _size(value: Any) -> Any:
    """The part of a variable that can affect the cost: an integer, a boolean, or the length of a list."""
    if isinstance(value, list):
        return "items", len(value)
    value = whole(value)
    return value if isinstance(value, int | None) else "other"


Cost = Callable[[Sizes], int]
"""The cost of the document with other page sizes."""

STEPS = 64
"""Steps between a page of one record and the requested page."""


def suggest(pages: Sequence[PageRequest], cost: Cost, limit: int) -> list[dict[str, Any]]:
    """Smaller pages with which the operation stays within the limit, each with its path; empty if there are none.

    One page if that suffices, the outermost possible one; otherwise all in proportion.
    """
    for page in sorted(pages, key=lambda page: (len(page.path), -page.cost)):
        size = _largest(page.size, lambda size, page=page: cost({id(page.node): size}), limit)  # type: ignore[misc]
        if size:
            return [_smaller(page, size)]
    share = _largest(STEPS - 1, lambda share: cost(_sizes(pages, share)), limit)
    if share is None:
        return []
    sizes = _sizes(pages, share)
    named = {id(page.node): page for page in pages if sizes[id(page.node)] < page.size}
    return [_smaller(page, sizes[id(page.node)]) for page in named.values()]


def _sizes(pages: Sequence[PageRequest], share: int) -> Sizes:
    return {id(page.node): max(1, page.size * share // STEPS) for page in pages}


def _largest(most: int, cost: Callable[[int], int], limit: int) -> int | None:
    """The largest number up to `most` whose cost is within the limit; None where not even 1 is."""
    if cost(1) > limit:
        return None
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cost(middle) <= limit else (low, middle - 1)
    return low


def _smaller(page: PageRequest, size: int) -> dict[str, Any]:
    return {"path": ".".join(page.path), "argument": page.argument, "value": size}
