"""All transcripts of the service, in a database of its own, so that memory stays flat."""

from __future__ import annotations

import json
import secrets
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batch_transcriber.model import TranscriptStatus, Word
from batch_transcriber.server.database import open_database, transaction
from batch_transcriber.server.outbox import Outbox
from batch_transcriber.server.refusals import RefusedError, unknown_transcript
from batch_transcriber.server.transcript import DELETED_URL, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from batch_transcriber.server.paging import PageQuery
    from batch_transcriber.server.recogniser import Heard

SECRET_OPTION = "webhook_auth_header_value"  # noqa: S105 - its name

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


class Store:
    """The transcripts, from queued to deleted.

    Calls are made in the event loop: all but a filtered list of very many take less than a thread would.
    Each is carried out as a whole when it returns; where the disk takes no more, it raises sqlite3's
    OperationalError, has changed nothing, and may be made again.

    Args:
        path: Of the database, made where it is missing.
        is_kept: It outlives the process, however that ends; else nothing of it is meant to.

    Attributes:
        outbox: The webhooks that are still to be called.

    Raises:
        FatalError: The database cannot be used.
    """

    def __init__(self, path: Path, *, is_kept: bool = False) -> None:
        self._db = open_database(path, is_kept=is_kept)
        self.outbox = Outbox(self._db)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def upload_secret(self) -> str:
        """Return the part of upload URLs that nobody can guess: 64 hex digits, always the same."""
        new = ("uploads", secrets.token_hex(32))
        self._db.execute("INSERT INTO secrets VALUES (?, ?) ON CONFLICT DO NOTHING", new)
        (secret,) = self._db.execute("SELECT value FROM secrets WHERE name = 'uploads'").fetchone()
        return str(secret)

    def create(
        self, audio_url: str, options: Mapping[str, object], *, upload: str | None = None
    ) -> Transcript:
        """Add a queued transcript and return it.

        Args:
            audio_url: As the client named it.
            options: As asked.
            upload: Name of the upload that the URL leads to; None for one to fetch.
        """
        transcript_id = str(uuid.uuid4())
        shown = {name: value for name, value in options.items() if name != SECRET_OPTION}
        with transaction(self._db):
            cursor = self._db.execute(
                "INSERT INTO transcripts (id, audio_url, options, status, created, upload) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (transcript_id, audio_url, json.dumps(shown), TranscriptStatus.QUEUED, _now(), upload),
            )
            self.outbox.add(cursor.lastrowid or 0, options)
        return self.get(transcript_id)

    def get(self, transcript_id: str) -> Transcript:
        """Return a transcript.

        Raises:
            RefusedError: There is none of this id.
        """
        if not transcript_id.isascii():  # among them what is no text to a database
            raise unknown_transcript()
        row = self._db.execute("SELECT * FROM transcripts WHERE id = ?", (transcript_id,)).fetchone()
        if row is None:
            raise unknown_transcript()
        return Transcript.of_row(row)

    def words(self, transcript: Transcript) -> tuple[Word, ...]:
        """Return a transcript's words; none unless it is completed."""
        row = self._db.execute(
            "SELECT words FROM words WHERE position = ?", (transcript.position,)
        ).fetchone()
        return tuple(Word(*word) for word in json.loads(row[0])) if row else ()

    def is_awaited(self, upload: str) -> bool:
        """Return whether a transcript of this upload is still to be heard."""
        row = self._db.execute(
            "SELECT 1 FROM transcripts WHERE upload = ? AND status IN ('queued', 'processing')", (upload,)
        ).fetchone()
        return row is not None

    def count(self, status: TranscriptStatus) -> int:
        """Return how many transcripts have a status."""
        (number,) = self._db.execute(
            "SELECT COUNT(*) FROM transcripts WHERE status = ?", (status,)
        ).fetchone()
        return int(number)

    def of_crash(self, attempts: int) -> list[Transcript]:
        """Return what was being heard when the process died, and had been begun so often."""
        rows = self._db.execute(
            "SELECT * FROM transcripts WHERE status = ? AND attempts >= ? ORDER BY position",
            (TranscriptStatus.PROCESSING, attempts),
        )
        return [Transcript.of_row(row) for row in rows]

    def queue_again(self, *, not_at_fault: Iterable[int] = ()) -> None:
        """Turn what is `processing` back to `queued`, at its old place.

        Args:
            not_at_fault: Positions of those whose hearing had begun and was asked to stop: that counts for
                nothing. One that was waiting keeps what is held against it.
        """
        with transaction(self._db):
            self._db.executemany(
                "UPDATE transcripts SET attempts = attempts - 1 WHERE position = ? AND status = ?",
                [(position, TranscriptStatus.PROCESSING) for position in not_at_fault],
            )
            self._db.execute(
                "UPDATE transcripts SET status = ? WHERE status = ?",
                (TranscriptStatus.QUEUED, TranscriptStatus.PROCESSING),
            )

    def start_next(self) -> Transcript | None:
        """Turn the oldest queued transcript to `processing` and return it; None where there is none."""
        row = self._db.execute(
            "SELECT * FROM transcripts WHERE status = ? ORDER BY position LIMIT 1",
            (TranscriptStatus.QUEUED,),
        ).fetchone()
        if row is None:
            return None
        transcript = Transcript.of_row(row)
        self._db.execute(
            "UPDATE transcripts SET status = ? WHERE position = ?",
            (TranscriptStatus.PROCESSING, transcript.position),
        )
        return transcript

    def begin(self, transcript: Transcript) -> None:
        """Count that its hearing begins."""
        self._db.execute(
            "UPDATE transcripts SET attempts = attempts + 1 WHERE position = ?", (transcript.position,)
        )

    def complete(self, transcript: Transcript, heard: Heard) -> None:
        """Turn a transcript to `completed`, with its words."""
        words = json.dumps(
            [(word.text, word.start_ms, word.end_ms, word.confidence, word.channel) for word in heard.words]
        )
        with transaction(self._db):
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
            self.outbox.begin(transcript.position)

    def fail(self, transcript: Transcript, error: str) -> None:
        """Turn a transcript to `error`."""
        with transaction(self._db):
            self._db.execute(
                "UPDATE transcripts SET status = ?, error = ? WHERE position = ?",
                (TranscriptStatus.ERROR, error, transcript.position),
            )
            self.outbox.begin(transcript.position)

    def delete(self, transcript_id: str) -> Transcript:
        """Remove the words and the request of a transcript and return what is left of it.

        One that has not ended is never heard then; whoever hears it already is to be told.

        Raises:
            RefusedError: There is none of this id.
        """
        transcript = self.get(transcript_id)
        with transaction(self._db):
            self._db.execute("DELETE FROM words WHERE position = ?", (transcript.position,))
            self.outbox.remove(transcript.position)
            self._db.execute(
                "UPDATE transcripts SET audio_url = ?, options = '{}', status = ?, error = '', upload = NULL "
                "WHERE position = ?",
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
        transcripts = [Transcript.of_row(row) for row in rows[: query.limit]]
        if forwards:
            transcripts.reverse()
            return transcripts, True  # after_id itself is older
        return transcripts, len(rows) > query.limit


def _now() -> str:
    """Return this moment as the API writes it: UTC, with microseconds and a Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
