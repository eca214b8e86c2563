"""All transcripts of the service, in a database of its own, so that memory stays flat."""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_transcriber.model import TranscriptStatus, Word
from batch_transcriber.server.refusals import RefusedError, unknown_transcript

if TYPE_CHECKING:
    from pathlib import Path

    from batch_transcriber.server.paging import PageQuery
    from batch_transcriber.server.recogniser import Heard

DELETED_URL = "http://deleted_by_user"

_SCHEMA = """
CREATE TABLE transcripts (
    position INTEGER PRIMARY KEY,  -- order of creation
    id TEXT NOT NULL UNIQUE,
    audio_url TEXT NOT NULL,
    options TEXT NOT NULL,  -- JSON object, as asked
    status TEXT NOT NULL,
    created TEXT NOT NULL,
    completed TEXT,
    error TEXT NOT NULL DEFAULT '',
    duration_s REAL,
    language TEXT,
    language_confidence REAL,
    channels INTEGER
);
CREATE INDEX transcripts_by_status ON transcripts (status, position);
CREATE INDEX awaited_by_audio_url ON transcripts (audio_url) WHERE status IN ('queued', 'processing');
CREATE TABLE words (  -- apart, so that lists never read over them
    position INTEGER PRIMARY KEY,
    words TEXT NOT NULL  -- JSON: [[text, start_ms, end_ms, confidence, channel], ...]
);
"""
# Ranges over `position` stay O(page); the other filters only skip rows on the way.
_PAGE = """
SELECT * FROM transcripts
WHERE position < :before AND position > :after
    AND (:status IS NULL OR status = :status)
    AND (:created_on IS NULL OR substr(created, 1, 10) = :created_on)
"""
_PAGE_BACKWARDS = _PAGE + "ORDER BY position DESC LIMIT :limit"
_PAGE_FORWARDS = _PAGE + "ORDER BY position LIMIT :limit"
_AFTER_ALL = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Transcript:
    """One transcript as it stands, without its words.

    Attributes:
        position: Its number in the order of creation.
        options: The request's options, a JSON object.
        created: When, as the list shows it; `completed` likewise, None until it is.
        error: Why it failed; empty where it did not.
        duration_s: Length of the audio; None until it was heard.
        language: What was found to be spoken; None where that was not asked for.
        language_confidence: From 0 to 1, with `language`.
        channels: How many the audio has, where they were told apart.
    """

    position: int
    id: str
    audio_url: str
    options: str
    status: TranscriptStatus
    created: str
    completed: str | None
    error: str
    duration_s: float | None
    language: str | None
    language_confidence: float | None
    channels: int | None

    @property
    def is_deleted(self) -> bool:
        """Whether its user deleted it: the row stays, its words are gone."""
        return self.audio_url == DELETED_URL


