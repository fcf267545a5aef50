"""Bodies have limits of size and time; unexpected errors are masked."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import Message, Receive, Scope, Send

from podgraph.limits.limits import Limits
from podgraph.server.middleware import RequestLimits, RequestLog

SMALL = Limits(body=10, body_seconds=0.05)


async def echo(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body."""
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError("the password is 4711")


def client(app: Any = echo, limits: Limits = SMALL) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(RequestLog(RequestLimits(app, limits))), base_url="http://it"
    )


async def sent(parts: Sequence[bytes], headers: Sequence[tuple[bytes, bytes]] = ()) -> list[Message]:
    """The response to a body in chunks without an end."""
    left, answered = list(parts), []

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        answered.append(message)

    await RequestLog(RequestLimits(echo, SMALL))(
        {"type": "http", "method": "POST", "headers": list(headers)}, receive, send
    )
    return answered


async def test_a_body_within_the_limit_is_accepted() -> None:
    answer = await client().post("/", content=b"0123456789")
    assert (answer.status_code, answer.content) == (200, b"0123456789")


async def test_a_body_over_the_limit_is_413() -> None:
    answer = await client().post("/", content=b"0123456789X")
    assert answer.status_code == 413
    assert answer.json() == {
        "errors": [
            {
                "message": "The request body is larger than 10 bytes; send a smaller one.",
                "extensions": {"code": "BODY_TOO_LARGE"},
            }
        ]
    }


async def test_a_length_over_the_limit_is_413_without_reading() -> None:
    start, *_ = await sent([], [(b"content-length", b"11")])
    assert start["status"] == 413


async def test_a_body_without_a_length_is_counted() -> None:
    start, *_ = await sent([b"01234", b"56789", b"X"])
    assert start["status"] == 413


async def test_a_body_that_does_not_arrive_is_408() -> None:
    start, body, _ = await sent([b"01234"])
    assert start["status"] == 408
    assert orjson.loads(body["body"])["errors"][0]["extensions"] == {"code": "BODY_TOO_SLOW"}


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"ten", b"", "²".encode("latin-1")])
async def test_a_length_that_is_no_number_is_400(length: bytes) -> None:
    start, *_ = await sent([], [(b"content-length", length)])
    assert start["status"] == 400


async def test_a_length_of_a_thousand_digits_is_413() -> None:
    start, *_ = await sent([], [(b"content-length", b"9" * 5000)])
    assert start["status"] == 413


async def test_an_unexpected_error_is_logged_but_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    answer = await client(broken).get("/")
    (record,) = caplog.records
    trace = answer.headers["X-Request-Id"]
    assert answer.status_code == 500
    assert "4711" not in answer.text
    assert answer.json()["errors"][0]["extensions"] == {"code": "INTERNAL", "traceId": trace}
    assert trace in record.getMessage()


async def without_its_file(_scope: Scope, _receive: Receive, _send: Send) -> None:
    await asyncio.to_thread(Path("/no/such/file").read_bytes)


async def test_a_missing_file_is_no_database_outage(caplog: pytest.LogCaptureFixture) -> None:
    answer = await client(without_its_file).get("/")
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "FileNotFoundError" in caplog.text


async def test_a_request_keeps_the_id_of_its_header() -> None:
    answer = await client().get("/", headers={"X-Request-Id": "from-the-proxy.1"})
    assert answer.headers["X-Request-Id"] == "from-the-proxy.1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "{}"])
async def test_a_malformed_id_is_replaced(given: str) -> None:
    answer = await client().get("/", headers={"X-Request-Id": given})
    assert len(answer.headers["X-Request-Id"]) == 32


async def test_a_disconnected_client_gets_no_response() -> None:
    answered: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answered.append(message)

    await RequestLog(RequestLimits(echo, SMALL))({"type": "http", "method": "POST", "headers": []}, receive, send)
    assert answered == []
