"""Who may do what to pools and allocations."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from podgraph.capacity.lifecycle import ALLOCATION, CAPACITY_POOL
from podgraph.kernel.transitions import available_actions

NOW = datetime(2026, 5, 14, 16, tzinfo=UTC)


@dataclass
class Record:
    status: str
    change_pending: bool = True


def enabled(status: str, role: str) -> list[str]:
    actions = available_actions(ALLOCATION, Record(status), [role], NOW)
    return [action.mutation for action in actions if action.enabled]


@pytest.mark.parametrize("role", ["ORG_ADMIN", "OPERATOR"])
def test_client_and_operator_change_and_close_an_active_allocation(role: str) -> None:
    assert enabled("ACTIVE", role) == ["updateAllocation", "cancelAllocationChange", "closeAllocation"]


def test_a_change_is_cancelled_only_where_one_is_to_come() -> None:
    actions = available_actions(ALLOCATION, Record("ACTIVE", change_pending=False), ["OPERATOR"], NOW)
    cancel = next(one for one in actions if one.mutation == "cancelAllocationChange")

    assert (cancel.enabled, cancel.reason) == (False, "The allocation has no pending change.")


def test_a_paused_allocation_can_only_be_closed() -> None:
    assert enabled("PAUSED", "OPERATOR") == ["closeAllocation"]


def test_only_the_last_week_of_a_closed_allocation_can_be_recorded() -> None:
    assert enabled("CLOSED", "DELIVERY") == ["recordAllocationActual"]
    assert enabled("CLOSED", "OPERATOR") == []


def test_a_member_changes_nothing() -> None:
    assert enabled("ACTIVE", "MEMBER") == []


@pytest.mark.parametrize(("role", "may"), [("OPERATOR", True), ("SYSTEM", True), ("ORG_OWNER", False)])
def test_pools_are_kept_by_the_platform(role: str, may: bool) -> None:
    (update,) = available_actions(CAPACITY_POOL, Record("OPEN"), [role], NOW)

    assert (update.mutation, update.enabled) == ("updateCapacityPool", may)
