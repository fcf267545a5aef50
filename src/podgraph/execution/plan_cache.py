"""Cache of load plans, shared by all operations of the process."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

PLAN_CACHE_SIZE = 2000
"""Maximum plans and projections in the cache."""


@dataclass(unsafe_hash=True)
class PlanKey:
    """The key of a cached plan and its factory. `keep` holds references to the nodes whose ids are in the key."""

    key: Hashable
    make: Callable[[], Any] | None = field(compare=False)
    keep: Any = field(compare=False, default=None)


@lru_cache(maxsize=PLAN_CACHE_SIZE)
def cached_plan(plan_key: PlanKey) -> Any:
    # The key outlives the operation, and must not refer to its loaders.
    make, plan_key.make = plan_key.make, None
    assert make is not None
    return make()
