"""A TCP proxy for a real PostgreSQL that applies a fault to one message of the protocol.

It reads the boundaries of messages in both directions, and counts them from when a fault is armed. The
n-th one in the fault's direction is delayed, held, cut in half or lost with its connection. What is held
goes on when the fault is lifted.
"""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

SSL_REQUEST, CANCEL_REQUEST, GSS_REQUEST = 80877103, 80877102, 80877104
"""Codes in place of the protocol version in a startup message."""


class Direction(StrEnum):
    """The sender of a message."""

    UP = "up"
    DOWN = "down"


class Kind(StrEnum):
    """The fault that is applied to the n-th message."""

    DELAY = "delay"
    """The message and those after it are delayed."""
    STALL = "stall"
    """No more messages are forwarded in this direction of the connection."""
    HANG = "hang"
    """No more messages are forwarded on any connection, including new ones."""
    CLOSE = "close"
    """The connection is closed instead."""
    RESET = "reset"
    """The connection is reset instead."""
    HALF_STALL = "half, stall"
    """Half of the message is forwarded, and nothing after it."""
    HALF_CLOSE = "half, close"
    """Half of the message is forwarded, then the connection is closed."""


@dataclass
class Fault:
    """A fault of the `number`-th message in a direction; a delay takes `seconds`."""

    direction: Direction
    number: int
    kind: Kind
    seconds: float = 0.0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    lifted: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(eq=False)
class _End:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        # The other side may have disconnected, which the next read reports.
        if not self.writer.is_closing():
            self.writer.write(data)

    def finish(self) -> None:
        """The other side has closed the connection."""
        if not self.writer.is_closing() and self.writer.can_write_eof():
            with suppress(OSError):
                self.writer.write_eof()

    def close(self, *, reset: bool = False) -> None:
        if reset and not self.writer.is_closing():
            sock = self.writer.get_extra_info("socket")
            if sock.family == socket.AF_INET:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        else:
            self.writer.close()


class _Link:
    """A client connection and its server connection."""

    def __init__(self, proxy: "Proxy", client: _End, server: _End) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._typed = False
        """Whether the startup message has passed: messages begin with their type from then on."""
        self._one_byte = 0
        """Pending one-byte responses of the server to TLS requests."""
        self._cancels = False

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(Direction.UP, self._client, self._server))
                pumps.create_task(self._pump(Direction.DOWN, self._server, self._client))
        finally:
            self.close()

    def close(self, *, reset: bool = False) -> None:
        self._client.close(reset=reset)
        self._server.close(reset=reset)

    async def _pump(self, direction: Direction, source: _End, target: _End) -> None:
        try:
            while True:
                message = await self._message(direction, source.reader)
                if not await self._passes(direction, message, target):
                    return
        except asyncio.IncompleteReadError as rest:
            await self._proxy.flows()
            target.send(rest.partial)
            target.finish()
        except OSError:
            await self._proxy.flows()
            self.close()

    async def _message(self, direction: Direction, reader: asyncio.StreamReader) -> bytes:
        """The next whole message."""
        if direction is Direction.UP:
            return await (read_message(reader) if self._typed else self._startup(reader))
        head = await reader.readexactly(1)
        if self._one_byte:
            self._one_byte -= 1
            return head
        return head + await read_sized(reader)

    async def _startup(self, reader: asyncio.StreamReader) -> bytes:
        message = await read_sized(reader)
        (code,) = struct.unpack_from("!I", message, 4)
        if code in (SSL_REQUEST, GSS_REQUEST):
            self._one_byte += 1
        else:
            self._typed, self._cancels = True, code == CANCEL_REQUEST
        return message

    async def _passes(self, direction: Direction, message: bytes, target: _End) -> bool:
        """Forward a message or apply its fault; returns whether more messages may follow."""
        await self._proxy.flows()
        fault = None if self._cancels else self._proxy.count(direction)
        if fault is None:
            target.send(message)
            return True
        fault.reached.set()
        half = len(message) // 2
        if fault.kind in (Kind.CLOSE, Kind.RESET):
            self.close(reset=fault.kind is Kind.RESET)
            return False
        if fault.kind is Kind.HALF_CLOSE:
            target.send(message[:half])
            self.close()
            return False
        if fault.kind is Kind.HALF_STALL:
            target.send(message[:half])
            await fault.lifted.wait()
            target.send(message[half:])
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(fault.seconds if fault.kind is Kind.DELAY else None):
                await fault.lifted.wait()
        target.send(message)
        return True


async def read_sized(reader: asyncio.StreamReader) -> bytes:
    """A message that starts with its length."""
    length = await reader.readexactly(4)
    return length + await reader.readexactly(int.from_bytes(length) - 4)


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """The next message that starts with its type."""
    return await reader.readexactly(1) + await read_sized(reader)


class Proxy:
    """Listens on a free loopback port for the PostgreSQL whose socket is in `folder`."""

    def __init__(self, folder: str, port: int = 5432) -> None:
        self._path = f"{folder}/.s.PGSQL.{port}"
        self.counts: Counter[Direction] = Counter()
        """Messages in each direction since the last fault was armed."""
        self._fault: Fault | None = None
        self._links: set[asyncio.Task[None]] = set()
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._welcome, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.lift()
            await self.cut()

    def arm(self, fault: Fault | None = None) -> None:
        """Reset the counters, and arm a fault if one is given."""
        self.lift()
        self.counts.clear()
        self._fault = fault

    def lift(self) -> None:
        """Forward held messages, and apply no more faults."""
        if self._fault is not None:
            self._fault.lifted.set()
            self._fault = None

    async def cut(self) -> None:
        """End all connections."""
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def count(self, direction: Direction) -> Fault | None:
        """Count a message; returns its fault, if any."""
        self.counts[direction] += 1
        fault = self._fault
        here = fault is not None and (fault.direction, fault.number) == (direction, self.counts[direction])
        return fault if here else None

    async def flows(self) -> None:
        """Wait while all connections hang."""
        fault = self._fault
        if fault is not None and fault.kind is Kind.HANG and fault.reached.is_set():
            await fault.lifted.wait()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        client = _End(reader, writer)
        try:
            await self.flows()
            server = _End(*await asyncio.open_unix_connection(self._path))
            await _Link(self, client, server).run()
        except OSError:
            client.close(reset=True)
        except asyncio.CancelledError:
            client.close(reset=True)
        finally:
            self._links.discard(task)
