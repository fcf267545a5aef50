"""Vocabularies that explain themselves."""

import pytest

from podgraph.accounts import lifecycle as accounts
from podgraph.capacity import lifecycle as capacity
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode
from podgraph.outcomes import lifecycle as ods
from podgraph.pods import lifecycle as managed
from podgraph.service_lines import lifecycle as lines
from podgraph.writes import event_types as events

SLICES = (accounts, events, lines, capacity, managed, ods)
VOCABULARIES = [
    ErrorCode,
    *(
        term
        for lifecycle in SLICES
        for term in vars(lifecycle).values()
        if isinstance(term, type) and issubclass(term, DescribedEnum) and term is not DescribedEnum
    ),
]


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_enum_value_is_its_name_with_a_description(vocabulary: type[DescribedEnum]) -> None:
    for word in vocabulary:
        assert word.value == word.name
        assert word.__doc__ is not None
        assert word.__doc__.endswith(".")


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_enum_has_a_description(vocabulary: type[DescribedEnum]) -> None:
    assert vocabulary.__doc__ != DescribedEnum.__doc__
    assert (vocabulary.__doc__ or "").strip().endswith(".")


def test_an_enum_member_equals_its_text() -> None:
    assert managed.PodStatus.ACTIVE == "ACTIVE"
    assert "ACTIVE" in frozenset(managed.PodStatus)
