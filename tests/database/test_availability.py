"""Classification of errors: outages of the database, and errors that only resemble them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from podgraph.database.availability import is_unreachable
from podgraph.database.engine import create_engine
from podgraph.database.replica import Replica


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def raised_by(work: Callable[[], Awaitable[object]]) -> Exception:
    try:
        await work()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


async def test_missing_or_silent_server_is_unreachable(silent: int) -> None:
    for port in (1, silent):
        engine = create_engine(f"postgresql://podgraph@127.0.0.1:{port}/podgraph")
        assert is_unreachable(await raised_by(engine.connect))
        assert is_unreachable(await raised_by(lambda engine=engine: Replica(engine, engine).record_write("USR-1")))  # type: ignore[misc]
        await engine.dispose()


async def clock() -> object:
    return datetime.fromtimestamp(1e17, UTC)


def missing() -> bytes:
    return Path("/no/such/file").read_bytes()


async def file() -> object:
    return missing()


async def deadline() -> object:
    async with asyncio.timeout(0):
        await asyncio.sleep(1)
    return None


async def another_server() -> object:
    return await asyncio.open_connection("127.0.0.1", 1)


@pytest.mark.parametrize("work", [clock, file, deadline, another_server])
async def test_other_errors_are_not_outages(work: Callable[[], Awaitable[object]]) -> None:
    assert not is_unreachable(await raised_by(work))


async def test_outage_as_the_cause_of_another_error_is_not_one() -> None:
    async def wrapped() -> None:
        try:
            await file()
        except OSError as error:
            raise RuntimeError("not the database") from error

    assert not is_unreachable(await raised_by(wrapped))
