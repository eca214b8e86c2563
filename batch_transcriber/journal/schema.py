"""The tables of the journal, and the way there from older ones."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from batch_transcriber.journal.additions import add_missing
from batch_transcriber.model import folded

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 2

# Names and addresses are bytes: a path need not be text. Times are seconds since 1970.
_TABLES = """
CREATE TABLE about (
    out BLOB NOT NULL  -- the output folder of a journal that is kept elsewhere
);
CREATE TABLE transcripts (
    id INTEGER PRIMARY KEY,
    content BLOB,  -- SHA-256 of the recording, or its address; NULL until the first upload ends
    options BLOB,  -- SHA-256 of the API's parameters; NULL where an older version did not note them
    service TEXT NOT NULL,  -- base URL: what the addresses and ids below belong to
    state TEXT NOT NULL,
    failed_in TEXT,  -- where it was when it failed
    error TEXT,
    upload_url TEXT,
    transcript_id TEXT,
    past_ids TEXT NOT NULL DEFAULT '[]',  -- JSON: transcripts that ended in an error, or were replaced
    submits INTEGER NOT NULL DEFAULT 0,
    audio_duration_s REAL,
    speech_model_used TEXT,
    planned_at REAL,
    uploading_at REAL,
    uploaded_at REAL,
    submitting_at REAL,  -- by the service's clock, for it is compared with the list's times
    submitted_at REAL,
    completed_at REAL,
    written_at REAL,
    failed_at REAL,
    skipped_at REAL,
    deleted_at REAL  -- at the service, on our word; its files are written
);
CREATE UNIQUE INDEX transcripts_by_content ON transcripts (content, options) WHERE content IS NOT NULL;
CREATE INDEX transcripts_by_state ON transcripts (state);
CREATE INDEX transcripts_by_id ON transcripts (transcript_id);
CREATE TABLE inputs (
    source BLOB PRIMARY KEY,  -- absolute path, or address
    size_bytes INTEGER,
    mtime_ns INTEGER,
    transcript INTEGER NOT NULL REFERENCES transcripts (id)
) WITHOUT ROWID;
CREATE INDEX inputs_by_size ON inputs (size_bytes);
CREATE INDEX inputs_by_transcript ON inputs (transcript);
CREATE TABLE outputs (
    path BLOB PRIMARY KEY,  -- below the output folder
    source BLOB NOT NULL,
    size_bytes INTEGER,  -- of the recording that it was written from
    mtime_ns INTEGER,
    transcript INTEGER REFERENCES transcripts (id),
    text_sha256 BLOB,  -- NULL while an older text is being replaced
    written_at REAL,
    stem BLOB  -- the path up to its suffix, in a form that all spellings have which some system takes for one
) WITHOUT ROWID;
CREATE INDEX outputs_by_source ON outputs (source);
CREATE INDEX outputs_by_transcript ON outputs (transcript);
CREATE INDEX outputs_by_stem ON outputs (stem);
"""

# From version 1, which knew outputs only: they stay what they are, whatever they were asked for with.
_BEFORE_1 = """
ALTER TABLE outputs RENAME TO outputs_1;
DROP INDEX outputs_by_source;
"""
_AFTER_1 = """
INSERT INTO outputs (path, source, size_bytes, mtime_ns, text_sha256, stem)
    SELECT path, source, size_bytes, mtime_ns, text_sha256, stem_key(path) FROM outputs_1;
DROP TABLE outputs_1;
"""
_STEPS = {0: _TABLES, 1: _BEFORE_1 + _TABLES + _AFTER_1}


def stem_key(path: bytes) -> bytes:
    """Return what all outputs of one recording have in common, however some system spells their path."""
    return folded(os.fsdecode(path.rpartition(b".")[0]))


def create(path: Path) -> None:
    """Make a journal without rows, whole on disk.

    Raises:
        sqlite3.Error: it cannot be written.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = FULL")
        migrate(db, 0)


def check_version(db: sqlite3.Connection) -> int:
    """Return the version of a journal, which is left as it is; 0 for an empty file.

    Raises:
        NewerJournalError: a newer version of this program wrote it.
        sqlite3.Error: it is damaged.
    """
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise NewerJournalError
    return version


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Make the tables, or bring older ones up to date; each step all or nothing.

    Raises:
        sqlite3.Error: it is damaged, or cannot be written.
    """
    if version < VERSION:
        db.create_function("stem_key", 1, stem_key, deterministic=True)
        db.executescript(f"BEGIN IMMEDIATE; {_STEPS[version]} PRAGMA user_version = {VERSION}; COMMIT")
    add_missing(db)


class NewerJournalError(Exception):
    """The journal has a version that this program does not know."""
