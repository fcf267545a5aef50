"""The connection itself: an upgrade that is not offered is ignored, and a refusal reaches its client."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from podgraph.settings import Settings
from serving import SECRET, listening

BODY = json.dumps({"query": "{ __typename }"})
ANSWER = {"__typename": "Query"}
UPGRADES = {
    "h2c": [
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
    ],
    "websocket": ["Connection: Upgrade", "Upgrade: websocket"],
    "a whole handshake": [
        "Connection: keep-alive, Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ],
    "TLS/1.0": ["Connection: Upgrade", "Upgrade: TLS/1.0"],
    "several": ["Connection: upgrade", "Upgrade: h2c, websocket"],
    "twice": ["Connection: upgrade", "Upgrade: h2c", "Upgrade: foo/2"],
    "of nothing": ["Connection: upgrade", "Upgrade: "],
}


@pytest.fixture
async def address(demo_url: str) -> AsyncIterator[str]:
    async with listening(Settings(demo_url, SECRET, demo=True)) as address:
        yield address


def request(body: str = BODY, *headers: str, method: str = "POST", path: str = "/graphql") -> bytes:
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [f"{method} {path} HTTP/1.1", "Host: it", "Content-Type: application/json", *length, *headers]
    return "\r\n".join([*head, "", body]).encode()


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = address.split(":")
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield reader, writer
        finally:
            writer.close()


async def answered(reader: asyncio.StreamReader, method: str = "POST") -> tuple[int, bytes]:
    """The status and body of the next answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    _, _, length = head.partition("content-length: ")
    size = 0 if method == "HEAD" else int(length.partition("\r\n")[0] or 0)
    return int(head.split()[1]), await reader.readexactly(size)


async def talk(address: str, *parts: bytes, answers: int = 1) -> list[tuple[int, bytes]]:
    """The answers to what is sent in parts over one connection."""
    async with connected(address) as (reader, writer):
        for part in parts:
            writer.write(part)
            # Each part arrives by itself.
            await asyncio.sleep(0.001)
        return [await answered(reader) for _ in range(answers)]


def in_parts(asked: bytes) -> dict[str, list[bytes]]:
    head = asked.index(b"\r\n\r\n") + 4
    return {
        "at once": [asked],
        "the body by itself": [asked[:head], asked[head:]],
        "in thirds": [asked[: head - 20], asked[head - 20 : head + 5], asked[head + 5 :]],
        "byte by byte": [asked[each : each + 1] for each in range(len(asked))],
    }


@pytest.mark.parametrize("upgrade", UPGRADES.values(), ids=UPGRADES)
async def test_an_unsupported_upgrade_is_ignored(address: str, upgrade: list[str]) -> None:
    chunks = f"{len(BODY):x}\r\n{BODY}\r\n0\r\n\r\n".encode()
    ways = in_parts(request(BODY, *upgrade))
    ways["in chunks"] = [request("", *upgrade, "Transfer-Encoding: chunked") + chunks]
    for way, parts in ways.items():
        # The connection goes on as it was: the same is asked again without an upgrade.
        found = await talk(address, *parts, request(), answers=2)
        assert [(status, json.loads(body)["data"]) for status, body in found] == [(200, ANSWER)] * 2, way


async def test_pipelined_requests_are_answered_in_order(address: str) -> None:
    documents = [f"{{ a{number}: __typename }}" for number in range(6)]
    bodies = [json.dumps({"query": document}) for document in documents]
    asked = [request(body, *(UPGRADES["h2c"] if number % 3 else [])) for number, body in enumerate(bodies)]
    found = await talk(address, b"".join(asked), answers=6)
    assert [json.loads(body)["data"] for _, body in found] == [{f"a{number}": "Query"} for number in range(6)]


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 405), ("OPTIONS", 204), ("PUT", 405)])
@pytest.mark.parametrize("upgrade", [[], UPGRADES["h2c"]], ids=["without", "with"])
async def test_a_request_without_a_body_ignores_an_upgrade(
    address: str, method: str, status: int, upgrade: list[str]
) -> None:
    asked = request("", *upgrade, method=method, path="/graphql?query=%7B__typename%7D")
    async with connected(address) as (reader, writer):
        writer.write(asked + request())
        assert (await answered(reader, method))[0] == status
        assert (await answered(reader))[0] == 200


async def test_expect_100_continue_is_answered(address: str) -> None:
    asked = request(BODY, "Expect: 100-continue", *UPGRADES["h2c"])
    head = asked.index(b"\r\n\r\n") + 4
    async with connected(address) as (reader, writer):
        writer.write(asked[:head])
        assert await answered(reader) == (100, b"")
        writer.write(asked[head:])
        assert (await answered(reader))[0] == 200


OPEN = request(
    "",
    *UPGRADES["a whole handshake"],
    "Sec-WebSocket-Protocol: graphql-transport-ws",
    method="GET",
)


def frame(size: int, *, opcode: int = 1, whole: bool = True, masked: bool = True, fill: bytes = b" ") -> bytes:
    """A frame of a client's, whose mask changes nothing."""
    first = bytes([opcode | (0x80 if whole else 0), 127 | (0x80 if masked else 0)])
    return first + size.to_bytes(8, "big") + bytes(4 if masked else 0) + fill * size


LARGE = 300_000
BAD_FRAMES = {
    "a message above the limit": (1009, frame(LARGE)),
    "one that fills every buffer on the way": (1009, frame(20_000_000)),
    "bytes above the limit": (1009, frame(LARGE, opcode=2)),
    "frames that are above the limit together": (
        1009,
        frame(LARGE // 2, whole=False) + frame(LARGE // 2, opcode=0) + frame(LARGE, opcode=0),
    ),
    "a frame without a mask": (1002, frame(LARGE, masked=False)),
    "an unknown kind of frame": (1002, frame(LARGE, opcode=3)),
    "text that is not UTF-8": (1007, frame(200_000, fill=b"\xff") + frame(200_000)),
}


@pytest.mark.parametrize(("code", "frames"), BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_the_client_receives_the_close_code(address: str, code: int, frames: bytes) -> None:
    async with connected(address) as (reader, writer):
        writer.write(OPEN)
        assert (await answered(reader))[0] == 101
        # Like any client it reads when it has sent its message.
        writer.write(frames)
        await writer.drain()
        await asyncio.sleep(0.1)
        closed = await reader.read()
    assert (closed[0], int.from_bytes(closed[2:4], "big")) == (0x88, code)


TOO_LARGE = {
    "with its length": request(" " * 20_000_000),
    "in chunks": request("", "Transfer-Encoding: chunked") + b"10000\r\n%s\r\n" % (b" " * 65_536) * 300,
}


@pytest.mark.parametrize("asked", TOO_LARGE.values(), ids=TOO_LARGE)
async def test_a_client_that_sends_too_much_receives_the_error(address: str, asked: bytes) -> None:
    async with connected(address) as (reader, writer):
        writer.write(asked)
        await writer.drain()
        await asyncio.sleep(0.1)
        status, body = await answered(reader)
        assert await reader.read() == b""
    assert (status, json.loads(body)["errors"][0]["extensions"]) == (413, {"code": "BODY_TOO_LARGE"})
