"""A door in front of a service: shut, its port refuses connections and those that were there are cut."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PIECE_BYTES = 64 * 1024
STEPS_IN = 5  # rounds of the loop that it takes from a connection's arrival until it is counted


class Door:
    """A relay on a port of its own, which stays the same however often it is shut and opened.

    Attributes:
        base_url: What leads through it.
    """

    base_url: str

    def __init__(self, address: str) -> None:
        self._target = urlsplit(address)
        self._port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    async def open(self) -> None:
        """Let everybody in."""
        listening = socket.create_server(("127.0.0.1", self._port))
        self._port = listening.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self._port}"
        self._server = await asyncio.start_server(self._serve, sock=listening)

    def shut(self) -> None:
        """Cut all connections, and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()

    async def close(self) -> None:
        """Shut it for good, and return once nobody is in it."""
        self.shut()
        for _ in range(STEPS_IN):
            await asyncio.sleep(0)
        self.shut()
        await self._empty.wait()
        await asyncio.sleep(0)  # the transports' last call

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        both = {writer}
        self._inside += 1  # before anything is waited for
        self._empty.clear()
        try:
            there_reader, there_writer = await asyncio.open_connection(
                self._target.hostname, self._target.port
            )
            both.add(there_writer)
            self._writers |= both
            if self._server is None:  # it was shut meanwhile
                self.shut()
            async with asyncio.TaskGroup() as group:
                group.create_task(_forward(reader, there_writer))
                group.create_task(_forward(there_reader, writer))
        finally:
            for each in both:
                each.transport.abort()
            self._writers -= both
            self._inside -= 1
            if not self._inside:
                self._empty.set()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(PIECE_BYTES):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


@asynccontextmanager
async def door_to(address: str) -> AsyncIterator[Door]:
    """Yield an open door to an address."""
    door = Door(address)
    await door.open()
    yield door
    await door.close()
