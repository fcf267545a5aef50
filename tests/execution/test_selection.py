"""Selections: the fields that a document selects."""

from typing import Any

import pytest

from conftest import Execute
from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode, parse
from podgraph.execution.selection import Selection


def selection(document: str, **variables: Any) -> Selection:
    """The selection of the first field of a document."""
    definitions = parse(document).definitions
    fragments = {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}
    operation = next(one for one in definitions if isinstance(one, OperationDefinitionNode))
    fields = [one for one in operation.selection_set.selections if isinstance(one, FieldNode)]
    return Selection(fields, fragments, variables)


def names(found: Selection) -> list[str]:
    return list(dict.fromkeys(nodes[0].name.value for nodes in found.fields))


def test_plain_fields_are_in_document_order() -> None:
    assert names(selection("{ pods { totalCount nodes { id } } }")) == ["totalCount", "nodes"]


def test_field_without_a_selection_has_no_fields_below() -> None:
    assert names(selection("{ pods { totalCount } }").below("totalCount")) == []
    assert names(selection("{ pods { totalCount } }").below("nodes")) == []


def test_aliased_field_is_identified_by_its_name() -> None:
    found = selection("{ pods { first: nodes { id } second: nodes { name } } }")
    assert names(found) == ["nodes"]
    assert names(found.below("nodes")) == ["id", "name"]


def test_merged_fields_are_selected_together() -> None:
    found = selection("{ pods { nodes { id } } pods { totalCount nodes { workspace { id } } } }")
    assert names(found) == ["nodes", "totalCount"]
    assert names(found.below("nodes")) == ["id", "workspace"]


def test_selections_of_several_fields_are_merged() -> None:
    found = selection("{ pods { nodes { id } edges { node { name } } } }")
    assert names(found.below("nodes") | found.below("edges")) == ["id", "node"]


def test_nested_fragments_are_expanded() -> None:
    found = selection(
        """
        { pods { ...Page } }
        fragment Page on PodConnection { nodes { ...Pod } ... on PodConnection { totalCount } }
        fragment Pod on Pod { id ... { workspace { ...Place } } }
        fragment Place on Workspace { name organization { id } }
        """
    )
    assert names(found) == ["nodes", "totalCount"]
    assert names(found.below("nodes")) == ["id", "workspace"]
    assert names(found.below("nodes").below("workspace")) == ["name", "organization"]


def test_fragment_is_expanded_once_per_place() -> None:
    found = selection(
        "{ pods { ...Some ... on PodConnection { ...Some } } } fragment Some on PodConnection { totalCount }"
    )
    assert [len(nodes) for nodes in found.fields] == [1]
    found = selection("{ pods { nodes { ...Some } nodes { ...Some } } } fragment Some on Pod { name }")
    assert [len(nodes) for nodes in found.below("nodes").fields] == [1]


def test_fragment_may_be_spread_in_several_places() -> None:
    found = selection("{ pods { nodes { ...Pod } edges { node { ...Pod } } } } fragment Pod on Pod { id name }")
    assert names(found.below("nodes")) == ["id", "name"]
    assert names(found.below("edges").below("node")) == ["id", "name"]


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        ("@include(if: true)", True),
        ("@include(if: false)", False),
        ("@skip(if: true)", False),
        ("@skip(if: false)", True),
        ("@skip(if: false) @include(if: true)", True),
        ("@skip(if: true) @include(if: true)", False),
        ("@skip(if: false) @include(if: false)", False),
        ("@include(if: $yes)", True),
        ("@include(if: $no)", False),
        ("@skip(if: $yes)", False),
        ("@skip(if: $no) @include(if: $yes)", True),
    ],
)
@pytest.mark.parametrize(
    "template",
    [
        "{ pods { totalCount %s } }",
        "{ pods { ... %s { totalCount } } }",
        "{ pods { ...Page %s } } fragment Page on PodConnection { totalCount }",
        "{ pods { ...Page } } fragment Page on PodConnection { ... on PodConnection %s { totalCount } }",
    ],
    ids=["field", "inline fragment", "spread", "within a fragment"],
)
def test_skipped_fields_are_not_selected(template: str, condition: str, asked: bool) -> None:
    found = selection(template % condition, yes=True, no=False)
    assert ("totalCount" in found.names) is asked


DOCUMENT = """
query ($pod: ID!, $team: Boolean!, $bare: Boolean!) {
    pod(id: $pod) { ...Named team @include(if: $team) { talent { title } } }
    pod(id: $pod) { workspace @skip(if: $bare) { ...Place } ... on Node { id } }
}
fragment Named on Pod { name ... on Entity { version } }
fragment Place on Workspace { id organization { name } }
"""


@pytest.mark.parametrize("team", [True, False])
@pytest.mark.parametrize("bare", [True, False])
async def test_response_contains_exactly_the_selected_fields(execute: Execute, team: bool, bare: bool) -> None:
    data = await execute(DOCUMENT, pod="POD-26-000010", team=team, bare=bare)
    people = [{"talent": {"title": "Data Engineer"}}, {"talent": {"title": "Analytics Engineer"}}]
    expected: dict[str, Any] = {"name": "Data Platform Pod", "version": 4, "id": "POD-26-000010"}
    if team:
        expected["team"] = people
    if not bare:
        expected["workspace"] = {"id": "WS-26-000022", "organization": {"name": "Apex Digital Ltd"}}
    assert data == {"pod": expected}
