"""One SQLite file: a thread that writes in groups, and a connection to read from.

What is written survives a crash of this process as soon as its group is committed, and a power cut
as well, because a commit returns only when the disk has it (`synchronous = FULL`). A group costs one such
wait, so groups are made large: what nobody waits for is held back a little, and no two commits are
closer together than `COMMIT_INTERVAL_S`.
"""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future
from time import monotonic
from typing import TYPE_CHECKING, Any

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.schema import NewerJournalError, check_version, migrate
from batch_transcriber.journal.wholeness import check_mark, make_whole, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

COMMIT_INTERVAL_S = 0.05  # at the shortest
SPREAD_EVERY = 1000  # statements; some MB of write-ahead log
LAZY_INTERVAL_S = 0.25  # what nobody waits for
_BUSY_TIMEOUT_S = 10.0
_CLOSED_WITHIN_S = 10.0
DAMAGED = "it is damaged: put a good copy back, or move it away (what has no text yet is then paid for again)"


class Database:
    """An open journal file; all methods may be called from any thread.

    Args:
        path: The file; made where it is missing, its folder too.
        write_ahead: SQLite's quicker form, in which others can read meanwhile; not on network drives.

    Attributes:
        commits: How many groups were written.
        on_broken: Called, in another thread, when a group cannot be written; nothing is from then on.
    """

    def __init__(self, path: Path, *, write_ahead: bool = True) -> None:
        self.path = path
        self.commits = 0
        self._unspread = 0  # statements that only the write-ahead log has
        self.on_broken: Callable[[FatalError], None] = lambda _: None
        self._write_ahead = write_ahead
        self._waiting: list[tuple[str, Sequence[Any]]] = []
        self._group = _new_group()  # of what waits
        self._changed = threading.Condition()
        self._is_urgent = self._is_closing = False
        self._broken: FatalError | None = None
        self._reading = threading.Lock()
        self._writer = threading.Thread(target=self._write_groups, name="journal", daemon=True)

    def open(self) -> None:
        """Open the file, and bring it up to date.

        Raises:
            FatalError: it is damaged or not whole, of a newer version, or cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            make_whole(self.path)
            self._db = self._connect()
            try:
                version = check_version(self._db)
                check_mark(self.path, self._db)
                self._db.execute(f"PRAGMA journal_mode = {'WAL' if self._write_ahead else 'DELETE'}")
                self._db.execute("PRAGMA synchronous = FULL")
                migrate(self._db, version)
                if self._write_ahead:
                    spread(self.path, self._db)
                self._reader = self._connect()
            except BaseException:
                self._db.close()
                raise
        except NewerJournalError as error:
            raise FatalError(
                f"{self.path}: was written by a newer batch-transcriber; use that one", ExitCode.LOCAL
            ) from error
        except (sqlite3.Error, OSError) as error:
            raise self._translate(error) from error
        self._writer.start()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_TIMEOUT_S
        )

    def close(self) -> None:
        """Write what waits, and close; calling again is safe."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._writer.is_alive():
            self._writer.join(_CLOSED_WITHIN_S)
        with self._reading:
            self._reader.close()

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query, as of the last commit.

        Raises:
            FatalError: the file cannot be read, or is damaged.
        """
        with self._reading:
            try:
                return self._reader.execute(sql, parameters).fetchall()
            except (sqlite3.Error, OSError) as error:
                raise self._translate(error) from error

    def write(self, sql: str, parameters: Sequence[Any], *, is_urgent: bool = False) -> Future[None]:
        """Have a statement carried out after all that were handed in before, and return its group.

        Args:
            sql: One statement.
            parameters: Its values.
            is_urgent: Somebody waits for it.

        Returns:
            Done once it is durable; holds a FatalError where it cannot be written.
        """
        with self._changed:
            if self._broken is not None or self._is_closing:  # nobody would ever write it
                failed: Future[None] = Future()
                failed.set_exception(self._broken or self._closed())
                return failed
            self._waiting.append((sql, parameters))
            if is_urgent and not self._is_urgent:
                self._is_urgent = True
                self._changed.notify()
            elif len(self._waiting) == 1:
                self._changed.notify()
            return self._group

    def _write_groups(self) -> None:
        committed_at = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closing)
                self._wait_for_company(committed_at)
                if not self._waiting:
                    break
                statements, group = self._waiting, self._group
                self._waiting, self._group, self._is_urgent = [], _new_group(), False
            try:
                self._commit(statements)
            except Exception as error:  # noqa: BLE001 - whatever it is, who waits for the group must hear of it
                self._break(group, self._translate(error))
                break
            committed_at = monotonic()
            group.set_result(None)
        self._db.close()

    def _break(self, group: Future[None], error: FatalError) -> None:
        """Tell everybody that this group, and all after it, cannot be written."""
        with self._changed:
            self._broken = error
            later, self._waiting = self._group, []
        group.set_exception(error)
        later.set_exception(error)
        self.on_broken(error)

    def _wait_for_company(self, committed_at: float) -> None:
        """Hold a group back while nobody is in a hurry, or the last one was just written."""
        self._changed.wait_for(lambda: self._is_urgent or self._is_closing, timeout=LAZY_INTERVAL_S)
        self._changed.wait_for(
            lambda: self._is_closing, timeout=max(0.0, committed_at + COMMIT_INTERVAL_S - monotonic())
        )

    def _commit(self, statements: list[tuple[str, Sequence[Any]]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for sql, parameters in statements:
                self._db.execute(sql, parameters)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self.commits += 1
        self._unspread += len(statements)
        if self._write_ahead and self._unspread >= SPREAD_EVERY:
            spread(self.path, self._db)
            self._unspread = 0

    def _closed(self) -> FatalError:
        return FatalError(
            f"{self.path}: the run has ended; run the same command again for what it left", ExitCode.LOCAL
        )

    def _translate(self, error: Exception) -> FatalError:
        return FatalError(
            f"{self.path}: the journal cannot be used ({error}); {_advice(error)}, "
            "and run the same command again",
            ExitCode.LOCAL,
        )


def _new_group() -> Future[None]:
    group: Future[None] = Future()
    group.set_running_or_notify_cancel()  # one of many who wait for it must not cancel it for all
    return group


def _advice(error: Exception) -> str:
    """Return what helps against a trouble; SQLite's extended codes hold the plain ones in their low byte."""
    if not isinstance(error, sqlite3.Error | OSError):
        return "please report it"
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return "make room"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "wait for the other run in this folder"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_ERROR:
            return DAMAGED
        case _:
            return "make room, or allow it"
