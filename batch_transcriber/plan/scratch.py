"""What planning must remember, on disk: ten inputs and a million take the same memory."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

# Where SQLite looks for room, in this order; Python would take /tmp first, which may be memory.
FOLDERS = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108
CACHE_SIZE_KIB = 2048  # what ten thousand inputs need; more of them need a file


class Scratch:
    """A private database in the system's folder for temporary files, from entering to leaving the context.

    Its file has no name and goes away with the process, however that ends. It may be used by one thread
    after the other, never by two at a time.

    Args:
        tables: The statements that make its tables.
    """

    def __init__(self, tables: str) -> None:
        self._tables = tables

    def __enter__(self) -> Self:
        """Make the tables.

        Raises:
            FatalError: they cannot be made.
        """
        with _trouble():
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            # One transaction without an end, and nothing to undo it with: there is no second time.
            self._db.executescript(
                f"PRAGMA journal_mode = OFF; PRAGMA cache_size = -{CACHE_SIZE_KIB}; {self._tables} BEGIN"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def write(self, sql: str, parameters: Sequence[Any]) -> int:
        """Carry a statement out, and return how many rows it changed.

        Raises:
            FatalError: there is no room for it.
        """
        try:  # by hand: a million times, and a context manager takes as long as the statement
            return self._db.execute(sql, parameters).rowcount
        except sqlite3.Error as error:
            raise _no_room(error) from error

    def write_all(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Carry a statement out for each row.

        Raises:
            FatalError: there is no room for all of them.
        """
        with _trouble():
            self._db.executemany(sql, rows)

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query as they are asked for.

        Raises:
            FatalError: they cannot be read, or there is no room to sort them.
        """
        with _trouble():
            yield from self._db.execute(sql, parameters)


@contextmanager
def _trouble() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _no_room(error) from error


def _no_room(error: sqlite3.Error) -> FatalError:
    return FatalError(
        f"{_folder()}: the names of so many recordings cannot be kept there ({error}); "
        "make room, or name another folder with TMPDIR, and run the same command again",
        ExitCode.LOCAL,
    )


def _folder() -> str:
    named = (os.environ.get(name, "") for name in ("SQLITE_TMPDIR", "TMPDIR"))
    writable = (folder for folder in (*named, *FOLDERS) if os.access(folder, os.W_OK | os.X_OK))
    return next(writable, tempfile.gettempdir())
