"""Recordings that a client only names: fetched to this machine before they are heard."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import aiofiles
import aiohttp

from batch_transcriber.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MAX_DOWNLOAD_BYTES = 5_000_000_000
_MAX_REDIRECTS = 10
_CHUNK_BYTES = 256 * 1024
# No total: a long recording over a slow line takes its time.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)


class DownloadError(PermanentError):
    """The recording can't be fetched; the message is what its transcript says."""


class Downloads:
    """Fetches recordings into a folder. An async context manager: it holds the connections.

    Args:
        folder: Where a recording lies while it is heard; exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT, trust_env=True, cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    @asynccontextmanager
    async def fetched(self, url: str) -> AsyncIterator[Path]:
        """Give the recording at a URL as a file, and remove it afterwards.

        Raises:
            DownloadError: It does not exist, can't be reached, or is too large.
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
                size_bytes = 0
                async with aiofiles.open(path, "wb") as file:
                    async for chunk in reply.content.iter_chunked(_CHUNK_BYTES):
                        size_bytes += len(chunk)
                        if size_bytes > MAX_DOWNLOAD_BYTES:
                            raise DownloadError(f"Download error to {url}, larger than 5 GB")
                        await file.write(chunk)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise DownloadError(
                f"Download error, unable to download {url}. "
                "Please make sure the file exists and is accessible from the internet."
            ) from error
