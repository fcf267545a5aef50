"""Cost limit: the suggested pages keep the document within the limit."""

from typing import Any

import pytest
from graphql.language import OperationDefinitionNode, print_ast
from graphql.language.ast import ArgumentNode, IntValueNode, NameNode

import schema_walker
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, parse
from podgraph.kernel.request_errors import RequestError
from podgraph.limits.cost_limit import CostedOperation
from podgraph.limits.document_cache import Document
from podgraph.limits.limits import Limits

TEAM = "team { talent { title assignments { id } } }"
TOO_MUCH = {
    "one page": "{ pods(first: 100) { nodes { tickets(first: 100) { nodes { id } } } } }",
    "pages by default": f"{{ pods {{ nodes {{ tickets {{ nodes {{ pod {{ {TEAM} }} }} }} }} }} }}",
    "from the end": "{ pods(last: 100) { nodes { tickets(last: 100) { nodes { id } } } } }",
    "a variable": "query ($n: Int!) { pods(first: $n) { nodes { tickets(first: $n) { nodes { id } } } } }",
    "three levels": """{ organization(id: "x") { workspaces(first: 100) { nodes {
        pods(first: 100) { nodes { tickets(first: 100) { nodes { id } } } } } } } }""",
    "two roots": """{ a: pods(first: 100) { nodes { tickets(first: 100) { nodes { id } } } }
        b: pods(first: 100) { nodes { tickets(first: 100) { nodes { id } } } } }""",
    "a fragment": """{ a: pods(first: 90) { ...P } b: pods(first: 80) { ...P } }
        fragment P on PodConnection { nodes { tickets(first: 70) { nodes { id } } } }""",
}


def asked(document: str) -> CostedOperation:
    return CostedOperation(Document(schema_walker.graph(), parse(document)), None, {"n": 100}, Limits())


def refusal(document: str) -> Any:
    with pytest.raises(RequestError) as refused:
        asked(document).check_cost()
    return refused.value


def applied(document: str, suggestion: list[dict[str, Any]]) -> str:
    """The document with the suggested pages, as a client would write them."""
    tree = parse(document)
    fragments = {one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)}

    def fields(selections: Any) -> Any:
        for one in selections:
            match one:
                case FieldNode():
                    yield one
                case InlineFragmentNode():
                    yield from fields(one.selection_set.selections)
                case FragmentSpreadNode():
                    yield from fields(fragments[one.name.value].selection_set.selections)

    for change in suggestion:
        (operation,) = (one for one in tree.definitions if isinstance(one, OperationDefinitionNode))
        selections: Any = operation.selection_set.selections
        for key in change["path"].split("."):
            field = next(one for one in fields(selections) if (one.alias or one.name).value == key)
            selections = field.selection_set.selections if field.selection_set else ()
        argument = ArgumentNode(name=NameNode(value=change["argument"]), value=IntValueNode(value=str(change["value"])))
        others = [one for one in field.arguments or () if one.name.value != change["argument"]]
        object.__setattr__(field, "arguments", (*others, argument))
    return print_ast(tree)


@pytest.mark.parametrize("document", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_the_suggestion_makes_the_document_pass(document: str) -> None:
    suggestion = refusal(document).extensions["suggestion"]
    asked(applied(document, suggestion)).check_cost()


def test_one_page_is_suggested_if_it_suffices() -> None:
    extensions = refusal(TOO_MUCH["one page"]).extensions
    assert extensions["suggestion"] == [{"path": "pods", "argument": "first", "value": 98}]
    asked(applied(TOO_MUCH["one page"], extensions["suggestion"])).check_cost()
    with pytest.raises(RequestError):
        asked(TOO_MUCH["one page"].replace("100", "99", 1)).check_cost()


def test_the_error_has_cost_limit_and_most_expensive_path() -> None:
    refused = refusal(TOO_MUCH["one page"])
    assert refused.message == ("The operation costs 10201 points; the limit is 10000. Request first: 98 at pods.")
    assert refused.extensions == {
        "code": "COST_LIMIT",
        "cost": 10_201,
        "limit": 10_000,
        "path": "pods",
        "pathCost": 10_201,
        "suggestion": [{"path": "pods", "argument": "first", "value": 98}],
    }


def test_nothing_is_suggested_if_no_page_suffices() -> None:
    lists = "team { talent { podMemberships { pod { team { talent { podMemberships { id } } } } } } }"
    document = f"{{ nodes(ids: [{', '.join(100 * [chr(34) * 2])}]) {{ ... on Pod {{ {lists} }} }} }}"
    refused = refusal(document)
    assert refused.extensions["suggestion"] == []
    assert refused.message.endswith("Request fewer records per page.")
