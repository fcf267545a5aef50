"""Subscriptions over the network: graphql-transport-ws, and server-sent events."""

import asyncio
import json
import logging
import socket as socketing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import jwt
import pytest
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Subprotocol

from events.test_subscriptions import emit
from podgraph.events import subscriptions
from podgraph.kernel.clock import system_clock
from podgraph.limits.limits import Limits
from podgraph.settings import Settings
from serving import OWNER, SECRET, listening

OURS, POD = "ORG-26-090500", "POD-26-000008"
EVENTS = """subscription ($after: Int) {
    events(organizationId: "ORG-26-090500", afterSequence: $after) { sequence subjectId }
}"""
BEARER = {"Authorization": f"Bearer {OWNER}"}

pytestmark = pytest.mark.writes


@pytest.fixture
async def address(demo_url: str) -> AsyncIterator[str]:
    async with listening(Settings(demo_url, SECRET)) as address:
        yield address


@asynccontextmanager
async def socket(address: str, **given: Any) -> AsyncIterator[ClientConnection]:
    protocols = [Subprotocol("graphql-transport-ws")]
    async with (
        asyncio.timeout(20),
        connect(f"ws://{address}/graphql", subprotocols=protocols, **given) as made,
    ):
        yield made


async def send(made: ClientConnection, *messages: Any) -> None:
    for message in messages:
        await made.send(message if isinstance(message, str | bytes) else json.dumps(message))


async def receive(made: ClientConnection) -> Any:
    message = await made.recv()
    assert isinstance(message, str)
    return json.loads(message)


async def closed(made: ClientConnection) -> tuple[int, str]:
    """The code and reason that a connection is closed with."""
    with suppress(ConnectionClosedError):
        async for _ in made:
            pass
    await made.wait_closed()
    return made.close_code or 0, made.close_reason or ""


def subscribe(document: str = EVENTS, identity: str = "1", **variables: Any) -> dict[str, Any]:
    return {"id": identity, "type": "subscribe", "payload": {"query": document, "variables": variables}}


INIT = {"type": "connection_init", "payload": BEARER}


async def test_a_socket_delivers_events_until_complete(address: str, demo_engine: AsyncEngine) -> None:
    async with socket(address) as made:
        await send(made, INIT, subscribe(), subscribe(identity="2", after=0))
        assert await receive(made) == {"type": "connection_ack"}
        message = await receive(made)
        assert (message["id"], message["type"]) == ("2", "next")
        assert message["payload"]["data"]["events"]["sequence"] == 1
        assert message["payload"]["extensions"]["cost"]["requested"] == 1
        await send(made, {"id": "2", "type": "complete"}, {"type": "ping"})
        while (await receive(made))["type"] != "pong":
            pass
        await emit(demo_engine, POD)
        while (message := await receive(made))["id"] != "1":
            pass
        assert message["payload"]["data"]["events"]["subjectId"] == POD


async def test_the_token_may_be_in_the_header(address: str) -> None:
    async with socket(address, additional_headers=BEARER) as made:
        await send(made, {"type": "connection_init"})
        assert await receive(made) == {"type": "connection_ack"}


@pytest.mark.parametrize("payload", [{}, {"Authorization": "Bearer nothing"}, {"Authorization": 1}, None])
async def test_a_socket_without_a_valid_token_is_closed(address: str, payload: Any) -> None:
    async with socket(address) as made:
        await send(made, {"type": "connection_init", "payload": payload})
        assert (await closed(made))[0] == 4403


async def test_a_socket_is_closed_when_its_token_expires(address: str) -> None:
    claims = jwt.decode(OWNER, SECRET, ["HS256"]) | {"exp": system_clock() + timedelta(seconds=2)}
    token = jwt.encode(claims, SECRET, "HS256")
    async with socket(address, additional_headers={"Authorization": f"Bearer {token}"}) as made:
        await send(made, {"type": "connection_init"}, subscribe())
        assert await receive(made) == {"type": "connection_ack"}
        assert await closed(made) == (4403, "The token has expired")


NO_MESSAGES = {
    "no JSON": "{",
    "bytes": b"{}",
    "a list": "[]",
    "nested without an end": "[" * 100_000,
    "NaN": '{"type": "ping", "payload": NaN}',
    "no type": "{}",
    "a number for a type": '{"type": 1}',
    "an unknown type": '{"type": "start"}',
    "an object for an id": '{"type": "subscribe", "id": {}, "payload": {"query": "{ a }"}}',
    "no payload": '{"type": "subscribe", "id": "1"}',
    "text for a payload": '{"type": "subscribe", "id": "1", "payload": "{ a }"}',
    "a number for a query": '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    "a list for variables": '{"type": "subscribe", "id": "1", "payload": {"query": "", "variables": []}}',
}


