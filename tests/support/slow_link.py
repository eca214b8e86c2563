"""A link of limited speed in front of a service, shared by all connections."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PIECE_BYTES = 16 * 1024
CREDIT_S = 0.01  # a sleep ends late; without it, one connection alone would never get the whole link


class _Budget:
    """Time slots for the bytes of all connections, one after the other."""

    def __init__(self, bytes_per_s: float) -> None:
        self._bytes_per_s = bytes_per_s
        self._free_at = 0.0

    async def spend(self, count_bytes: int) -> None:
        loop = asyncio.get_running_loop()
        self._free_at = max(self._free_at, loop.time() - CREDIT_S) + count_bytes / self._bytes_per_s
        await asyncio.sleep(self._free_at - loop.time())


@asynccontextmanager
async def slow_link(address: str, bytes_per_s: float) -> AsyncIterator[str]:
    """Yield an address that leads to another one, with so many bytes a second on the way there."""
    target = urlsplit(address)
    budget = _Budget(bytes_per_s)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slowly: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(PIECE_BYTES):
                if slowly:
                    await budget.spend(len(data))
                writer.write(data)
                await writer.drain()
        with suppress(ConnectionError, OSError):
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(target.hostname, target.port)
        async with asyncio.TaskGroup() as group:
            group.create_task(forward(reader, there_writer, slowly=True))
            group.create_task(forward(there_reader, writer, slowly=False))

    listening = socket.create_server(("127.0.0.1", 0))
    # Or else the system takes megabytes at once, and the sender sees a fast link.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE_BYTES)
    server = await asyncio.start_server(serve, sock=listening, limit=PIECE_BYTES)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
