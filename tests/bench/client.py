"""A client that costs next to nothing: keep-alive sockets, requests made before, answers only counted."""

import selectors
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import perf_counter

BLOCK = 1 << 18
PATIENCE = 120
"""Seconds without a single byte until a server counts as stuck."""


class BadAnswer(Exception):
    """A server answered with something else than a whole answer of status 200."""


@dataclass
class Sample:
    """What was measured of one server: seconds each request took, and seconds in all."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: "Sample") -> None:
        self.latencies += other.latencies
        self.seconds += other.seconds

    def percentile(self, percent: float) -> float:
        """The latency in seconds that `percent` of the requests did not exceed."""
        ranked = sorted(self.latencies)
        return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]

    @property
    def median(self) -> float:
        return self.percentile(50)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds


def request(port: int, body: bytes, token: str | None = None) -> bytes:
    """A POST to /graphql as bytes."""
    head = [
        "POST /graphql HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        "Accept: application/json",
        f"Content-Length: {len(body)}",
    ]
    if token is not None:
        head.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*head, "", ""]).encode() + body


class Connection:
    """One keep-alive connection with at most one request on its way."""

    def __init__(self, port: int, message: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._message = message
        self._head = b""
        self._left: int | None = None
        self.sent_at = 0.0

    def send(self) -> None:
        self._head, self._left = b"", None
        self.sent_at = perf_counter()
        self.socket.sendall(self._message)

    def receive(self, block: memoryview) -> bool:
        """Take what has arrived; whether that was the end of the answer."""
        got = self.socket.recv_into(block)
        if not got:
            raise BadAnswer("the server closed the connection")
        if self._left is None:
            self._head += block[:got]
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return False
            self._left = _length(head) - len(rest)
        else:
            self._left -= got
        return self._left == 0


def _length(head: bytes) -> int:
    lines = head.decode("latin-1").lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:])
    if " 200 " not in f"{lines[0]} " or "content-length" not in fields:
        raise BadAnswer(f"the server answered: {head!r}")
    return int(fields["content-length"])


class Client:
    """Connections to one server, each of which repeats the same request."""

    def __init__(self, name: str, port: int, message: bytes, connections: int = 1) -> None:
        self.name = name
        self._port, self._message, self._connections = port, message, connections
        self._block = memoryview(bytearray(BLOCK))

    def run(self, seconds: float) -> Sample:
        """Send requests for `seconds`, at least one on each connection, and wait for every response."""
        # Servers close idle connections between turns, so each turn opens new ones.
        with ExitStack() as stack:
            ready = stack.enter_context(selectors.DefaultSelector())
            opened = [Connection(self._port, self._message) for _ in range(self._connections)]
            for connection in opened:
                stack.enter_context(connection.socket)
                ready.register(connection.socket, selectors.EVENT_READ, connection)
            try:
                return self._ask(opened, ready, seconds)
            except (BadAnswer, OSError) as error:
                raise BadAnswer(f"{self.name}: {error}") from error

    def _ask(self, opened: Sequence[Connection], ready: selectors.BaseSelector, seconds: float) -> Sample:
        latencies: list[float] = []
        begun = perf_counter()
        for connection in opened:
            connection.send()
        waiting = len(opened)
        while waiting:
            arrived = ready.select(PATIENCE)
            if not arrived:
                raise BadAnswer(f"the server did not answer in {PATIENCE} seconds")
            for key, _ in arrived:
                if not key.data.receive(self._block):
                    continue
                now = perf_counter()
                latencies.append(now - key.data.sent_at)
                if now - begun < seconds:
                    key.data.send()
                else:
                    waiting -= 1
        return Sample(latencies, perf_counter() - begun)
