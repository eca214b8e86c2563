"""Which output was written from which recording, so that a rerun knows its own work from other files."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.drive import is_on_network
from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

FOLDER = ".batch-transcriber"
SCHEMA_VERSION = 1
_TABLE = """
CREATE TABLE outputs (
    path BLOB PRIMARY KEY,  -- below the output folder; bytes, for a name need not be text
    source BLOB NOT NULL,  -- absolute path or URL
    size_bytes INTEGER,
    mtime_ns INTEGER,
    text_sha256 BLOB  -- NULL while an older text is being replaced
) WITHOUT ROWID
"""
_INDEX = "CREATE INDEX outputs_by_source ON outputs (source)"
_BUSY_TIMEOUT_S = 10.0


class OutputJournal:
    """The outputs of a folder and their origins: an SQLite file, used from several threads.

    A record is durable when `record` returns. Memory does not grow with the number of outputs.

    Args:
        out: The output folder; the journal is kept below it, in a hidden folder.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._path = out / FOLDER / "journal.db"
        self._lock = Lock()
        self._waiting: list[
            tuple[bytes, bytes, int | None, int | None, bytes | None]
        ] = []  # rows to commit next

    def __enter__(self) -> Self:
        """Open or make the journal.

        Raises:
            FatalError: it is damaged, of a newer version, or cannot be written.
        """
        with self._trouble():
            self._path.parent.mkdir(exist_ok=True)
            self._db = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=_BUSY_TIMEOUT_S
            )
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:  # a thread that outlived its task may still be at it
            self._db.close()

    def _prepare(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise FatalError(
                f"{self._path}: was written by a newer batch-transcriber; use that one", ExitCode.LOCAL
            )
        # WAL needs memory that all processes share, which a network drive cannot give.
        mode = "DELETE" if is_on_network(self._path) else "WAL"
        self._db.execute(f"PRAGMA journal_mode = {mode}")
        self._db.execute("PRAGMA synchronous = FULL")
        if version == 0:
            self._db.execute("BEGIN IMMEDIATE")  # another run may be at it as well
            if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in (_TABLE, _INDEX, f"PRAGMA user_version = {SCHEMA_VERSION}"):
                    self._db.execute(statement)
            self._db.execute("COMMIT")

    def origin(self, output: Path) -> Origin | None:
        """Return what an output was last written from; None where no run wrote it."""
        with self._lock, self._trouble():
            row = self._db.execute(
                "SELECT source, size_bytes, mtime_ns FROM outputs WHERE path = ?", (self._key(output),)
            ).fetchone()
        return None if row is None else Origin(os.fsdecode(row[0]), row[1], row[2])

    def output_of(self, source: str) -> Path | None:
        """Return the output that was last written from this path or URL; None where there is none."""
        with self._lock, self._trouble():
            row = self._db.execute(
                "SELECT path FROM outputs WHERE source = ? LIMIT 1", (os.fsencode(source),)
            ).fetchone()
        return None if row is None else self._out / os.fsdecode(row[0])

    def is_edited(self, output: Path) -> bool:
        """Tell whether an output that a run wrote holds another text by now; reads it, so blocking."""
        with self._lock, self._trouble():
            row = self._db.execute(
                "SELECT text_sha256 FROM outputs WHERE path = ?", (self._key(output),)
            ).fetchone()
        if row is None or row[0] is None:
            return False
        try:
            return sha256(output.read_bytes()).digest() != bytes(row[0])
        except OSError:
            return True  # whatever it is now, it is not to be written over

    def record(self, output: Path, origin: Origin, text_sha256: bytes | None) -> None:
        """Note what an output is about to be written from; blocks until that is on disk.

        Threads that come while another one is at it share one commit, for each costs an fsync.

        Args:
            output: The output.
            origin: The recording as it was sent.
            text_sha256: Digest of the text; None while it is not certain which text is there.
        """
        source = os.fsencode(origin.source)
        row = (self._key(output), source, origin.size_bytes, origin.mtime_ns, text_sha256)
        self._waiting.append(row)
        with self._lock, self._trouble():
            if row not in self._waiting:
                return  # whoever had the lock took it along
            rows = self._waiting.copy()
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?)", rows)
            del self._waiting[: len(rows)]

    def _key(self, output: Path) -> bytes:
        return os.fsencode(output.relative_to(self._out))

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise FatalError(
                f"{self._path}: the journal cannot be used ({error}); {_advice(error)}, "
                "and run the same command again",
                ExitCode.LOCAL,
            ) from error


def _advice(error: sqlite3.Error | OSError) -> str:
    """Return what helps against a trouble; SQLite's extended codes hold the plain ones in their low byte."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return "make room"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "wait for the other run in this folder"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return "it is damaged: move it away"
        case _:
            return "make room, or allow it"
