"""A recording on disk as the body of an upload: read in chunks, fresh for every attempt."""

from __future__ import annotations

import asyncio
import os
import stat
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager
from errno import EACCES
from functools import partial
from hashlib import sha256
from io import FileIO
from typing import TYPE_CHECKING

from aiofiles.threadpool import wrap

from batch_transcriber.client.look import Stamp, open_at_once
from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.model import CHUNK_SIZE_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from aiofiles.threadpool.binary import AsyncFileIO

    from batch_transcriber.client.look import Look
    from batch_transcriber.model import Job

UPLOAD_MAX_BYTES = 2_200_000_000  # the service's limit for uploads
FETCHED_MAX_BYTES = 5_000_000_000  # for what it fetches itself
EMPTY = "the file is empty; record or copy it again"
TOO_LARGE = (
    "the file is over 2.2 GB, the limit of an upload; "
    "cut it in parts, or put it on a web server and pass its URL (up to 5 GB)"
)
TOO_LARGE_TO_FETCH = "the object is over 5 GB, the limit of what the service fetches; cut it in parts"
TOO_LARGE_TO_STREAM = (
    "the object is over 2.2 GB, the limit of an upload; cut it in parts, or leave --through out (up to 5 GB)"
)
# A chunk goes to the socket in slices, so that progress is fine enough for a slow link.
SLICE_SIZE_BYTES = 256 * 1024


class Recording(ABC):
    """A recording to be sent: its size is fixed, its bytes can be read once.

    Args:
        stamp: What it was when it was opened.

    Attributes:
        stamp: That.
        size_bytes: Size at that time; exactly so many bytes are sent.
        failure: Why reading stopped early. The HTTP library turns an error of the body into one of
            the connection, so whoever sends it looks here first.
    """

    def __init__(self, stamp: Stamp) -> None:
        self.stamp = stamp
        self.size_bytes = stamp.size_bytes
        self.failure: PermanentError | RetryableError | None = None

    async def slices(self, on_sent: Callable[[int], None]) -> AsyncIterator[memoryview]:
        """Yield the bytes in order; `on_sent` gets the total so far once the connection took a slice."""
        sent_bytes = 0
        while sent_bytes < self.size_bytes:
            chunk = await self._read(self.size_bytes - sent_bytes)
            for start in range(0, len(chunk), SLICE_SIZE_BYTES):
                piece = memoryview(chunk)[start : start + SLICE_SIZE_BYTES]
                yield piece
                sent_bytes += len(piece)
                on_sent(sent_bytes)

    @abstractmethod
    async def check_unchanged(self) -> None:
        """Prove that what was sent is what is there.

        Raises:
            RetryableError: it was written to since it was opened.
        """

    @property
    @abstractmethod
    def digest(self) -> bytes:
        """SHA-256 of what was sent, once all of it was."""

    @abstractmethod
    async def _read(self, left_bytes: int) -> bytes:
        """Return the next chunk, of at most so many bytes."""


class _OfFile(Recording):
    """One on a disk, where a look at it takes no time."""

    async def check_unchanged(self) -> None:
        if self._stamp() != self.stamp:
            raise changed()

    @abstractmethod
    def _stamp(self) -> Stamp:
        """Return what it is now."""


class _Kept(_OfFile):
    """A small one, whose bytes are there since it was looked at."""

    def __init__(self, path: Path, look: Look, content: bytes) -> None:
        super().__init__(look.stamp)
        self._path, self._look, self._content = path, look, content

    @property
    def digest(self) -> bytes:
        return self._look.digest

    async def _read(self, left_bytes: int) -> bytes:  # noqa: ARG002 - there is one chunk
        return self._content

    def _stamp(self) -> Stamp:
        try:
            return Stamp.of(os.stat(self._path))  # noqa: PTH116 - in the loop, so as quick as it can be
        except OSError:
            return self.stamp  # as for one that is deleted while it is open


