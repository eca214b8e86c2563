"""The service's database: a file that goes away with its run, or one that outlives every crash."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION = 1
CHECKED_BYTES = 256_000_000  # a larger file would take seconds to look through
_SCHEMA = """
CREATE TABLE transcripts (
    position INTEGER PRIMARY KEY,  -- order of creation
    id TEXT NOT NULL UNIQUE,
    audio_url TEXT NOT NULL,
    options TEXT NOT NULL,  -- JSON object, as asked; no secret is in it
    status TEXT NOT NULL,
    created TEXT NOT NULL,
    completed TEXT,
    error TEXT NOT NULL DEFAULT '',
    duration_s REAL,
    language TEXT,
    language_confidence REAL,
    channels INTEGER,
    upload TEXT,  -- name of the upload that is heard; NULL for what is fetched
    attempts INTEGER NOT NULL DEFAULT 0,  -- times that its hearing began and was not asked to stop
    webhook_status_code INTEGER
);
CREATE INDEX transcripts_by_status ON transcripts (status, position);
CREATE INDEX awaited_by_upload ON transcripts (upload) WHERE status IN ('queued', 'processing');
CREATE TABLE words (  -- apart, so that lists never read over them
    position INTEGER PRIMARY KEY,
    words TEXT NOT NULL  -- JSON: [[text, start_ms, end_ms, confidence, channel], ...]
);
CREATE TABLE deliveries (  -- webhooks that are still to be called; gone with the last call
    position INTEGER PRIMARY KEY,  -- of the transcript
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    header_name TEXT,
    header_value TEXT,  -- a secret, which is nowhere else
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL  -- seconds since 1970; NULL until the transcript ended
);
CREATE INDEX deliveries_by_time ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_THROWN_AWAY = "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE;"
# FULL: what was answered with 200 outlives a power cut as well. Exclusive first, so that WAL needs no
# shared memory, which not every drive has.
_KEPT = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"


def open_database(path: Path, *, is_kept: bool) -> sqlite3.Connection:
    """Return the database, made where it is missing; each statement is a transaction of its own.

    Args:
        path: Of the file; whoever opens it is alone with it.
        is_kept: What is written is on disk when the statement returns. Without, nothing survives a crash.

    Raises:
        FatalError: It cannot be read or written, is damaged, or comes from a newer program.
    """
    database: sqlite3.Connection | None = None
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # sqlite would let others read it
        database = sqlite3.connect(path, isolation_level=None)
        database.executescript(_KEPT if is_kept else _THROWN_AWAY)
        _prepare(database, path)
    except (OSError, sqlite3.Error) as error:
        if database is not None:
            database.close()
        reason = getattr(error, "strerror", None) or error
        what_to_do = "make room, or allow it" if _is_of_the_disk(error) else "move it away to begin afresh"
        raise FatalError(f"{path}: cannot be used ({reason}); {what_to_do}", ExitCode.LOCAL) from error
    except BaseException:
        if database is not None:
            database.close()
        raise
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Have several statements done together, or none of them."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # a full disk may have ended it already
            database.execute("ROLLBACK")
        raise


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise FatalError(
            f"{path}: was written by a newer version of this program; use that one, or another folder",
            ExitCode.LOCAL,
        )
    if version == 0:
        with transaction(database):
            for statement in _SCHEMA.split(";\n"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    elif path.stat().st_size <= CHECKED_BYTES:
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"damaged: {' '.join(str(found).split())}")


def _is_of_the_disk(error: Exception) -> bool:
    """Tell whether the place is the trouble, and not what the file holds, as another program's tables."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest are details
    return isinstance(error, OSError) or (
        isinstance(error, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR
    )
