"""The service as one thing to enter and to leave."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aiohttp import web

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.server.app import Api
from batch_transcriber.server.books import Books
from batch_transcriber.server.downloads import Downloads
from batch_transcriber.server.hearing import Hearing
from batch_transcriber.server.recogniser import usable_cores
from batch_transcriber.server.store import Store
from batch_transcriber.server.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from aiohttp.typedefs import Middleware

    from batch_transcriber.server.recogniser import Recogniser

_GRACE_S = 1.0  # what running requests get when the service ends
_BACKLOG = 1024


class LocalService:
    """The API on this machine, while entered. An async context manager; enter it once.

    Uploads and transcripts lie in a private folder that goes away when the service ends.

    Args:
        recogniser: What hears; loaded, and closed by whoever made it.
        key: What clients must send as `Authorization`.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        concurrency: How many transcripts are heard at the same time; one a core unless given.
        middlewares: Seen by every request before its key is checked, the first one outermost.
        data_dir: Where the private folder is made; the system's place for such unless given.

    Attributes:
        base_url: Where clients find it, such as `http://127.0.0.1:40123`; set on entering.
        books: What it counted; stays readable after the end.
    """

    base_url: str

    def __init__(
        self,
        recogniser: Recogniser,
        *,
        key: str,
        host: str = "127.0.0.1",
        port: int = 0,
        concurrency: int | None = None,
        middlewares: Sequence[Middleware] = (),
        data_dir: Path | None = None,
    ) -> None:
        self.books = Books()
        self._recogniser = recogniser
        self._key = key
        self._host = host
        self._port = port
        self._concurrency = concurrency or usable_cores()
        self._middlewares = tuple(middlewares)
        self._data_dir = data_dir

    async def __aenter__(self) -> Self:
        """Start to listen.

        Raises:
            FatalError: The address is taken or not ours, or the private folder can't be made.
        """
        async with AsyncExitStack() as stack:
            listener = stack.enter_context(_listener(self._host, self._port))
            host = f"[{self._host}]" if ":" in self._host else self._host
            self.base_url = f"http://{host}:{listener.getsockname()[1]}"
            folder = await _private_folder(stack, self._data_dir)
            await self._serve(stack, listener, folder)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: running requests get a second, what is being heard is dropped."""
        await self._stack.__aexit__(kind, error, trace)

    async def _serve(self, stack: AsyncExitStack, listener: socket.socket, folder: Path) -> None:
        store = Store(folder / "transcripts.db")
        stack.callback(store.close)
        (folder / "uploads").mkdir()
        uploads = Uploads(folder / "uploads", self.base_url)
        (folder / "downloads").mkdir()
        downloads = await stack.enter_async_context(Downloads(folder / "downloads"))
        hearing = Hearing(self._recogniser, store, uploads, downloads, concurrency=self._concurrency)
        await stack.enter_async_context(hearing)
        api = Api(
            list_url=f"{self.base_url}/v2/transcript",
            recogniser=self._recogniser,
            store=store,
            uploads=uploads,
            hearing=hearing,
            books=self.books,
        )
        app = api.application(self._key, self._middlewares)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_S)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, listener, backlog=_BACKLOG).start()


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise FatalError(f"cannot listen on {host} port {port}: {error.strerror}", ExitCode.LOCAL) from error


async def _private_folder(stack: AsyncExitStack, parent: Path | None) -> Path:
    """Return a new folder that nobody else can read; the stack removes it."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="batch-transcriber-", dir=parent)
    except OSError as error:
        raise FatalError(f"cannot make a folder for recordings: {error}", ExitCode.LOCAL) from error
    stack.push_async_callback(asyncio.to_thread, folder.cleanup)
    return Path(folder.name)
