"""What the journal has besides, for people who look at it: older programs neither need it nor mind it.

A run adds what is missing when it opens the journal, whose version stays the same. Who only looks at one
without it is shown empty tables and columns instead, so that every query works everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_COLUMNS = {
    "processing_at": "REAL",  # when the service was first seen to hear it
    "warnings": "TEXT",  # JSON: what the service said of a completed one
}
_TABLES = {
    "runs": """(
    id INTEGER PRIMARY KEY,
    began_at REAL NOT NULL,
    seen_at REAL NOT NULL,  -- when the figures below were right
    is_endless INTEGER NOT NULL DEFAULT 0,  -- whether it waits for more inputs to come
    inputs INTEGER,  -- NULL until all sources are read
    done INTEGER NOT NULL DEFAULT 0,  -- of these
    ended_at REAL,  -- NULL while it is at work, or where it was killed
    ending TEXT  -- 'done', 'limit', 'stopped', or what went wrong
)""",
    # Of the last run: what the transcripts cannot tell.
    "outcomes": """(
    source BLOB PRIMARY KEY,  -- as in inputs
    kind TEXT NOT NULL,  -- 'failed', 'skipped', or 'filtered'
    stage TEXT,
    reason TEXT NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID""",
    # What has a price, by the digest of all that was asked for; no values, which may be secret.
    "asked": """(
    options BLOB PRIMARY KEY,
    names TEXT NOT NULL  -- JSON: {"speech_models": [...], names of parameters that come on top: true}
) WITHOUT ROWID""",
}
_INDEXES = {
    # Hours of audio and the pace of a million rows, out of 30 MB of them.
    "transcripts_by_end": "transcripts (written_at, audio_duration_s) WHERE written_at IS NOT NULL",
    # The few that were asked for more than once: or else each question for an id is a walk over all.
    "transcripts_with_past": "transcripts (past_ids) WHERE past_ids != '[]'",
}


def add_missing(db: sqlite3.Connection) -> None:
    """Add what is missing; all or nothing.

    Raises:
        sqlite3.Error: it is damaged, or cannot be written.
    """
    steps = [f"ALTER TABLE transcripts ADD COLUMN {name} {_COLUMNS[name]}" for name in _missing_columns(db)]
    steps += [f"CREATE TABLE {name} {_TABLES[name]}" for name in _missing(db, "table", _TABLES)]
    steps += [f"CREATE INDEX {name} ON {_INDEXES[name]}" for name in _missing(db, "index", _INDEXES)]
    if steps:
        db.executescript("; ".join(["BEGIN IMMEDIATE", *steps, "COMMIT"]))


def show_missing(db: sqlite3.Connection) -> None:
    """Make what is missing appear, empty, on this connection alone; the file is not changed.

    Raises:
        sqlite3.Error: it is damaged.
    """
    for name in _missing(db, "table", _TABLES):
        db.execute(f"CREATE TEMP TABLE {name} {_TABLES[name]}")
    if columns := _missing_columns(db):
        nothing = ", ".join(f"NULL AS {name}" for name in columns)
        db.execute(f"CREATE TEMP VIEW transcripts AS SELECT *, {nothing} FROM main.transcripts")  # noqa: S608 - ours


def _missing_columns(db: sqlite3.Connection) -> list[str]:
    there = {name for _, name, *_ in db.execute("PRAGMA main.table_info(transcripts)")}
    return [name for name in _COLUMNS if name not in there]


def _missing(db: sqlite3.Connection, kind: str, names: Iterable[str]) -> list[str]:
    rows = db.execute("SELECT name FROM main.sqlite_schema WHERE type = ?", (kind,))
    there = {name for (name,) in rows}
    return [name for name in names if name not in there]
