"""The cache of load plans: what a statement is compiled from, and under which key it is kept."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

PLAN_CACHE_SIZE = 2000
"""Statements and shapes kept for when the same place of a document is executed again."""


@dataclass(unsafe_hash=True)
class PlanKey:
    """Something made once for the same `key`. `keep` stays alive with it: a place is told by its ids."""

    key: Hashable
    make: Callable[[], Any] | None = field(compare=False)
    keep: Any = field(compare=False, default=None)


@lru_cache(maxsize=PLAN_CACHE_SIZE)
def cached_plan(recipe: PlanKey) -> Any:
    # The recipe outlives the operation, and must not keep its loaders, with all that they loaded.
    make, recipe.make = recipe.make, None
    assert make is not None
    return make()
