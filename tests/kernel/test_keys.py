"""Keys of caches: what Python takes for equal is kept apart, what is the same is found again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from podgraph.kernel.keys import typed
from podgraph.kernel.roles import Role

NOON = datetime(2026, 5, 14, 12, tzinfo=UTC)
EQUAL: dict[str, Iterable[Any]] = {
    "zero": (0, False, 0.0, -0.0, Decimal(0), Decimal("-0"), Decimal("0.0")),
    "one": (1, True, 1.0, Decimal(1), Decimal("1.0"), Decimal("1.00")),
    "a word": (Role.MEMBER, str(Role.MEMBER)),
    "an instant": (NOON, NOON.astimezone(timezone(timedelta(hours=2)))),
}


@dataclass(frozen=True)
class Given:
    limit: Any


@dataclass(frozen=True)
class Other:
    limit: Any


@pytest.mark.parametrize("values", EQUAL.values(), ids=EQUAL.keys())
@pytest.mark.parametrize(
    "within",
    [lambda one: one, lambda one: [one], lambda one: {"b": one}, Given, lambda one: [{"b": [Given(one)]}]],
    ids=["alone", "a list", "a mapping", "a dataclass", "deeper"],
)
def test_equal_values_of_different_types_have_different_keys(values: Any, within: Any) -> None:
    for one, other in combinations(values, 2):
        assert one == other
        assert typed(within(one)) != typed(within(other))


def test_equal_values_of_one_type_have_one_key() -> None:
    for one in ({"a": [1, None, "x"]}, Given(Decimal("1.0")), (NOON, Role.MEMBER), -0.0):
        assert typed(one) == typed(one)
        assert hash(typed(one)) == hash(typed(one))
    assert typed({"a": ["x"]}) == typed({"a": ["x"]})


def test_containers_of_different_types_have_different_keys() -> None:
    assert typed({"a": 1}) != typed([["a", 1]])
    assert typed([1]) != typed((1,))
    assert typed(Given(1)) != typed(Other(1))


def test_an_unhashable_value_is_rejected() -> None:
    with pytest.raises(TypeError, match="a set cannot be part of a key"):
        typed({1})
