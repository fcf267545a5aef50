"""How a document that costs too much would pass: smaller pages, as few of them as possible."""

from collections.abc import Callable, Sequence
from typing import Any

from podgraph.edge.measure import PageAsked, Sizes

Cost = Callable[[Sizes], int]
"""What the document would cost with other page sizes."""

SHARES = 64
"""Steps between a page of one record and the page that was asked for."""


def suggest(pages: Sequence[PageAsked], cost: Cost, limit: int) -> list[dict[str, Any]]:
    """The pages to make smaller, each with its path and the size that would do; none where nothing would.

    One page where that is enough, the outermost one that can carry it; otherwise all in proportion.
    """
    for page in sorted(pages, key=lambda page: (len(page.path), -page.cost)):
        size = _largest(page.size, lambda size, page=page: cost({id(page.node): size}), limit)  # type: ignore[misc]
        if size:
            return [_smaller(page, size)]
    share = _largest(SHARES - 1, lambda share: cost(_sizes(pages, share)), limit)
    if share is None:
        return []
    sizes = _sizes(pages, share)
    named = {id(page.node): page for page in pages if sizes[id(page.node)] < page.size}
    return [_smaller(page, sizes[id(page.node)]) for page in named.values()]


def _sizes(pages: Sequence[PageAsked], share: int) -> Sizes:
    return {id(page.node): max(1, page.size * share // SHARES) for page in pages}


def _largest(most: int, cost: Callable[[int], int], limit: int) -> int | None:
    """The largest number up to `most` whose cost is within the limit; None where not even 1 is."""
    if cost(1) > limit:
        return None
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cost(middle) <= limit else (low, middle - 1)
    return low


def _smaller(page: PageAsked, size: int) -> dict[str, Any]:
    return {"path": ".".join(page.path), "argument": page.argument, "value": size}
