"""`queryCost`: the cost of a document without executing it."""

import json
from typing import Any

import pytest

from conftest import Execute

ASK = "query ($text: String!, $values: JSON) { queryCost(document: $text, variables: $values) }"


async def query_cost(execute: Execute, document: str, variables: Any = None) -> Any:
    return (await execute(ASK, text=document, values=variables))["queryCost"]


async def test_query_cost_returns_the_cost_of_a_document(execute: Execute) -> None:
    document = "query ($n: Int) { pods(first: $n) { nodes { id } } }"
    assert await query_cost(execute, document, {"n": 30}) == {
        "cost": 31,
        "limit": 10_000,
        "depth": 3,
        "refusal": None,
        "passes": True,
    }


@pytest.mark.parametrize("values", ["", ", variables: {n: $n}", ", variables: {n: null}", ", variables: $n"])
async def test_query_cost_treats_absent_variables_as_execution_does(execute: Execute, values: str) -> None:
    kind = "JSON" if values.endswith("$n") else "Int"
    declared = f"query ($n: {kind})" if "$n" in values else "query"
    document = "query ($n: Int) { pods(first: $n) { nodes { id } } }"
    answer = await execute(f"{declared} {{ queryCost(document: {json.dumps(document)}{values}) }}")
    assert answer["queryCost"]["cost"] == 21


async def test_query_cost_suggests_smaller_pages(execute: Execute) -> None:
    answer = await query_cost(execute, "{ pods(first: 100) { nodes { tickets(first: 100) { nodes { id } } } } }")
    assert (answer["cost"], answer["passes"]) == (10_201, False)
    assert answer["refusal"]["code"] == "COST_LIMIT"
    assert answer["refusal"]["suggestion"] == [{"path": "pods", "argument": "first", "value": 98}]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("fragment A on Query { __typename }", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_query_cost_returns_the_code_of_an_error(execute: Execute, document: str, code: str) -> None:
    assert (await query_cost(execute, document))["refusal"]["code"] == code
