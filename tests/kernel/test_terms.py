"""Vocabularies that explain themselves."""

import pytest

from podgraph.accounts import lifecycle as accounts
from podgraph.capacity import lifecycle as capacity
from podgraph.events import lifecycle as events
from podgraph.kernel.errors import ErrorCode
from podgraph.kernel.terms import Term
from podgraph.lines import lifecycle as lines
from podgraph.managed import lifecycle as managed
from podgraph.ods import lifecycle as ods

SLICES = (accounts, events, lines, capacity, managed, ods)
VOCABULARIES = [
    ErrorCode,
    *(
        term
        for lifecycle in SLICES
        for term in vars(lifecycle).values()
        if isinstance(term, type) and issubclass(term, Term) and term is not Term
    ),
]


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_word_is_its_own_name_and_has_a_meaning_that_is_a_sentence(vocabulary: type[Term]) -> None:
    for word in vocabulary:
        assert word.value == word.name
        assert word.__doc__ is not None
        assert word.__doc__.endswith(".")


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_vocabulary_says_what_it_is_about(vocabulary: type[Term]) -> None:
    assert vocabulary.__doc__ != Term.__doc__
    assert (vocabulary.__doc__ or "").strip().endswith(".")


def test_a_word_equals_the_plain_text_of_a_row_and_is_found_in_a_set_by_it() -> None:
    assert managed.PodStatus.ACTIVE == "ACTIVE"
    assert "ACTIVE" in frozenset(managed.PodStatus)
