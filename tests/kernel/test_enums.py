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
def test_every_word_is_its_own_name_and_has_a_meaning_that_is_a_sentence(vocabulary: type[DescribedEnum]) -> None:
    for word in vocabulary:
        assert word.value == word.name
        assert word.__doc__ is not None
        assert word.__doc__.endswith(".")


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_vocabulary_says_what_it_is_about(vocabulary: type[DescribedEnum]) -> None:
    assert vocabulary.__doc__ != DescribedEnum.__doc__
    assert (vocabulary.__doc__ or "").strip().endswith(".")


def test_a_word_equals_the_plain_text_of_a_row_and_is_found_in_a_set_by_it() -> None:
    assert managed.PodStatus.ACTIVE == "ACTIVE"
    assert "ACTIVE" in frozenset(managed.PodStatus)