@pytest.mark.parametrize("message", NO_MESSAGES.values(), ids=NO_MESSAGES)
async def test_an_invalid_message_closes_the_socket(address: str, message: str | bytes) -> None:
    async with socket(address) as made:
        await send(made, INIT, message)
        assert await receive(made) == {"type": "connection_ack"}
        assert (await closed(made))[0] == 4400


async def test_subscribing_before_connection_init_closes_the_socket(address: str) -> None:
    async with socket(address) as made:
        await send(made, subscribe())
        assert (await closed(made))[0] == 4401


async def test_a_subscription_id_in_use_is_rejected(address: str) -> None:
    async with socket(address) as made:
        await send(made, INIT, subscribe(), subscribe())
        assert (await closed(made))[0] == 4409


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { roles } }", "METHOD_NOT_ALLOWED"),
        ('subscription { events(organizationId: "ORG-26-090611") { id } }', "BAD_USER_INPUT"),
        (f"subscription {{ {' '.join(f'a{n}: __typename' for n in range(40))} }}", "ALIAS_LIMIT"),
    ],
)
async def test_a_failed_subscription_leaves_the_socket_open(address: str, document: str, code: str) -> None:
    async with socket(address) as made:
        await send(made, INIT, subscribe(document), {"type": "ping"})
        messages = {message["type"]: message for message in [await receive(made) for _ in range(3)]}
    assert sorted(messages) == ["connection_ack", "error", "pong"]
    assert messages["error"]["payload"][0]["extensions"]["code"] == code


