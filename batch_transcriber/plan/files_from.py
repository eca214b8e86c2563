"""Sources from a list in a file or on stdin, which may be longer than memory."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from codecs import BOM_UTF8
from typing import IO, TYPE_CHECKING

from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

STDIN = "-"
NO_NAMES = "it holds no names"
_READ_SIZE_BYTES = 64 * 1024
_NAME_MAX_BYTES = 64 * 1024  # a path has 4 KiB at most, an address hardly more


class FilesFrom:
    """The sources that a list names, one a line; can be read again and again, and keeps none in memory.

    Empty lines are passed over; all else is part of a name, spaces and `#` too. Names are bytes, as they
    are on disk. Enter it as a context; blocking.

    Args:
        path: The list, or `-` for stdin; what can be read only once is copied to a temporary file.
        is_nul_separated: Names end with a NUL, as from `find -print0`, and may hold line breaks.
    """

    def __init__(self, path: str, *, is_nul_separated: bool = False) -> None:
        self._path = path
        self._end = b"\0" if is_nul_separated else b"\n"
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Open the list.

        Raises:
            FatalError: it cannot be read.
        """
        try:
            if self._path == STDIN:
                self._file = self._copy(_stdin())
            else:
                given = open(self._path, "rb")  # noqa: PTH123 - left with the context
                self._file = given if given.seekable() else self._copy(given)
        except (OSError, ValueError) as error:
            raise self._unreadable(getattr(error, "strerror", None) or str(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def __iter__(self) -> Iterator[str]:
        """Yield the names in their order, from the first one on; several readers at a time may do so.

        Raises:
            FatalError: it holds what no name can be.
        """
        assert self._file is not None  # noqa: S101 - entered
        offset, rest = 0, b""
        while data := os.pread(self._file.fileno(), _READ_SIZE_BYTES, offset):
            *names, rest = (rest + (data if offset else self._without_mark(data))).split(self._end)
            offset += len(data)
            yield from self._decoded(names)
            if len(rest) > _NAME_MAX_BYTES:
                raise self._unreadable(NO_NAMES)
        yield from self._decoded([rest])

    def _copy(self, given: IO[bytes]) -> IO[bytes]:
        """Return a copy that can be read again; whoever gets it closes it."""
        copy = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            with given:
                copy.writelines(self._checked(given))
            copy.flush()  # it is read past the buffer
        except BaseException:
            copy.close()
            raise
        return copy

    def _checked(self, given: IO[bytes]) -> Iterator[bytes]:
        """Yield what is read, unless it holds no names: a line without end would fill the disk."""
        rest = b""
        while data := given.read(_READ_SIZE_BYTES):
            rest = (rest + data).rpartition(self._end)[2]
            if len(rest) > _NAME_MAX_BYTES:
                raise self._unreadable(NO_NAMES)
            yield data

    def _unreadable(self, reason: str) -> FatalError:
        name = "stdin" if self._path == STDIN else self._path
        return FatalError(f"{name}: this list cannot be read ({reason}); check it", ExitCode.USAGE)

    def _without_mark(self, data: bytes) -> bytes:
        """Return the beginning of a list without what Windows puts ahead of a text."""
        return data.removeprefix(BOM_UTF8) if self._end == b"\n" else data

    def _decoded(self, names: list[bytes]) -> Iterator[str]:
        for name in names:
            if self._end == b"\n":
                name = name.removesuffix(b"\r")  # noqa: PLW2901 - lists come from Windows too
            if b"\0" in name:
                raise self._unreadable("it holds NULs; add -0 if they end its names, else save it as UTF-8")
            if name:
                yield os.fsdecode(name)


def _stdin() -> IO[bytes]:
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer
