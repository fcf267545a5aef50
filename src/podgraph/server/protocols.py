"""HTTP and WebSocket protocols of uvicorn, fixed for clients that would get no response."""

from collections.abc import Collection
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from podgraph.limits.limits import Limits


class _Parser(httptools.HttpRequestParser):
    """Stops for an upgrade to a WebSocket only: other requests are parsed again without their upgrade."""

    def __init__(self, protocol: "Http") -> None:
        super().__init__(protocol)
        self._protocol = protocol

    def feed_data(self, data: Any) -> None:
        while True:
            try:
                super().feed_data(data)
                return
            except httptools.HttpParserUpgrade as stopped:
                if not self._protocol.ignores_upgrade():
                    raise
                # The parser took the body for the other protocol, so only the head has been read.
                data = self._protocol.head_without_upgrade() + data[stopped.args[0] :]


class Http(HttpToolsProtocol):
    """HTTP that ignores an unsupported upgrade (RFC 9110, 7.8) and answers the request."""

    parser: Any

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.parser = _Parser(self)
        # As in uvicorn: data after the last request is dropped, not an error.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def ignores_upgrade(self) -> bool:
        """Whether the request has an upgrade that is not to a WebSocket, or not valid for one."""
        asks = self.parser.should_upgrade() and any(name == b"upgrade" for name, _ in self.headers)
        return asks and not self._should_upgrade()

    def _should_upgrade(self) -> bool:
        begins = self.parser.get_method(), self.parser.get_http_version()
        return begins == (b"GET", "1.1") and super()._should_upgrade()

    def head_without_upgrade(self) -> bytes:
        """The head of the request without its upgrade."""
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def on_headers_complete(self) -> None:
        if not self.ignores_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.ignores_upgrade():
            super().on_message_complete()


class WebSocket(WebSocketsSansIOProtocol):
    """A WebSocket whose client receives the close code even while it is sending.

    To close a connection with unread data resets it, and the close frame is lost with its code.
    """

    def data_received(self, data: bytes) -> None:
        if self.conn.parser_exc is None:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        closed = self.conn.close_sent
        assert closed is not None
        self.queue.put_nowait({"type": "websocket.disconnect", "code": closed.code, "reason": closed.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)


def options(limits: Limits, proxies: Collection[str]) -> dict[str, Any]:
    """Options of uvicorn; the X-Forwarded-For header of `proxies` is trusted."""
    return {
        "http": Http,
        "ws": WebSocket,
        "ws_max_size": limits.body,
        # Compression takes a hundred kilobytes per connection, and messages are small.
        "ws_per_message_deflate": False,
        "forwarded_allow_ips": list(proxies),
    }
