"""Selection sets: conditions are evaluated and fragments found before any type is known."""

from typing import Any

import pytest

from graphql import FieldNode, FragmentDefinitionNode, InlineFragmentNode, OperationDefinitionNode, parse
from podgraph.graphql.selections import response_key, selected


def included(conditions: str, **variables: Any) -> bool | None:
    """Whether a field with some conditions is included."""
    (operation,) = parse(f"{{ pods {conditions} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    ((_, _, kept),) = selected(operation.selection_set.selections, {}, variables)
    return kept


@pytest.mark.parametrize(
    ("conditions", "kept"),
    [
        ("", True),
        ("@include(if: true)", True),
        ("@include(if: $no)", False),
        ("@skip(if: $yes) @include(if: $null)", False),
        ("@skip(if: $no) @include(if: $null)", None),
        ("@skip(if: $null) @include(if: false)", None),
        ("@skip(if: $missing)", None),
        ("@include(if: $text)", None),
        ("@include(if: 1)", None),
        ("@stream(if: false)", True),
    ],
)
def test_skip_and_include_decide_what_is_included(conditions: str, kept: bool | None) -> None:
    assert included(conditions, yes=True, no=False, null=None, text="true") is kept


def test_a_selection_leads_to_its_field_or_fragment() -> None:
    document = parse("{ a: pods ... { talent } ...Known ...Unknown } fragment Known on Query { lines }")
    operation, fragment = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert isinstance(fragment, FragmentDefinitionNode)
    targets = [target for _, target, _ in selected(operation.selection_set.selections, {"Known": fragment}, {})]
    assert [type(target) for target in targets] == [FieldNode, InlineFragmentNode, FragmentDefinitionNode, type(None)]
    assert isinstance(targets[0], FieldNode)
    assert response_key(targets[0]) == "a"
