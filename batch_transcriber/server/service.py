"""The service as one thing to enter and to leave."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from aiohttp import web

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.server.app import Api
from batch_transcriber.server.books import Books
from batch_transcriber.server.data_folder import DATABASE, DOWNLOADS, UPLOADS, kept_folder, private_folder
from batch_transcriber.server.downloads import Downloads
from batch_transcriber.server.hearing import Hearing
from batch_transcriber.server.machine import usable_cores
from batch_transcriber.server.room import RESERVE_BYTES
from batch_transcriber.server.store import Store
from batch_transcriber.server.upkeep import Upkeep
from batch_transcriber.server.uploads import Uploads
from batch_transcriber.server.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from aiohttp.typedefs import Middleware

    from batch_transcriber.server.recogniser import Recogniser
    from batch_transcriber.server.webhooks import Pace

_GRACE_S = 1.0  # what running requests get when the service ends
_BACKLOG = 1024
_IDLE_S = 75.0  # longer than clients keep a connection that they do not use


class LocalService:
    """The API on this machine, while entered. An async context manager; enter it once.

    Uploads and transcripts lie in a private folder that goes away when the service ends, or in one that
    it comes back to: there, what was answered with 200 is found again however the process ended.

    Args:
        recogniser: What hears; loaded, and closed by whoever made it.
        key: What clients must send as `Authorization`; None takes any, of clients on this machine.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        concurrency: How many transcripts are in work at the same time; one a core unless given.
        heard_at_once: How many of these the recogniser is given; the others are fetched meanwhile, or wait.
        middlewares: Seen by every request before its key is checked, the first one outermost.
        data_dir: Where the private folder is made; the system's place for such unless given.
        kept_in: The folder that it comes back to; None for a private one.
        allow_private: Fetch recordings from, and call webhooks at, any address; else public ones alone.
        pace: Of webhooks; the API's own unless given.
        idle_s: A connection that brings no whole head of a request for so long is closed.

    Attributes:
        base_url: Where clients find it, such as `http://127.0.0.1:40123`; set on entering.
        books: What it counted; stays readable after the end.
    """

    base_url: str

    def __init__(
        self,
        recogniser: Recogniser,
        *,
        key: str | None,
        host: str = "127.0.0.1",
        port: int = 0,
        concurrency: int | None = None,
        heard_at_once: int | None = None,
        middlewares: Sequence[Middleware] = (),
        data_dir: Path | None = None,
        kept_in: Path | None = None,
        allow_private: bool = True,
        pace: Pace | None = None,
        idle_s: float = _IDLE_S,
    ) -> None:
        self.books = Books()
        self._recogniser = recogniser
        self._key = key
        self._host = host
        self._port = port
        self._concurrency = concurrency or usable_cores()
        self._heard_at_once = heard_at_once
        self._middlewares = tuple(middlewares)
        self._data_dir = data_dir
        self._kept_in = kept_in
        self._allow_private = allow_private
        self._pace = pace
        self._idle_s = idle_s

    async def __aenter__(self) -> Self:
        """Start to listen.

        Raises:
            FatalError: The address is taken or not ours, or the folder can't be made or used.
        """
        async with AsyncExitStack() as stack:
            listener = stack.enter_context(_listener(self._host, self._port))
            host = f"[{self._host}]" if ":" in self._host else self._host
            self.base_url = f"http://{host}:{listener.getsockname()[1]}"
            place = private_folder(self._data_dir) if self._kept_in is None else kept_folder(self._kept_in)
            folder = await stack.enter_async_context(place)
            try:
                await self._serve(stack, listener, folder)
            except sqlite3.OperationalError as error:
                raise FatalError(
                    f"{folder / DATABASE}: cannot be used ({error}); make room, or allow it", ExitCode.LOCAL
                ) from error
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: running requests get a second, what is being heard is dropped."""
        await self._stack.__aexit__(kind, error, trace)

    async def _serve(self, stack: AsyncExitStack, listener: socket.socket, folder: Path) -> None:
        is_kept = self._kept_in is not None
        reserve_bytes = RESERVE_BYTES if is_kept else 0
        store = Store(folder / DATABASE, is_kept=is_kept)
        stack.callback(store.close)
        uploads = Uploads(
            folder / UPLOADS, secret=store.upload_secret(), is_kept=is_kept, reserve_bytes=reserve_bytes
        )
        downloads = Downloads(
            folder / DOWNLOADS, allow_private=self._allow_private, reserve_bytes=reserve_bytes
        )
        webhooks = Webhooks(store.outbox, allow_private=self._allow_private, pace=self._pace)
        hearing = Hearing(
            self._recogniser,
            store,
            uploads,
            await stack.enter_async_context(downloads),
            concurrency=self._concurrency,
            heard_at_once=self._heard_at_once,
            on_ended=webhooks.wake,
        )
        await stack.enter_async_context(webhooks)
        await stack.enter_async_context(hearing)
        if is_kept:
            await stack.enter_async_context(Upkeep(store, uploads))
        api = Api(
            base_url=self.base_url,
            recogniser=self._recogniser,
            store=store,
            uploads=uploads,
            hearing=hearing,
            books=self.books,
        )
        app = api.application(self._key, self._middlewares)
        runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=_GRACE_S,
            keepalive_timeout=self._idle_s,
            lingering_time=5.0,
        )
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, listener, backlog=_BACKLOG).start()


def _listener(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None) or 0
        # Python adds the address to the system's own words; a name that is not found has a number below 0.
        reason = os.strerror(number) if number > 0 else getattr(error, "strerror", None) or error
        raise FatalError(f"cannot listen on {host} port {port}: {reason}", ExitCode.LOCAL) from error
