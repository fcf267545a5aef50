"""Operation extension: snapshots are always closed, and unexpected errors are masked."""

import logging
from typing import Any

import pytest
import strawberry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import context_for
from podgraph.execution.context import Context
from podgraph.execution.operation import Operation
from podgraph.kernel.errors import BadUserInput


@strawberry.type
class Query:
    @strawberry.field
    async def connections(self, info: strawberry.Info) -> int:
        """The number of connections in use after a read."""
        await info.context.loaders.reader.rows(select(1))
        return int(info.context.engine.pool.checkedout())

    @strawberry.field
    async def broken(self, info: strawberry.Info) -> int | None:
        await info.context.loaders.reader.rows(select(1))
        raise RuntimeError("the password is 4711")

    @strawberry.field
    def refused(self) -> int | None:
        raise BadUserInput("weeks is 0: look back 1 to 104 weeks")


SCHEMA = strawberry.Schema(Query, extensions=[Operation])


@pytest.fixture
def context(demo_engine: AsyncEngine) -> Context:
    return context_for(demo_engine)


def taken(context: Context) -> int:
    """The number of checked-out connections."""
    return int(context.engine.pool.checkedout())  # type: ignore[attr-defined]


async def ask(context: Context, document: str) -> Any:
    return await SCHEMA.execute(document, context_value=context)


async def test_unexpected_error_is_logged_and_masked(context: Context, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "podgraph"):
        result = await ask(context, "{ here: broken refused }")
    error = next(one for one in result.errors if one.path == ["here"])
    record = next(one for one in caplog.records if one.name == "podgraph")
    assert "4711" not in str(result.errors)
    assert error.message == "Internal server error. Include the trace ID when you report it."
    assert error.extensions["code"] == "INTERNAL"
    assert error.extensions["traceId"] in record.getMessage()
    assert "the password is 4711" in str(record.exc_info[1])  # type: ignore[index]


async def test_errors_of_a_request_have_its_trace_id(context: Context) -> None:
    errors = (await ask(context, "{ one: broken two: broken }")).errors
    assert len({error.extensions["traceId"] for error in errors}) == 1
    assert all(len(error.extensions["traceId"]) == 32 for error in errors)


async def test_bad_input_is_reported_with_its_location(context: Context, caplog: pytest.LogCaptureFixture) -> None:
    result = await ask(context, "{ connections refused }")
    (error,) = result.errors
    assert result.data == {"connections": 1, "refused": None}
    assert error.message == "weeks is 0: look back 1 to 104 weeks"
    assert error.extensions == {"code": "BAD_USER_INPUT"}
    assert error.path == ["refused"]
    assert [(place.line, place.column) for place in error.locations] == [(1, 15)]
    assert not [record for record in caplog.records if record.name == "podgraph"]


@pytest.mark.parametrize(
    "document",
    ["{ connections }", "{ connections broken }", "{ refused broken }", "{ connections", "{ unknown }"],
    ids=["success", "partial failure", "failure", "unreadable", "invalid"],
)
async def test_connection_is_always_returned_to_the_pool(context: Context, document: str) -> None:
    await ask(context, document)
    assert taken(context) == 0


async def test_one_operation_takes_one_connection(context: Context) -> None:
    result = await ask(context, "{ a: connections b: connections c: connections }")
    assert result.data == {"a": 1, "b": 1, "c": 1}
    assert context.loaders.reader.snapshot.statements == 3


async def test_operation_without_reads_takes_no_connection(context: Context) -> None:
    await ask(context, "{ refused }")
    assert context.loaders.reader.snapshot.statements == 0
    assert taken(context) == 0
