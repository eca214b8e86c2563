"""Uploads on disk: received in chunks, found again by the path of their URL."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
import uuid
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import aiofiles

from batch_transcriber.server.refusals import RefusedError
from batch_transcriber.server.room import check_room

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterator
    from pathlib import Path

    from aiofiles.threadpool.binary import AsyncBufferedIOBase

MAX_UPLOAD_BYTES = 2_200_000_000
HALF = ".part"  # ends the name of what is not received whole yet
_BATCH_BYTES = 256 * 1024  # one write; a smaller upload is not worth a thread
_UPLOAD_URL = re.compile(r"https?://[^/]+/upload/([0-9a-f]{64})/([0-9a-f-]{36})")


class Uploads:
    """The recordings that clients sent.

    Args:
        folder: Where they are kept; exists, and belongs to this object alone.
        secret: What nobody can guess of their URLs: 64 hex digits. A new one leads to none of the old ones.
        is_kept: What was received is on disk, and stays there through a crash.
        reserve_bytes: What an upload leaves free on the disk.
        max_bytes: A larger upload is refused.
        stall_s: A sender that is silent for so long has gone.
    """

    def __init__(
        self,
        folder: Path,
        *,
        secret: str | None = None,
        is_kept: bool = False,
        reserve_bytes: int = 0,
        max_bytes: int = MAX_UPLOAD_BYTES,
        stall_s: float = 120.0,
    ) -> None:
        self._folder = folder
        self._secret = secret or secrets.token_hex(32)
        self._is_kept = is_kept
        self._reserve_bytes = reserve_bytes
        self._max_bytes = max_bytes
        self._stall_s = stall_s

    async def receive(self, body: AsyncIterable[bytes], *, announced_bytes: int | None) -> tuple[str, int]:
        """Store one upload and return its URL's path and its size in bytes; a failed one leaves nothing.

        Args:
            body: The recording, in chunks of any size.
            announced_bytes: Size that the sender stated; None where it did not.

        Raises:
            RefusedError: It is empty, too large, or its sender fell silent.
            OSError: The disk is full.
        """
        self._check_size(announced_bytes or 0)
        check_room(self._folder, announced_bytes or 0, self._reserve_bytes)
        name = str(uuid.uuid4())
        half = self._folder / f"{name}{HALF}"
        try:
            async with asyncio.timeout(self._stall_s) as deadline:
                size_bytes = await self._store(half, body, deadline)
            await self._rename(half, self._folder / name)
        except BaseException as error:
            half.unlink(missing_ok=True)
            if isinstance(error, TimeoutError):
                raise RefusedError("Upload error: the sender fell silent", http_status=408) from error
            raise
        return f"/upload/{self._secret}/{name}", size_bytes

    def find(self, audio_url: str) -> Path | None:
        """Return the file of an upload of ours, named as the upload is; None for a URL that is no upload's.

        The host may be any: this machine has many names, and each of its clients knows another one.

        Raises:
            RefusedError: The URL is an upload's, and the upload is not here.
        """
        match = _UPLOAD_URL.fullmatch(audio_url)
        if match is None:
            return None
        path = self._folder / match[2]
        if secrets.compare_digest(match[1], self._secret) and path.exists():
            return path
        raise RefusedError("Cannot access uploaded file", http_status=403)

    def remove(self, name: str) -> None:
        """Remove an upload; nothing happens where it is not here."""
        (self._folder / name).unlink(missing_ok=True)

    def older_than(self, age_s: float) -> Iterator[str]:
        """Yield the name of every upload that was received so long ago."""
        before = time.time() - age_s
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # it was removed meanwhile
                    if not entry.name.endswith(HALF) and entry.stat().st_mtime < before:
                        yield entry.name

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
                    check_room(self._folder, len(batch), self._reserve_bytes)
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

    async def _rename(self, half: Path, whole: Path) -> None:
        """Give an upload its name, once its bytes are where they are to be."""
        if self._is_kept:
            await asyncio.to_thread(_keep, half, whole)
        else:
            half.rename(whole)  # noqa: ASYNC240 - on the same disk

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._max_bytes:
            raise RefusedError(f"Upload error: the file is over {self._max_bytes:,} bytes", http_status=413)


def _keep(half: Path, whole: Path) -> None:
    """Rename a file so that name and content outlive a power cut."""
    with half.open("r+b") as file:
        os.fsync(file.fileno())
    half.rename(whole)
    if os.name == "posix":  # elsewhere a folder is no file
        folder = os.open(whole.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
