"""A journal that is only looked at: nothing is written, nobody is kept waiting, and no version is changed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.additions import show_missing
from batch_transcriber.journal.database import Database
from batch_transcriber.journal.schema import VERSION, NewerJournalError, check_version, migrate
from batch_transcriber.journal.wholeness import check_mark, check_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MODE_AT = (
    18  # in the file's header: 2 where it has a write-ahead log (https://www.sqlite.org/fileformat.html)
)
_WRITE_AHEAD = 2


class Onlooker(Database):
    """A journal as it is, while another run may be at work in it; all methods may be called from any thread.

    Where there is none, nothing is known. One of an older version is read in a copy without a name, which
    goes away with the process.

    Args:
        path: The file; neither it nor one beside it is made or changed, but for the index of a write-ahead
            log that has lost its own.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._is_closing = True  # from the start, so that nothing is taken to be written
        self._real = Path(os.path.realpath(path))  # where SQLite keeps the log, too
        self._log = self._real.with_name(self._real.name + "-wal")
        self._is_copy = False
        self._seen: int | None = None

    def open(self) -> None:
        """Open the file, if there is one.

        Raises:
            FatalError: it is damaged or not whole, of a newer version, or cannot be read.
        """
        with self._trouble():
            if not check_whole(self.path):
                self._reader = self._connect_copy(None, 0)
                return
            self._reader = self._connect()
            try:
                version = check_version(self._reader)
                check_mark(self.path, self._reader)
                if version < VERSION:
                    self._reader = self._connect_copy(self._reader, version)
                else:
                    show_missing(self._reader)
            except NewerJournalError as error:
                self._reader.close()
                raise FatalError(
                    f"{self.path}: was written by a newer batch-transcriber; use that one", ExitCode.LOCAL
                ) from error
            except BaseException:
                self._reader.close()
                raise

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query, as of the last commit of whoever is at work.

        Raises:
            FatalError: the file cannot be read, or is damaged.
        """
        with self._reading, self._trouble():
            if not self._is_copy and self._find_log() != self._seen:  # a run has begun or ended meanwhile
                self._reader.close()
                self._reader = self._connect()
                show_missing(self._reader)
            return self._reader.execute(sql, parameters).fetchall()

    def _connect(self) -> sqlite3.Connection:
        self._seen = self._find_log()
        with self._real.open("rb") as file:
            file.seek(_MODE_AT)
            has_log = file.read(1) == bytes((_WRITE_AHEAD,))
        how = "mode=ro"
        if has_log and self._seen is None:
            how = "immutable=1"  # or else SQLite would make an empty log
        elif has_log and self._real.with_name(self._real.name + "-shm").exists():
            how = "mode=ro&readonly_shm=1"
        address = f"{self._real.as_uri()}?{how}"
        return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)

    def _connect_copy(self, old: sqlite3.Connection | None, version: int) -> sqlite3.Connection:
        """Return a private journal of our version with the rows of an older one."""
        copy = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        if old is not None:
            with self._trouble():
                old.backup(copy)
            old.close()
        migrate(copy, version)
        self._is_copy = True
        return copy

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._translate(error) from error

    def _find_log(self) -> int | None:
        """Return which log there is; None where there is none, or nothing in it."""
        try:
            status = os.stat(self._log)  # noqa: PTH116 - before every query
        except FileNotFoundError:
            return None
        return status.st_ino if status.st_size else None
