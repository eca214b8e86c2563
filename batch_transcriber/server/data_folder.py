"""Where a service has its files: a private folder that goes away with it, or one that it comes back to."""

from __future__ import annotations

import asyncio
import re
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.server.uploads import HALF

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DATABASE, UPLOADS, DOWNLOADS, LOCK = "transcripts.db", "uploads", "downloads", "lock"
_OURS = {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", UPLOADS, DOWNLOADS, LOCK}
_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of uploads and downloads


@asynccontextmanager
async def private_folder(parent: Path | None) -> AsyncIterator[Path]:
    """Give a new folder that nobody else can read, and remove it afterwards.

    Args:
        parent: Where it is made; the system's place for such unless given.

    Raises:
        FatalError: It can't be made.
    """
    async with AsyncExitStack() as stack:
        try:
            folder = tempfile.TemporaryDirectory(prefix="batch-transcriber-", dir=parent)
        except OSError as error:
            raise FatalError(f"cannot make a folder for recordings: {error}", ExitCode.LOCAL) from error
        stack.push_async_callback(asyncio.to_thread, folder.cleanup)
        path = Path(folder.name)
        for name in (UPLOADS, DOWNLOADS):
            (path / name).mkdir()
        yield path


@asynccontextmanager
async def kept_folder(path: Path) -> AsyncIterator[Path]:
    """Give a folder of which no other service makes use meanwhile; what a crash left half is removed.

    Args:
        path: Made where it is missing, so that only its owner can read it; its parent exists.

    Raises:
        FatalError: Another service is at work in it, it holds something else, or it can't be used.
    """
    async with AsyncExitStack() as stack:
        try:
            path.mkdir(mode=0o700, exist_ok=True)  # noqa: ASYNC240 - before there is anybody to wait
            if strange := _strange(path):
                raise FatalError(
                    f"{path}: is no data folder of the service ({strange!r} is in it); name another one",
                    ExitCode.LOCAL,
                )
            lock = FileLock(path / LOCK, blocking=False, thread_local=False, preserve_lock_file=True)
            lock.acquire()
            stack.callback(lock.release)
            for name in (UPLOADS, DOWNLOADS):
                (path / name).mkdir(mode=0o700, exist_ok=True)
            _remove_leftovers(path)
        except Timeout as error:
            raise FatalError(
                f"another service is at work in {path}; stop it, or name another folder with --data",
                ExitCode.LOCKED,
            ) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise FatalError(
                f"{path}: the data folder cannot be used ({reason}); mend that, or name another with --data",
                ExitCode.LOCAL,
            ) from error
        yield path


def _strange(path: Path) -> str | None:
    """Return the name of something that no service has put into a folder; None where all is well."""
    names = sorted(entry.name for entry in path.iterdir())
    return None if DATABASE in names else next((name for name in names if name not in _OURS), None)


def _remove_leftovers(path: Path) -> None:
    """Remove what was being received or fetched when a service died."""
    for file in (path / UPLOADS).glob(f"*{HALF}"):
        if _NAME.fullmatch(file.stem):
            file.unlink()
    for file in (path / DOWNLOADS).iterdir():
        if _NAME.fullmatch(file.name):
            file.unlink()