async def test_the_fifty_first_subscription_is_rejected(address: str) -> None:
    labels = {"code": "SUBSCRIPTION_LIMIT"}
    before = REGISTRY.get_sample_value("podgraph_errors_total", labels) or 0
    async with socket(address) as made:
        await send(made, INIT, *(subscribe(identity=str(number)) for number in range(52)), {"type": "ping"})
        heard = [await receive(made) for _ in range(4)]
        assert [(message["type"], message.get("id")) for message in heard] == [
            ("connection_ack", None),
            ("error", "50"),
            ("error", "51"),
            ("pong", None),
        ]
        assert heard[1]["payload"][0]["extensions"] == labels
        # One that is completed makes room.
        await send(made, {"id": "7", "type": "complete"}, subscribe("subscription { nothing }", identity="52"))
        assert (await receive(made))["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert REGISTRY.get_sample_value("podgraph_errors_total", labels) == before + 2


async def test_a_page_of_another_origin_opens_no_socket(address: str) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        async with socket(address, origin="https://elsewhere.example"):
            pass


async def sent(address: str, **given: Any) -> AsyncIterator[tuple[str, Any]]:
    """Server-sent events: their names and data."""
    headers = {"Accept": "text/event-stream, application/json", **BEARER, **given.pop("headers", {})}
    method = given.pop("method", "POST")
    async with (
        asyncio.timeout(20),
        httpx.AsyncClient() as client,
        client.stream(method, f"http://{address}/graphql", headers=headers, **given) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-request-id"]
        name = ""
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, value and json.loads(value)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_events_are_delivered_as_server_sent_events(address: str, demo_engine: AsyncEngine, method: str) -> None:
    asked = {"query": EVENTS, "variables": {"after": 0}}
    if method == "GET":
        given: dict[str, Any] = {"params": {**asked, "variables": json.dumps(asked["variables"])}}
    else:
        given = {"json": asked}
    stream = sent(address, method=method, **given)
    sequences = [(await anext(stream))[1]["data"]["events"]["sequence"] for _ in range(3)]
    await stream.aclose()  # type: ignore[attr-defined]
    assert sequences == [1, 2, 3]


async def test_a_rejected_stream_has_an_error_and_completes(address: str) -> None:
    messages = [one async for one in sent(address, json={"query": "{ viewer { roles } }"})]
    assert [name for name, _ in messages] == ["next", "complete"]
    assert messages[0][1]["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


async def test_a_stream_ends_when_its_token_expires(address: str) -> None:
    claims = jwt.decode(OWNER, SECRET, ["HS256"]) | {"exp": system_clock() + timedelta(seconds=2)}
    token = jwt.encode(claims, SECRET, "HS256")
    headers = {"Authorization": f"Bearer {token}"}
    messages = [one async for one in sent(address, json={"query": EVENTS}, headers=headers)]
    assert messages[0][1]["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED", "reason": "TOKEN_EXPIRED"}
    assert [name for name, _ in messages] == ["next", "complete"]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json, text/event-stream", 405),
        ("text/event-stream;q=0.5, application/json", 405),
        ("*/*", 405),
        ("image/png", 406),
    ],
)
async def test_events_are_sent_only_if_preferred_in_accept(address: str, accept: str, status: int) -> None:
    async with httpx.AsyncClient() as client:
        headers = {"Accept": accept, **BEARER}
        answer = await client.post(f"http://{address}/graphql", json={"query": EVENTS}, headers=headers)
    assert answer.status_code == status


async def test_a_stream_without_a_token_is_rejected(address: str) -> None:
    async with httpx.AsyncClient() as client:
        headers = {"Accept": "text/event-stream"}
        answer = await client.post(f"http://{address}/graphql", json={"query": EVENTS}, headers=headers)
    assert answer.status_code == 401


async def test_errors_on_a_socket_are_counted_and_logged(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "podgraph.requests")
    labels = {"code": "GRAPHQL_VALIDATION_FAILED"}
    before = REGISTRY.get_sample_value("podgraph_errors_total", labels) or 0
    async with socket(address) as made:
        await send(made, INIT, subscribe("subscription Wrong { nothing }"))
        assert [(await receive(made))["type"] for _ in range(2)] == ["connection_ack", "error"]
    assert REGISTRY.get_sample_value("podgraph_errors_total", labels) == before + 1
    [line] = [vars(record) for record in caplog.records if record.name == "podgraph.requests"]
    assert (line["operation"], line["kind"], line["status"], line["codes"]) == (
        "Wrong",
        "subscription",
        101,
        ["GRAPHQL_VALIDATION_FAILED"],
    )
    assert line["actor"] == "USR-26-000044"


async def test_a_client_that_never_reads_receives_the_sequence_to_resume(
    demo_engine: AsyncEngine, demo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MAX_LAG", 100)
    document = f"""subscription {{ events(organizationId: "{OURS}") {{
        sequence previousSequence {" ".join(f"a{n}: payload b{n}: correlationId" for n in range(15))}
    }} }}"""
    async with listening(Settings(demo_url, SECRET), send_buffer=4096) as address:
        reader, writer = await unread(address, document)
        sent_before = REGISTRY.get_sample_value("podgraph_events_total")
        # It has begun when it is sent something of what happens.
        while REGISTRY.get_sample_value("podgraph_events_total") == sent_before:
            await emit(demo_engine, POD)
            await asyncio.sleep(0.1)
        # Two megabytes of answers, more than all buffers on the way hold.
        for _ in range(40):
            await emit(demo_engine, *[POD] * 40)
        sent = [json.loads(line[6:]) async for line in reader if line.startswith(b"data: {")]
        writer.close()
    *answers, refused = sent
    events = [answer["data"]["events"] for answer in answers]
    assert 0 < len(events) < 1600
    assert all(one["previousSequence"] == before["sequence"] for before, one in pairwise(events))
    assert refused["errors"][0]["extensions"] == {
        "code": "SLOW_CONSUMER",
        "lastSequence": events[-1]["sequence"],
    }


async def unread(address: str, document: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream of events whose client takes next to nothing before it reads."""
    host, port = address.split(":")
    small = socketing.create_connection((host, int(port)))
    small.setsockopt(socketing.SOL_SOCKET, socketing.SO_RCVBUF, 4096)
    reader, writer = await asyncio.open_connection(sock=small, limit=4096)
    body = json.dumps({"query": document})
    head = ["POST /graphql HTTP/1.0", "Host: it", "Content-Type: application/json"]
    head += ["Accept: text/event-stream", f"Content-Length: {len(body)}", f"Authorization: Bearer {OWNER}"]
    writer.write("\r\n".join([*head, "", body]).encode())
    return reader, writer


async def test_waiting_for_a_body_times_out(demo_url: str) -> None:
    settings = Settings(demo_url, SECRET, limits=Limits(body_seconds=0.2))
    async with listening(settings) as address, asyncio.timeout(20):
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b'POST /graphql HTTP/1.1\r\nHost: it\r\nContent-Length: 100\r\n\r\n{"query":')
        # It ends of itself, so that the connection is not kept for the rest either.
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    assert json.loads(body)["errors"][0]["extensions"] == {"code": "BODY_TOO_SLOW"}