class Store:
    """The transcripts, from queued to deleted.

    Calls are made in the event loop: all but a filtered list of very many take less than a thread would.

    Args:
        path: Where the database is made; nothing of it is meant to survive a crash.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE;"
            + _SCHEMA
        )

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def create(self, audio_url: str, options: dict[str, object]) -> Transcript:
        """Add a queued transcript and return it."""
        transcript_id = str(uuid.uuid4())
        self._db.execute(
            "INSERT INTO transcripts (id, audio_url, options, status, created) VALUES (?, ?, ?, ?, ?)",
            (transcript_id, audio_url, json.dumps(options), TranscriptStatus.QUEUED, _now()),
        )
        return self.get(transcript_id)

    def get(self, transcript_id: str) -> Transcript:
        """Return a transcript.

        Raises:
            RefusedError: There is none of this id.
        """
        row = self._db.execute("SELECT * FROM transcripts WHERE id = ?", (transcript_id,)).fetchone()
        if row is None:
            raise unknown_transcript()
        return _transcript(row)

    def words(self, transcript: Transcript) -> tuple[Word, ...]:
        """Return a transcript's words; none unless it is completed."""
        row = self._db.execute(
            "SELECT words FROM words WHERE position = ?", (transcript.position,)
        ).fetchone()
        return tuple(Word(*word) for word in json.loads(row[0])) if row else ()

    def is_awaited(self, audio_url: str) -> bool:
        """Return whether a transcript of this recording is still to be heard."""
        row = self._db.execute(
            "SELECT 1 FROM transcripts WHERE audio_url = ? AND status IN ('queued', 'processing')",
            (audio_url,),
        ).fetchone()
        return row is not None

    def start_next(self) -> Transcript:
        """Turn the oldest queued transcript to `processing` and return it; there must be one."""
        row = self._db.execute(
            "SELECT * FROM transcripts WHERE status = ? ORDER BY position LIMIT 1",
            (TranscriptStatus.QUEUED,),
        ).fetchone()
        transcript = _transcript(row)
        self._db.execute(
            "UPDATE transcripts SET status = ? WHERE position = ?",
            (TranscriptStatus.PROCESSING, transcript.position),
        )
        return transcript

    def complete(self, transcript: Transcript, heard: Heard) -> None:
        """Turn a transcript to `completed`, with its words."""
        words = json.dumps([astuple(word) for word in heard.words])
        self._db.execute("INSERT INTO words VALUES (?, ?)", (transcript.position, words))
        self._db.execute(
            "UPDATE transcripts SET status = ?, completed = ?, duration_s = ?, language = ?, "
            "language_confidence = ?, channels = ? WHERE position = ?",
            (
                TranscriptStatus.COMPLETED,
                _now(),
                heard.duration_s,
                heard.language,
                heard.language_confidence,
                heard.channels,
                transcript.position,
            ),
        )

    def fail(self, transcript: Transcript, error: str) -> None:
        """Turn a transcript to `error`."""
        self._db.execute(
            "UPDATE transcripts SET status = ?, error = ? WHERE position = ?",
            (TranscriptStatus.ERROR, error, transcript.position),
        )

    def delete(self, transcript_id: str) -> Transcript:
        """Remove the words and the request of an ended transcript and return what is left of it.

        Raises:
            RefusedError: There is none of this id, or it has not ended.
        """
        transcript = self.get(transcript_id)
        if transcript.status not in {TranscriptStatus.COMPLETED, TranscriptStatus.ERROR}:
            raise RefusedError(
                f"This transcript has a status of '{transcript.status}'. "
                "Transcripts must have ended before they are deleted."
            )
        self._db.execute("DELETE FROM words WHERE position = ?", (transcript.position,))
        self._db.execute(
            "UPDATE transcripts SET audio_url = ?, options = '{}', status = ?, error = '' WHERE position = ?",
            (DELETED_URL, TranscriptStatus.COMPLETED, transcript.position),
        )
        return self.get(transcript_id)

    def page(self, query: PageQuery) -> tuple[list[Transcript], bool]:
        """Return a page of transcripts, newest first, and whether older ones match too.

        Raises:
            RefusedError: A cursor is unknown, or the two are the wrong way round.
        """
        before = self.get(query.before_id).position if query.before_id else _AFTER_ALL
        after = self.get(query.after_id).position if query.after_id else 0
        if query.before_id and query.after_id and after <= before:
            raise RefusedError("'after_id' must be a newer transcript than 'before_id'")
        # after_id alone asks for the page next to it, as `next_url` does: the oldest of the newer ones
        forwards = query.after_id is not None and query.before_id is None
        rows = self._db.execute(
            _PAGE_FORWARDS if forwards else _PAGE_BACKWARDS,
            {
                "before": before,
                "after": after,
                "status": query.status,
                "created_on": query.created_on,
                "limit": query.limit + 1,
            },
        ).fetchall()
        transcripts = [_transcript(row) for row in rows[: query.limit]]
        if forwards:
            transcripts.reverse()
            return transcripts, True  # after_id itself is older
        return transcripts, len(rows) > query.limit


def _transcript(row: tuple[Any, ...]) -> Transcript:
    """Return a row as a transcript; its fields are the table's columns, in their order."""
    fields = list(row)
    fields[4] = TranscriptStatus(fields[4])
    return Transcript(*fields)


def _now() -> str:
    """Return this moment as the API writes it: UTC, with microseconds and a Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
