"""Recordings that a client only names: fetched to this machine before they are heard."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import aiofiles
import aiohttp

from batch_transcriber.errors import PermanentError
from batch_transcriber.server.guard import FORBIDDEN, session, was_refused
from batch_transcriber.server.room import check_room

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MAX_DOWNLOAD_BYTES = 5_000_000_000
_MAX_REDIRECTS = 10
_CHUNK_BYTES = 256 * 1024
# In total what 5 GB take at 200 kB a second: a long recording over a slow line takes its time, but a
# sender of one byte a minute does not keep its place for ever.
_TIMEOUT = aiohttp.ClientTimeout(total=25_000, sock_connect=30, sock_read=60)


class DownloadError(PermanentError):
    """The recording can't be fetched; the message is what its transcript says."""


class Downloads:
    """Fetches recordings into a folder. An async context manager: it holds the connections.

    Args:
        folder: Where a recording lies while it is heard; exists.
        allow_private: Fetch from any address; else from public ones alone.
        reserve_bytes: What a download leaves free on the disk.
        timeout: Of one download, with its redirects.
    """

    def __init__(
        self,
        folder: Path,
        *,
        allow_private: bool = True,
        reserve_bytes: int = 0,
        timeout: aiohttp.ClientTimeout = _TIMEOUT,
    ) -> None:
        self._folder = folder
        self._allow_private = allow_private
        self._reserve_bytes = reserve_bytes
        self._timeout = timeout

    async def __aenter__(self) -> Self:
        self._session = session(allow_private=self._allow_private, timeout=self._timeout, limit=0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    @asynccontextmanager
    async def fetched(self, url: str) -> AsyncIterator[Path]:
        """Give the recording at a URL as a file, and remove it afterwards.

        Raises:
            DownloadError: It does not exist, can't be reached, may not be, or is too large.
            OSError: The disk is full.
        """
        path = self._folder / str(uuid4())
        try:
            await self._fetch(url, path)
            yield path
        finally:
            path.unlink(missing_ok=True)

    async def _fetch(self, url: str, path: Path) -> None:
        try:
            async with self._session.get(url, max_redirects=_MAX_REDIRECTS) as reply:
                if reply.status != 200:
                    side = "Client" if reply.status < 500 else "Server"
                    raise DownloadError(
                        f"Download error to {url}, {reply.status} {side} Error: {reply.reason}"
                    )
                await self._keep(reply, url, path)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            if was_refused(error):
                raise DownloadError(
                    f"Download error, unable to download {url}: {FORBIDDEN}. "
                    "Please upload the file, or start the service with --allow-private."
                ) from error
            raise DownloadError(
                f"Download error, unable to download {url}. "
                "Please make sure the file exists and is accessible from the internet."
            ) from error

    async def _keep(self, reply: aiohttp.ClientResponse, url: str, path: Path) -> None:
        """Write what comes to a file, as far as it may go."""
        size_bytes = reply.content_length or 0
        self._check_size(size_bytes, url)
        check_room(self._folder, size_bytes, self._reserve_bytes)
        size_bytes = 0
        async with aiofiles.open(path, "wb") as file:
            async for chunk in reply.content.iter_chunked(_CHUNK_BYTES):
                size_bytes += len(chunk)
                self._check_size(size_bytes, url)
                check_room(self._folder, len(chunk), self._reserve_bytes)
                await file.write(chunk)

    def _check_size(self, size_bytes: int, url: str) -> None:
        if size_bytes > MAX_DOWNLOAD_BYTES:
            raise DownloadError(f"Download error to {url}, larger than 5 GB")
