"""A transaction pooler like PgBouncer: each transaction of a client may use another server session."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle

from faults.proxy import SSL_REQUEST, read_message, read_sized

ALLOWED = {b"user", b"database", b"client_encoding", b"application_name"}
"""Startup parameters that PgBouncer accepts by default."""
READY = b"Z"
SSL = struct.pack("!I", SSL_REQUEST)


class Session:
    """A client connection, whose transactions alternate between two sessions of the server."""

    def __init__(self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._path, self._reader, self._writer = path, reader, writer
        self._in_transaction = False
        self._servers: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def run(self) -> None:
        startup = await read_sized(self._reader)
        if startup[4:] == SSL:
            self._writer.write(b"N")
            startup = await read_sized(self._reader)
        names = startup[8:].rstrip(b"\0").split(b"\0")[::2]
        if not set(names) <= ALLOWED:
            raise ValueError(f"unsupported startup parameters: {set(names) - ALLOWED}")
        try:
            for number in range(2):
                server = await asyncio.open_unix_connection(self._path)
                self._servers.append(server)
                server[1].write(startup)
                answer = await self._until_ready(server[0])
                if number == 0:
                    self._writer.write(answer)
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._send())
                for reader, _ in self._servers:
                    pumps.create_task(self._receive(reader))
        finally:
            for writer in (self._writer, *(writer for _, writer in self._servers)):
                writer.close()

    async def _until_ready(self, reader: asyncio.StreamReader) -> bytes:
        answer = b""
        while True:
            message = await read_message(reader)
            answer += message
            if message[:1] == READY:
                return answer

    async def _send(self) -> None:
        """Forward the client's messages, each transaction to the next session."""
        turns = cycle(writer for _, writer in self._servers)
        server = next(turns)
        while True:
            message = await read_message(self._reader)
            if not self._in_transaction:
                server, self._in_transaction = next(turns), True
            server.write(message)

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        while True:
            message = await read_message(reader)
            if message[:1] == READY:
                self._in_transaction = message[5:] != b"I"
            self._writer.write(message)


@asynccontextmanager
async def pooler(folder: str, port: int = 5432) -> AsyncIterator[int]:
    """The port of a pooler before the PostgreSQL whose socket is in `folder`."""
    sessions: set[asyncio.Task[None]] = set()

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        sessions.add(task)
        try:
            await Session(f"{folder}/.s.PGSQL.{port}", reader, writer).run()
        except* (asyncio.IncompleteReadError, ConnectionError, struct.error):
            # The client or the server has closed its connection.
            writer.close()
        finally:
            sessions.discard(task)

    server = await asyncio.start_server(welcome, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
