"""A document is parsed and validated once, and as much of them is kept as memory allows."""

import pytest

import schema_walker
from graphql import GraphQLSyntaxError
from podgraph.limits.document_cache import MAX_CACHE_CHARACTERS, Documents

PODS = "{ pods { totalCount } }"


def test_a_text_is_parsed_and_validated_once() -> None:
    documents = Documents()
    first = documents.read(schema_walker.graph(), PODS, 5000)
    assert documents.read(schema_walker.graph(), PODS, 5000) is first
    assert first.errors is first.errors == []


def test_validation_errors_are_computed_once() -> None:
    document = Documents().read(schema_walker.graph(), "{ unknown }", 5000)
    assert document.errors is document.errors
    assert document.errors[0].message == "Cannot query field 'unknown' on type 'Query'."


FAULTS = {
    "unknown directives": "{ __typename " + "@aa " * 10 + "}",
    "unknown fields": "{ " + " ".join(f"a{number}" for number in range(10)) + " }",
    "unknown arguments": "{ __typename(" + " ".join(f"a{number}: 1" for number in range(10)) + ") }",
    "unused variables": "query (" + " ".join(f"$a{number}: Int" for number in range(10)) + ") { __typename }",
    "unused fragments": "{ __typename } "
    + " ".join(f"fragment F{number} on Query {{ __typename }}" for number in range(10)),
}


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS)
def test_validation_stops_after_three_errors(text: str) -> None:
    errors = Documents().read(schema_walker.graph(), text, 5000).errors
    assert len(errors) == 3
    assert not any("Validation aborted" in error.message for error in errors)


def test_null_for_an_optional_non_null_value_is_an_error() -> None:
    text = """mutation {
        updateSlaTerms(input: { podId: "POD-26-000008", throughputTasksPerSprint: null }) { pod { id } }
    }"""
    (error,) = Documents().read(schema_walker.graph(), text, 5000).errors
    assert "throughputTasksPerSprint" in error.message


@pytest.mark.parametrize("text", ["", "{", "{ a b c d e }"])
def test_invalid_and_too_long_documents_are_rejected(text: str) -> None:
    with pytest.raises(GraphQLSyntaxError):
        Documents().read(schema_walker.graph(), text, 4)


def test_the_least_recently_used_document_is_evicted() -> None:
    documents = Documents()
    first = documents.read(schema_walker.graph(), PODS, 5000)
    for number in range(5):
        documents.read(schema_walker.graph(), PODS + f"# {number} " + " " * (MAX_CACHE_CHARACTERS // 4), 5000)
    assert documents.read(schema_walker.graph(), PODS, 5000) is not first


def test_a_document_larger_than_the_cache_is_parsed() -> None:
    text = PODS + " " * MAX_CACHE_CHARACTERS
    assert Documents().read(schema_walker.graph(), text, 5000).errors == []
