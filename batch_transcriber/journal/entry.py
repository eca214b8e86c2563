"""A transcript as the journal knows it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Self

from batch_transcriber.journal.states import State

COLUMNS = (
    "id, state, content, service, failed_in, upload_url, uploaded_at, transcript_id, past_ids, submits,"
    " submitting_at, planned_at, deleted_at"
)


@dataclass(slots=True, eq=False)
class Entry:
    """One row of the transcripts: one content with one set of options. Only `Journal` changes it.

    Attributes:
        row: Its key.
        state: How far it has come.
        content: SHA-256 of the recording, or its address; None until that is known.
        service: Base URL of the service that `upload_url` and the ids belong to.
        failed_in: Where it was when it failed; None where it did not.
        upload_url: What is submitted; empty where there is none.
        uploaded_at: When that was made, seconds since 1970.
        transcript_id: Of the transcript that is awaited or completed; empty where there is none.
        past_ids: Of transcripts that ended in an error, or were replaced.
        submits: How often a transcript was asked for.
        submitting_at: When that was last, by the service's clock, seconds since 1970.
        planned_at: When it was begun, or begun again, seconds since 1970.
        deleted_at: When the service was told to delete it, seconds since 1970; 0 where it was not.
    """

    row: int
    state: State = State.PLANNED
    content: bytes | None = None
    service: str = ""
    failed_in: State | None = None
    upload_url: str = ""
    uploaded_at: float = 0.0
    transcript_id: str = ""
    past_ids: list[str] = field(default_factory=list)
    submits: int = 0
    submitting_at: float = 0.0
    planned_at: float = 0.0
    deleted_at: float = 0.0

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> Self:
        """Return the entry of a row with these `COLUMNS`."""
        (
            number,
            state,
            content,
            service,
            failed_in,
            upload_url,
            uploaded_at,
            transcript_id,
            past_ids,
            submits,
            submitting_at,
            planned_at,
            deleted_at,
        ) = row
        return cls(
            number,
            State(state),
            content,
            service,
            State(failed_in) if failed_in else None,
            upload_url or "",
            uploaded_at or 0.0,
            transcript_id or "",
            json.loads(past_ids),
            submits,
            submitting_at or 0.0,
            planned_at or 0.0,
            deleted_at or 0.0,
        )
