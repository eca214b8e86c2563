"""A recording on disk as the body of an upload: read in chunks, fresh for every attempt."""

from __future__ import annotations

import asyncio
import os
import stat
from contextlib import asynccontextmanager
from errno import EACCES
from functools import partial
from hashlib import file_digest, sha256
from io import FileIO
from typing import TYPE_CHECKING

from aiofiles.threadpool import wrap

from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.model import CHUNK_SIZE_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from aiofiles.threadpool.binary import AsyncFileIO

UPLOAD_MAX_BYTES = 2_200_000_000  # the service's limit for uploads; by URL it takes 5 GB
EMPTY = "the file is empty; record or copy it again"
TOO_LARGE = (
    "the file is over 2.2 GB, the limit of an upload; "
    "cut it in parts, or put it on a web server and pass its URL (up to 5 GB)"
)
# A chunk goes to the socket in slices, so that progress is fine enough for a slow link.
SLICE_SIZE_BYTES = 256 * 1024


class Recording:
    """An open recording: its size is fixed, its bytes can be read once.

    Args:
        file: Open for reading; owned by the caller.

    Attributes:
        is_regular: Whether it is a file, and not a pipe or a device.
        size_bytes: Size at the time of opening; exactly so many bytes are sent.
        digest: SHA-256 of what was read so far.
        failure: Why reading stopped early. The HTTP library turns an error of the body into one of
            the connection, so whoever sends it looks here first.
    """

    def __init__(self, file: AsyncFileIO) -> None:
        self._file = file
        self._opened = os.fstat(file.fileno())
        self.size_bytes = self._opened.st_size
        self.is_regular = stat.S_ISREG(self._opened.st_mode)
        self.digest = sha256()
        self.failure: PermanentError | RetryableError | None = None

    async def slices(self, on_sent: Callable[[int], None]) -> AsyncIterator[memoryview]:
        """Yield the bytes in order; `on_sent` gets the total so far once the connection took a slice."""
        sent_bytes = 0
        while sent_bytes < self.size_bytes:
            try:
                chunk = await self._file.read(min(CHUNK_SIZE_BYTES, self.size_bytes - sent_bytes))
            except OSError as error:
                self.failure = PermanentError(_why_unreadable(error))
                raise self.failure from error
            if not chunk:
                self.failure = _changed()
                raise self.failure
            if len(chunk) > SLICE_SIZE_BYTES:  # some milliseconds of work
                await asyncio.to_thread(self.digest.update, chunk)
            else:
                self.digest.update(chunk)
            for start in range(0, len(chunk), SLICE_SIZE_BYTES):
                piece = memoryview(chunk)[start : start + SLICE_SIZE_BYTES]
                yield piece
                sent_bytes += len(piece)
                on_sent(sent_bytes)

    def check_unchanged(self) -> None:
        """Prove that what was sent is what is there.

        Raises:
            RetryableError: the file was written to since it was opened.
        """
        now = os.fstat(self._file.fileno())
        if (now.st_size, now.st_mtime_ns) != (self._opened.st_size, self._opened.st_mtime_ns):
            raise _changed()


def digest_of(path: str) -> bytes:
    """Return the SHA-256 of a recording; blocking.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        return file_digest(file, "sha256").digest()


def why_not_uploaded(path: str, size_bytes: int) -> str:
    """Return why a recording of this size cannot be sent; empty where nothing is known against it."""
    if error := _wrong_size(size_bytes):
        return error
    is_readable = os.access(path, os.R_OK) or not os.path.lexists(path)  # one that is gone has gone since
    return "" if is_readable else _why_unreadable(PermissionError(EACCES, os.strerror(EACCES)))


def _wrong_size(size_bytes: int) -> str:
    if size_bytes == 0:
        return EMPTY
    return TOO_LARGE if size_bytes > UPLOAD_MAX_BYTES else ""


@asynccontextmanager
async def open_recording(path: Path) -> AsyncIterator[Recording]:
    """Open a recording for one attempt; it is closed on the way out.

    Raises:
        FileNotFoundError: it is gone.
        PermanentError: it cannot be read, is empty, or is larger than the service takes.
    """
    try:
        raw = await _open(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise PermanentError(_why_unreadable(error)) from error
    try:
        recording = Recording(wrap(raw))
        if not recording.is_regular:
            raise PermanentError("not a regular file; save it to one first")
        if wrong := _wrong_size(recording.size_bytes):
            raise PermanentError(wrong)
        yield recording
    finally:
        raw.close()  # not in a thread: a second cancellation would leave it open


async def _open(path: Path) -> FileIO:
    # Not aiofiles.open: cancelled while its thread opens the file, it would leave it open.
    opening = asyncio.get_running_loop().run_in_executor(None, partial(FileIO, path, opener=_open_at_once))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_opened)
        raise


def _open_at_once(path: str, flags: int) -> int:
    # A pipe that took the recording's place would otherwise block the thread for ever.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _close_opened(opening: asyncio.Future[FileIO]) -> None:
    if opening.exception() is None:
        opening.result().close()


def _why_unreadable(error: OSError) -> str:
    advice = "allow it" if isinstance(error, PermissionError) else "check it"
    return f"the file cannot be read ({error.strerror or error}); {advice}, and run the same command again"


def _changed() -> RetryableError:
    return RetryableError(
        "the file changed while it was sent",
        advice="run the same command again once it is complete",
        maybe_done=False,
    )
