"""Two workers with a small application: `python supervised.py FOLDER SECONDS_OF_SILENCE`.

The folder steers them: a worker's imports end once `open` is there, it fails to start without `greeting`,
and answers with its process id and the greeting that it started with.
"""

import logging
import os
import socket
import sys
import time
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from podgraph.server.workers import Supervisor


def create(folder: Path) -> Starlette:
    greeting = (folder / "greeting").read_text()

    async def answer(_request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{os.getpid()} {greeting}")

    async def hang(_request: Request) -> PlainTextResponse:
        (folder / "hung").write_text(str(os.getpid()))
        time.sleep(3600)  # noqa: ASYNC251 - an event loop that hangs is what is wanted
        return PlainTextResponse("")

    return Starlette(routes=[Route("/", answer), Route("/hang", hang)])


def main(folder: str, silence: str) -> None:
    logging.basicConfig(format="%(message)s")
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        partial(create, Path(folder)),
        factory=True,
        workers=2,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201 - the parent reads it
    Supervisor(config, listener, lambda _process: None, float(silence)).run()


if __name__ == "__mp_main__":
    while not Path(sys.argv[1], "open").exists():
        time.sleep(0.02)
if __name__ == "__main__":
    main(*sys.argv[1:])
