"""What a table of transitions answers."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition, available_actions


class Light(DescribedEnum):
    """A traffic light."""

    RED = "RED", "Stop."
    GREEN = "GREEN", "Go."


class Person(DescribedEnum):
    """Who stands at the light."""

    WALKER = "WALKER", "Goes on foot."
    WARDEN = "WARDEN", "Switches the light."


@dataclass
class Crossing:
    status: str
    walkers: int = 0


def nobody_crosses(crossing: Any, now: datetime) -> Refusal | None:
    return Refusal(ErrorCode.ALREADY_DONE, "A person is crossing.") if crossing.walkers else None


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
WARDEN = frozenset({Person.WARDEN})
STOP = Transition("stopTraffic", frozenset({Light.GREEN}), Light.RED, WARDEN)
GO = Transition("letTrafficGo", frozenset({Light.RED}), Light.GREEN, WARDEN, (nobody_crosses,))


def test_an_allowed_transition_has_no_error() -> None:
    assert GO.refusal(Crossing("RED"), ["WARDEN"], NOON) is None


def test_a_wrong_role_lists_the_permitted_roles() -> None:
    assert GO.refusal(Crossing("RED"), ["WALKER"], NOON) == Refusal(
        ErrorCode.FORBIDDEN, "letTrafficGo requires one of the roles WARDEN."
    )


def test_a_wrong_status_lists_the_permitted_ones() -> None:
    assert GO.refusal(Crossing("BROKEN"), ["WARDEN"], NOON) == Refusal(
        ErrorCode.INVALID_TRANSITION, "letTrafficGo requires the status RED; the status is BROKEN."
    )


def test_a_status_error_has_a_declared_code() -> None:
    lights = frozenset(Light)
    assert STOP.codes == {ErrorCode.ALREADY_DONE}
    assert Transition("paint", frozenset({Light.RED}), None, WARDEN).codes == {ErrorCode.INVALID_TRANSITION}
    assert Transition("switchOff", lights, None, WARDEN).codes == frozenset()
    assert Transition("build", CREATES, Light.RED, WARDEN).codes == frozenset()


def test_a_repeated_transition_is_already_done() -> None:
    assert GO.refusal(Crossing("GREEN"), ["WARDEN"], NOON) == Refusal(
        ErrorCode.ALREADY_DONE, "The status is already GREEN."
    )


def test_roles_and_record_are_checked_separately() -> None:
    assert GO.forbidden(["WARDEN"]) is None
    assert GO.blocked(Crossing("RED", walkers=1), NOON) == Refusal(ErrorCode.ALREADY_DONE, "A person is crossing.")


def test_a_guard_is_checked_last() -> None:
    assert GO.refusal(Crossing("RED", walkers=1), ["WARDEN"], NOON) == Refusal(
        ErrorCode.ALREADY_DONE, "A person is crossing."
    )


def test_actions_are_in_table_order_with_reasons() -> None:
    stop, go = available_actions((STOP, GO), Crossing("RED"), ["WARDEN"], NOON)

    assert (stop.mutation, stop.enabled, stop.blocked_by) == (
        "stopTraffic",
        False,
        ErrorCode.ALREADY_DONE,
    )
    assert (go.mutation, go.enabled, go.blocked_by, go.reason) == ("letTrafficGo", True, None, None)


def test_creations_and_automatic_transitions_are_not_actions() -> None:
    build = Transition("buildLight", CREATES, Light.RED, WARDEN)
    expire = Transition("a minute passes", frozenset({Light.GREEN}), Light.RED, AUTOMATIC)

    assert available_actions((build, expire), Crossing("GREEN"), ["WARDEN"], NOON) == []
