"""The first answer of a process that has the graph and nothing else: no command line, server or socket.

Settings are in the environment, the token is the argument; the request's body comes in, and the answer
goes out as one line.
"""

import asyncio
import sys
from collections.abc import MutableMapping
from typing import Any

from podgraph.server.tuning import tune_process

tune_process()

import podgraph.server.app  # noqa: E402
from podgraph.settings import Settings  # noqa: E402


async def main(token: str) -> None:
    """Ask the application as an ASGI server does."""
    headers = {"host": "localhost", "content-type": "application/json", "authorization": f"Bearer {token}"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    body = sys.stdin.buffer.read()
    answer = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal answer
        answer += message.get("body", b"")

    await podgraph.server.app.create_app(Settings.read())(scope, receive, send)
    sys.stdout.buffer.write(answer.replace(b"\n", b"") + b"\n")
    sys.stdout.flush()


asyncio.run(main(sys.argv[1]))