class _Opened(_OfFile):
    """One that is read in chunks while it is sent."""

    def __init__(self, file: AsyncFileIO, status: os.stat_result, look: Look | None) -> None:
        super().__init__(Stamp.of(status))
        self._file = file
        self._known = look.digest if look is not None and look.stamp == self.stamp else None
        self._sha256 = sha256()

    @property
    def digest(self) -> bytes:
        return self._known or self._sha256.digest()

    async def _read(self, left_bytes: int) -> bytes:
        try:
            chunk = await self._file.read(min(CHUNK_SIZE_BYTES, left_bytes))
        except OSError as error:
            self.failure = PermanentError(_why_unreadable(error))
            raise self.failure from error
        if not chunk:
            self.failure = changed()
            raise self.failure
        if self._known is None:
            await asyncio.to_thread(self._sha256.update, chunk)  # some milliseconds of work
        return chunk

    def _stamp(self) -> Stamp:
        return Stamp.of(os.fstat(self._file.fileno()))


def why_not_uploaded(job: Job) -> str:
    """Return why a recording cannot be sent; empty where nothing is known against it."""
    if job.size_bytes is None:
        return ""
    if error := _wrong_size(job.size_bytes, is_object=job.is_object, is_fetched=job.is_fetched):
        return error
    if job.is_object:
        return ""
    path = job.source
    is_readable = os.access(path, os.R_OK) or not os.path.lexists(path)  # one that is gone has gone since
    return "" if is_readable else _why_unreadable(PermissionError(EACCES, os.strerror(EACCES)))


def check_size(size_bytes: int, *, is_object: bool = False, is_fetched: bool = False) -> None:
    """Let a recording pass that the service takes.

    Args:
        size_bytes: Its size.
        is_object: It lies in a bucket.
        is_fetched: The service fetches it from there itself.

    Raises:
        PermanentError: it is empty, or larger than the service takes.
    """
    if wrong := _wrong_size(size_bytes, is_object=is_object, is_fetched=is_fetched):
        raise PermanentError(wrong)


def _wrong_size(size_bytes: int, *, is_object: bool = False, is_fetched: bool = False) -> str:
    if size_bytes == 0:
        return EMPTY
    if is_fetched:
        return TOO_LARGE_TO_FETCH if size_bytes > FETCHED_MAX_BYTES else ""
    if size_bytes <= UPLOAD_MAX_BYTES:
        return ""
    return TOO_LARGE_TO_STREAM if is_object else TOO_LARGE


@asynccontextmanager
async def open_recording(path: Path, look: Look | None = None) -> AsyncIterator[Recording]:
    """Open a recording for one attempt; it is closed on the way out.

    Args:
        path: Where it is.
        look: What a look just before found; None to read it afresh.

    Raises:
        FileNotFoundError: it is gone.
        PermanentError: it cannot be read, is empty, or is larger than the service takes.
    """
    if look is not None and look.content:
        yield _Kept(path, look, look.content)
        return
    try:
        raw = await _open(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise PermanentError(_why_unreadable(error)) from error
    try:
        status = os.fstat(raw.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PermanentError("not a regular file; save it to one first")
        check_size(status.st_size)
        yield _Opened(wrap(raw), status, look)
    finally:
        raw.close()  # not in a thread: a second cancellation would leave it open


async def _open(path: Path) -> FileIO:
    # Not aiofiles.open: cancelled while its thread opens the file, it would leave it open.
    opening = asyncio.get_running_loop().run_in_executor(None, partial(FileIO, path, opener=open_at_once))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_opened)
        raise


def _close_opened(opening: asyncio.Future[FileIO]) -> None:
    if opening.exception() is None:
        opening.result().close()


def _why_unreadable(error: OSError) -> str:
    advice = "allow it" if isinstance(error, PermissionError) else "check it"
    return f"the file cannot be read ({error.strerror or error}); {advice}, and run the same command again"


def changed() -> RetryableError:
    """Return what is raised where a recording is not any more what it was."""
    return RetryableError(
        "the file changed while it was sent",
        advice="run the same command again once it is complete",
        maybe_done=False,
    )
