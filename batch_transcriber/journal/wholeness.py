"""A journal that is not whole is told from a new one, for a run that forgot would pay again.

SQLite takes an empty file for a new database, and one whose write-ahead log (`-wal`) is missing or cut short
for a complete one; after a kill, all that is known may lie in that log alone. So a new journal gets its name
only once it has its tables, a file beside it (`-mark`) holds a number that the journal had reached, and
SQLite's index of the log (`-shm`) says how long that was.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.schema import create

if TYPE_CHECKING:
    import sqlite3

_MARK_MAX_BYTES = 16
# https://www.sqlite.org/walformat.html
_INDEX = struct.Struct("=IIIBBHI")  # version, -, -, -, -, page size, frames
_INDEX_VERSION = 3_007_000
_LOG_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24


def make_whole(path: Path) -> None:
    """Make a new journal where there is none, and make sure that one which is there was not cut short.

    To be called before SQLite sees any of its files.

    Raises:
        FatalError: what is there is no journal, or only a part of one.
        OSError: it cannot be made, or looked at.
        sqlite3.Error: likewise.
    """
    if not check_whole(path):
        place = _followed(path)
        _make_new(place, _beside(place, "-wal"))


def check_whole(path: Path) -> bool:
    """Return whether there is a journal, which was not cut short; nothing is changed.

    Raises:
        FatalError: what is there is no journal, or only a part of one.
        OSError: it cannot be looked at.
    """
    place = _followed(path)
    log = _beside(place, "-wal")
    if place.is_dir():
        raise FatalError(
            f"{path}: is a folder, not a journal; move it away, or name a file with --journal", ExitCode.LOCAL
        )
    if not place.exists():
        return False
    if not place.stat().st_size:
        raise _not_whole(path, "the journal is empty")
    # The index first, for whoever is at work writes it last. An empty log tells nothing: there are builds of
    # SQLite that leave it so. The mark knows then.
    least_bytes = _log_bytes(_beside(place, "-shm"))
    try:
        log_bytes = log.stat().st_size
    except FileNotFoundError:
        return True
    if 0 < log_bytes < least_bytes:
        raise _not_whole(path, f"the journal's latest part, {log.name}, is cut short")
    return True


def check_mark(path: Path, db: sqlite3.Connection) -> None:
    """Make sure that a journal knows all that it had brought to a mark.

    Raises:
        FatalError: it does not.
        sqlite3.Error: the journal is damaged.
    """
    place = _followed(path)
    # In this order, for whoever is at work writes the one beside last.
    if _mark_beside(place) > _mark_in(db):
        raise FatalError(
            f"{path}: the journal is older than it was, or its latest part, {place.name}-wal, is missing; "
            f"put that back, or remove {place.name}-mark (what the journal no longer knows is then paid for "
            "again), and run the same command again",
            ExitCode.LOCAL,
        )


def spread(path: Path, db: sqlite3.Connection) -> None:
    """Bring what the log holds into the file, and set the next mark, which only the log has.

    The mark beside the journal comes last: whatever ends this in between, the journal is not behind it.

    Raises:
        OSError: it cannot be written.
        sqlite3.Error: likewise.
    """
    db.execute("PRAGMA wal_autocheckpoint = 0")  # that would bring the mark along
    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    mark = _mark_in(db) + 1
    db.execute(f"PRAGMA application_id = {mark}")
    beside = _beside(_followed(path), "-mark")
    new = _beside(beside, ".new")
    with new.open("w", encoding="ascii") as file:
        file.write(f"{mark}")
        file.flush()
        os.fsync(file.fileno())
    new.replace(beside)


def _mark_in(db: sqlite3.Connection) -> int:
    ((mark,),) = db.execute("PRAGMA application_id").fetchall()
    return int(mark)


def _mark_beside(place: Path) -> int:
    """Return the mark beside a journal; 0 where there is none that can be read."""
    try:
        with _beside(place, "-mark").open("rb") as file:
            return int(file.read(_MARK_MAX_BYTES))
    except (OSError, ValueError):
        return 0


def _make_new(place: Path, log: Path) -> None:
    new = _beside(place, ".new")
    for leftover in (new, _beside(new, "-journal")):  # of a run that was killed right here
        leftover.unlink(missing_ok=True)
    create(new)
    # Of a journal that was moved away.
    for leftover in (log, _beside(place, "-shm"), _beside(place, "-mark")):
        leftover.unlink(missing_ok=True)
    new.replace(place)


def _log_bytes(index: Path) -> int:
    """Return how long a log was when its index was last written; 0 where that is not known."""
    try:
        with index.open("rb") as file:
            version, _, _, _, _, page_bytes, frames = _INDEX.unpack(file.read(_INDEX.size))
    except (OSError, struct.error):
        return 0
    if version != _INDEX_VERSION or not frames:
        return 0
    return _LOG_HEADER_BYTES + int(frames) * (_FRAME_HEADER_BYTES + int(page_bytes))


def _not_whole(path: Path, what: str) -> FatalError:
    return FatalError(
        f"{path}: {what}; put a good copy back, or move the journal away (what has no text yet is then paid "
        "for again), and run the same command again",
        ExitCode.LOCAL,
    )


def _followed(path: Path) -> Path:
    """Return where a link leads, for SQLite keeps the log there."""
    return Path(os.path.realpath(path))  # Path.resolve raises for links in a circle


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
