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
    return Refusal(ErrorCode.ALREADY_DONE, "Somebody is crossing.") if crossing.walkers else None


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
WARDEN = frozenset({Person.WARDEN})
STOP = Transition("stopTraffic", frozenset({Light.GREEN}), Light.RED, WARDEN)
GO = Transition("letTrafficGo", frozenset({Light.RED}), Light.GREEN, WARDEN, (nobody_crosses,))


def test_what_status_roles_and_guards_allow_is_not_refused() -> None:
    assert GO.refusal(Crossing("RED"), ["WARDEN"], NOON) is None


def test_the_wrong_role_is_told_which_roles_may() -> None:
    assert GO.refusal(Crossing("RED"), ["WALKER"], NOON) == Refusal(
        ErrorCode.FORBIDDEN, "letTrafficGo needs one of WARDEN."
    )


def test_the_wrong_status_is_told_which_one_would_be_right() -> None:
    assert GO.refusal(Crossing("BROKEN"), ["WARDEN"], NOON) == Refusal(
        ErrorCode.INVALID_TRANSITION, "letTrafficGo is possible from RED, not from BROKEN."
    )


def test_a_status_refuses_by_the_codes_that_its_row_has() -> None:
    lights = frozenset(Light)
    assert STOP.codes == {ErrorCode.ALREADY_DONE}
    assert Transition("paint", frozenset({Light.RED}), None, WARDEN).codes == {ErrorCode.INVALID_TRANSITION}
    assert Transition("switchOff", lights, None, WARDEN).codes == frozenset()
    assert Transition("build", CREATES, Light.RED, WARDEN).codes == frozenset()


def test_where_it_leads_already_it_has_been_done() -> None:
    assert GO.refusal(Crossing("GREEN"), ["WARDEN"], NOON) == Refusal(ErrorCode.ALREADY_DONE, "It is GREEN already.")


def test_roles_and_record_can_be_asked_apart() -> None:
    assert GO.forbidden(["WARDEN"]) is None
    assert GO.blocked(Crossing("RED", walkers=1), NOON) == Refusal(ErrorCode.ALREADY_DONE, "Somebody is crossing.")


def test_a_guard_is_asked_last_and_has_its_own_reason() -> None:
    assert GO.refusal(Crossing("RED", walkers=1), ["WARDEN"], NOON) == Refusal(
        ErrorCode.ALREADY_DONE, "Somebody is crossing."
    )


def test_the_actions_of_a_record_come_in_the_tables_order_with_why_not() -> None:
    stop, go = available_actions((STOP, GO), Crossing("RED"), ["WARDEN"], NOON)

    assert (stop.mutation, stop.enabled, stop.blocked_by) == (
        "stopTraffic",
        False,
        ErrorCode.ALREADY_DONE,
    )
    assert (go.mutation, go.enabled, go.blocked_by, go.reason) == ("letTrafficGo", True, None, None)


def test_what_brings_into_being_or_follows_by_itself_is_no_action() -> None:
    build = Transition("buildLight", CREATES, Light.RED, WARDEN)
    expire = Transition("a minute passes", frozenset({Light.GREEN}), Light.RED, AUTOMATIC)

    assert available_actions((build, expire), Crossing("GREEN"), ["WARDEN"], NOON) == []
