"""Uploads on disk: received in chunks, found again by their URL."""

from __future__ import annotations

import asyncio
import re
import secrets
import uuid
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import aiofiles

from batch_transcriber.server.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable
    from pathlib import Path

    from aiofiles.threadpool.binary import AsyncBufferedIOBase

MAX_UPLOAD_BYTES = 2_200_000_000
_BATCH_BYTES = 256 * 1024  # one write; a smaller upload is not worth a thread
_UPLOAD_URL = re.compile(r"https?://[^/]+/upload/[0-9a-f]{64}/[0-9a-f-]{36}")


class Uploads:
    """The recordings that clients sent.

    Args:
        folder: Where they are kept; exists, and belongs to this object alone.
        base_url: What their URLs start with.
        max_bytes: A larger upload is refused.
        stall_s: A sender that is silent for so long has gone.
    """

    def __init__(
        self, folder: Path, base_url: str, *, max_bytes: int = MAX_UPLOAD_BYTES, stall_s: float = 120.0
    ) -> None:
        self._folder = folder
        self._prefix = f"{base_url}/upload/{secrets.token_hex(32)}/"
        self._max_bytes = max_bytes
        self._stall_s = stall_s

    async def receive(self, body: AsyncIterable[bytes], *, announced_bytes: int | None) -> tuple[str, int]:
        """Store one upload and return its URL and size in bytes; a failed one leaves nothing.

        Args:
            body: The recording, in chunks of any size.
            announced_bytes: Size that the sender stated; None where it did not.

        Raises:
            RefusedError: It is empty, too large, or its sender fell silent.
        """
        self._check_size(announced_bytes or 0)
        name = str(uuid.uuid4())
        path = self._folder / name
        try:
            async with asyncio.timeout(self._stall_s) as deadline:
                size_bytes = await self._store(path, body, deadline)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, TimeoutError):
                raise RefusedError("Upload error: the sender fell silent", http_status=408) from error
            raise
        return self._prefix + name, size_bytes

    def find(self, audio_url: str) -> Path | None:
        """Return the file of an upload of ours; None for a URL that is no upload's.

        Raises:
            RefusedError: The URL is an upload's, and the upload is not here.
        """
        if not _UPLOAD_URL.fullmatch(audio_url):
            return None
        path = self._folder / audio_url.removeprefix(self._prefix)
        if audio_url.startswith(self._prefix) and path.exists():
            return path
        raise RefusedError("Cannot access uploaded file", http_status=403)

    def remove(self, audio_url: str) -> None:
        """Remove an upload; nothing happens where the URL names none of ours."""
        if _UPLOAD_URL.fullmatch(audio_url) and audio_url.startswith(self._prefix):
            (self._folder / audio_url.removeprefix(self._prefix)).unlink(missing_ok=True)

    async def _store(self, path: Path, body: AsyncIterable[bytes], deadline: asyncio.Timeout) -> int:
        """Write a body to a file and return its size; a small one is written without a thread."""
        now_s = asyncio.get_running_loop().time
        size_bytes = 0
        batch = bytearray()
        async with AsyncExitStack() as stack:
            file: AsyncBufferedIOBase | None = None
            async for chunk in body:
                deadline.reschedule(now_s() + self._stall_s)
                size_bytes += len(chunk)
                self._check_size(size_bytes)
                batch += chunk
                if len(batch) >= _BATCH_BYTES:
                    if file is None:
                        file = await stack.enter_async_context(aiofiles.open(path, "wb"))
                    await file.write(batch)
                    batch.clear()
            if size_bytes == 0:
                raise RefusedError("Upload error: the file is empty", http_status=422)
            if file is None:
                path.write_bytes(batch)  # noqa: ASYNC240 - 256 KiB at most
            else:
                await file.write(batch)
        return size_bytes

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._max_bytes:
            raise RefusedError(f"Upload error: the file is over {self._max_bytes:,} bytes", http_status=413)
