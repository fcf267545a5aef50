"""Calls of any mutation over the demo data, by the people of the demo."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import Viewer
from podgraph.demo.reference import NOW, tenants
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema

APEX = frozenset({tenants.ORGANIZATION})
OWNER = Viewer(tenants.OWNER, APEX, frozenset({Role.ORG_OWNER}))
ADMIN = Viewer("USR-26-000045", APEX, frozenset({Role.ORG_ADMIN}))
MEMBER = Viewer("USR-26-000046", APEX, frozenset({Role.MEMBER}))
BILLING = Viewer("USR-26-000047", APEX, frozenset({Role.BILLING}))
VIEWER = Viewer("USR-26-000048", APEX, frozenset({Role.VIEWER}))
OPERATOR = Viewer(tenants.OPERATOR, APEX, frozenset({Role.OPERATOR}))
DELIVERY = Viewer(tenants.DELIVERY, APEX, frozenset({Role.DELIVERY}))
STRANGER = Viewer("USR-26-000061", frozenset({tenants.NORTHWIND}), frozenset({Role.ORG_OWNER}))

EVENTS = "events { type subjectId subject { __typename } payload changes { path before after } }"


async def call(
    engine: AsyncEngine, viewer: Viewer, mutation: str, shown: str = "", /, at: Any = NOW, **given: Any
) -> Any:
    """The payload of a mutation, with `codes` of its errors and `types` of its events."""
    schema = build_schema()
    field = schema._schema.mutation_type.fields[mutation]  # type: ignore[union-attr]
    errors = "userErrors { code field message hint } warnings { code message field }"
    kind = field.args["input"].type
    result = await schema.execute(
        f"mutation ($input: {kind}) {{ {mutation}(input: $input) {{ {shown} {errors} {EVENTS} }} }}",
        variable_values={"input": given},
        context_value=Context(viewer, engine, stopped_clock(at)),
    )
    assert result.errors is None, result.errors
    payload = result.data[mutation]  # type: ignore[index]
    payload["codes"] = [one["code"] for one in payload["userErrors"]]
    payload["types"] = [one["type"] for one in payload["events"]]
    return payload
